"""Declared slots: a hint to schedulers, which may be wrong and never changes what a block means."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import add, load, store

HOT, OTHER, SEEN = 1, 2, 3


@toy_scenario(hazards="H56")
def rightly(block: ToyBlockBuilder) -> None:
    """Transactions declare what they access; some conflict and some do not."""
    alice, bob, carol, dave = block.accounts("alice", "bob", "carol", "dave")
    block.send(alice, load(HOT), add(1), store(HOT), declares=([HOT], [HOT]))
    block.send(bob, load(OTHER), add(1), store(OTHER), declares=([OTHER], [OTHER]))
    block.send(carol, load(HOT), store(SEEN), declares=([HOT, SEEN], [SEEN]))
    block.send(dave, load(HOT), add(1), store(HOT), declares=([HOT], [HOT]))
    block.expect_success()
    block.expect_slot(SEEN, 1)
    block.expect_slot(HOT, 2)


@toy_scenario(hazards="H56")
def by_some_only(block: ToyBlockBuilder) -> None:
    """Every second transaction declares its slots, the others declare nothing."""
    for place in range(6):
        sender = block.account(f"sender {chr(ord('a') + place)}")
        block.send(sender, load(HOT), add(1), store(HOT), declares=([HOT], [HOT]) if place % 2 else None)
    block.expect_success()
    block.expect_slot(HOT, 6)


@toy_scenario(hazards="H56")
def write_not_declared(block: ToyBlockBuilder) -> None:
    """The first transaction writes a slot that it does not declare; the second declares that it reads it."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(HOT, 5), declares=([OTHER], [OTHER]))
    block.send(bob, load(HOT), store(SEEN), declares=([HOT, SEEN], [SEEN]))
    block.expect_success()
    block.expect_slot(SEEN, 5)


@toy_scenario(hazards="H56")
def read_not_declared(block: ToyBlockBuilder) -> None:
    """The second transaction reads a slot that it does not declare, and the first one writes."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(HOT, 5), declares=([HOT], [HOT]))
    block.send(bob, load(HOT), store(SEEN), declares=([SEEN], [SEEN]))
    block.expect_success()
    block.expect_slot(SEEN, 5)


@toy_scenario(hazards="H56")
def write_declared_as_a_read(block: ToyBlockBuilder) -> None:
    """Two transactions count up a slot that both declare to read only."""
    alice, bob = block.accounts("alice", "bob")
    for person in (alice, bob):
        block.send(person, load(HOT), add(1), store(HOT), declares=([HOT], []))
    block.expect_success()
    block.expect_slot(HOT, 2)


@toy_scenario(hazards="H56")
def nothing_declared_by_anyone(block: ToyBlockBuilder) -> None:
    """Everyone declares to access nothing, and all access one slot."""
    for place in range(6):
        sender = block.account(f"sender {chr(ord('a') + place)}")
        block.send(sender, load(HOT), add(1), store(HOT), declares=([], []))
    block.expect_success()
    block.expect_critical_path(6)
    block.expect_slot(HOT, 6)


@toy_scenario(hazards="H61")
def far_too_much_declared(block: ToyBlockBuilder) -> None:
    """Everyone declares to write everything, and nobody conflicts with anyone."""
    for place in range(6):
        everything = [10 + slot for slot in range(6)]
        block.send(
            block.account(f"sender {chr(ord('a') + place)}"), store(10 + place, 1), declares=(everything, everything)
        )
    block.expect_success()
    block.expect_critical_path(1)


@toy_scenario(hazards="H56 H62")
def undeclared_in_mid_chain(block: ToyBlockBuilder) -> None:
    """A chain of readers rests on a write that was not declared: all of them must see it, not only the first."""
    people = block.accounts("alice", "bob", "carol", "dave")
    block.send(people[0], store(10, 5), declares=([], []))
    for place, person in enumerate(people[1:]):
        slots = [10 + place, 11 + place]
        block.send(person, load(10 + place), add(1), store(11 + place), declares=(slots, [11 + place]))
    block.expect_success()
    block.expect_slot(13, 8)


@toy_scenario(hazards="H56 H58")
def declared_and_not_done(block: ToyBlockBuilder) -> None:
    """A transaction declares a write and runs out of gas before it; the reader finds the old value."""
    block.holding({HOT: 7})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(OTHER, 1), store(HOT, 8), gas=22_100, declares=([HOT, OTHER], [HOT, OTHER]))
    block.send(bob, load(HOT), store(SEEN), declares=([HOT, SEEN], [SEEN]))
    block.expect_success(False, True)
    block.expect_slot(SEEN, 7)


@toy_scenario(hazards="H12 H56")
def what_cannot_be_declared(block: ToyBlockBuilder) -> None:
    """Declared slots are right and say nothing of balances: the coinbase, which has nothing, spends its fees."""
    alice, miner = block.accounts("alice", miner=0)
    block.mined_by(miner)
    block.send(alice, store(HOT, 1), declares=([HOT], [HOT]))
    block.send(miner, store(OTHER, 1), gas=22_100, declares=([OTHER], [OTHER]))
    block.expect_success()
    block.expect_balance(miner, 22_100)
