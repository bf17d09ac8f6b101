"""Blocks so small that the explorer can run them under every schedule, each with one way for workers to get in each
other's way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import add, load, store
from samestate.spec.machine import Key, Value
from samestate.spec.toy.access_list import AccessList
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.word import to_value

COUNT = (load(0), add(1), store(0))
"""Adds one to slot 0."""

ALMOST_NO_GAS = 10_000
"""Enough to keep a slot's value or to change it, too little to give a value to one that has none."""


@toy_scenario(hazards="H59 H62")
def three_increments(block: ToyBlockBuilder) -> None:
    """Three transactions add one to the same slot: whichever comes too early has to be executed again."""
    for sender in block.accounts("alice", "bob", "carol"):
        block.send(sender, *COUNT, declares=((0,), (0,)))
    block.expect_slot(0, 3)
    block.expect_critical_path(3)


@toy_scenario(hazards="H59 H62")
def hand_over(block: ToyBlockBuilder) -> None:
    """A value goes through three slots: the second transaction, run too early, has passed on what was never there."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(0, 1), declares=((), (0,)))
    block.send(bob, load(0), add(1), store(1), declares=((0,), (1,)))
    block.send(carol, load(1), add(1), store(2), declares=((1,), (2,)))
    block.expect_slot(2, 3)
    block.expect_sources(2, slot_key(1), 1)


@toy_scenario(hazards="H57 H62")
def two_wait_for_one(block: ToyBlockBuilder) -> None:
    """Two transactions need what one writes that itself was run too early: both have to be woken."""
    alice, bob, carol, dave = block.accounts("alice", "bob", "carol", "dave")
    block.send(alice, store(0, 1))
    block.send(bob, load(0), add(1), store(1))
    block.send(carol, load(1), store(2))
    block.send(dave, load(1), store(3))
    block.expect_slot(2, 2)
    block.expect_slot(3, 2)


@toy_scenario(hazards="H22")
def there_and_back(block: ToyBlockBuilder) -> None:
    """A slot is changed and changed back: who reads it after that has its value from the last of the two."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.holding({0: 5})
    block.send(alice, store(0, 7), declares=((0,), (0,)))
    block.send(bob, store(0, 5), declares=((0,), (0,)))
    block.send(carol, load(0), declares=((0,), ()))
    block.expect_sources(2, slot_key(0), 1)


@toy_scenario(hazards="H13")
def fee_that_depends(block: ToyBlockBuilder) -> None:
    """What the second transaction pays depends on the first, and the coinbase spends from what it was paid."""
    alice, bob, miner = block.accounts("alice", "bob", "miner")
    block.mined_by(miner)
    block.send(alice, store(0, 1))
    block.send(bob, store(0, 1))
    block.send(miner, load(1))
    block.expect_gas(22_100, 2200, 2100)
    block.expect_sources(2, balance_key(miner.address), 0, 1)


@toy_scenario(hazards="H04 H58")
def spent_as_soon_as_paid(block: ToyBlockBuilder) -> None:
    """The coinbase has nothing before the block, and pays for a transaction with the fees of the two before it."""
    alice, bob, miner = block.accounts(alice=10**9, bob=10**9, miner=0)
    block.mined_by(miner)
    block.send(alice, store(0, 1))
    block.send(bob, store(1, 1))
    block.send(miner, load(0), gas=2 * 22_100)
    block.expect_success()
    block.expect_sources(2, balance_key(miner.address), 0, 1)


@toy_scenario(hazards="H27 H55 H58")
def write_that_goes_away(block: ToyBlockBuilder) -> None:
    """A transaction that, run too early, succeeds, runs out of gas after the first: nothing that it wrote may stay."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.holding({0: 1, 1: 5})
    block.send(alice, store(0, 0))
    block.send(bob, store(1, 9), store(0, 1), gas=ALMOST_NO_GAS)
    block.send(carol, load(1), store(2))
    block.expect_success(True, False, True)
    block.expect_slot(2, 5)


@toy_scenario(hazards="H58 H62")
def write_that_comes_late(block: ToyBlockBuilder) -> None:
    """A transaction that, run too early, runs out of gas, succeeds after the first, and writes what nobody expected."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.holding({1: 5})
    block.send(alice, store(0, 1))
    block.send(bob, store(0, 1), store(1, 9), gas=ALMOST_NO_GAS)
    block.send(carol, load(1), store(2))
    block.expect_success()
    block.expect_slot(2, 9)


@toy_scenario(hazards="H51 H69")
def read_that_never_was(block: ToyBlockBuilder) -> None:
    """A transaction that, run too early, reads a second slot, has no gas for it after the first."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.holding({0: 1, 1: 5})
    block.send(alice, store(0, 0))
    block.send(bob, store(0, 1), load(1), gas=ALMOST_NO_GAS)
    block.send(carol, store(1, 6))
    block.expect_success(True, False, True)
    block.expect_reads(1, nonce_key(bob.address), balance_key(bob.address), slot_key(0))


@toy_scenario(hazards="H54")
def priced_twice(block: ToyBlockBuilder) -> None:
    """A transaction that is executed twice pays for slots as cold both times, and once for what it changes."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.holding({0: 1, 1: 1})
    block.send(alice, store(0, 2))
    block.send(bob, load(1), store(0, 2), load(0))
    block.send(carol, load(0), store(1, 2))
    block.expect_gas(5000, 4400, 7100)


@toy_scenario(hazards="H62")
def conflict_with_one_left_out(block: ToyBlockBuilder) -> None:
    """The third transaction has nothing to do with the first, but has to wait for the second, which waits for it."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(0, 1), declares=((0,), (0,)))
    block.send(bob, load(1), store(0, 2), declares=((0, 1), (0,)))
    block.send(carol, store(1, 3), declares=((1,), (1,)))
    block.expect_slot(0, 2)
    block.expect_reads(1, nonce_key(bob.address), balance_key(bob.address), slot_key(0), slot_key(1))


@toy_scenario(hazards="H62")
def undeclared_store(block: ToyBlockBuilder) -> None:
    """The first transaction writes a slot that it does not declare, and the second has declared that it reads it."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(5, 1), store(0, 1), declares=((), (5,)))
    block.send(bob, load(0), add(1), store(1), declares=((0, 1), (1,)))
    block.send(carol, load(1), store(2), declares=((1, 2), (2,)))
    block.expect_slot(2, 2)


@toy_scenario(hazards="H62")
def undeclared_load(block: ToyBlockBuilder) -> None:
    """The second transaction reads a slot that it does not declare, and the third declares that it needs the second."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(0, 1), declares=((0,), (0,)))
    block.send(bob, load(0), add(1), store(1), declares=((1,), (1,)))
    block.send(carol, load(1), store(2), declares=((1, 2), (2,)))
    block.expect_slot(2, 2)


# Blocks with access lists


Changes = tuple[tuple[Key, Value], ...]
Change = Callable[[AccessList], AccessList]
"""What makes a wrong list of the right one. These are all wrong about the first transaction."""


def saying(key: Key, number: int) -> Change:
    """The list that has this for the value that the first transaction leaves of a key."""
    return of_the_first(
        lambda changes: tuple((each, to_value(number) if each == key else value) for each, value in changes)
    )


def without(key: Key) -> Change:
    """The list that does not say that the first transaction changes a key."""
    return of_the_first(lambda changes: tuple(change for change in changes if change[0] != key))


def of_the_first(edit: Callable[[Changes], Changes]) -> Change:
    """The list in which the changes of the first transaction are edited."""

    def change(right: AccessList) -> AccessList:
        opening, first, *rest = right
        return (opening, replace(first, changes=edit(first.changes)), *rest)

    return change


@toy_scenario(hazards="H15")
def right_list(block: ToyBlockBuilder) -> None:
    """Three transactions that need one another, one of them the coinbase's, and a list that lets all start."""
    alice, bob, miner = block.accounts(alice=10**9, bob=10**9, miner=0)
    block.mined_by(miner)
    block.send(alice, *COUNT)
    block.send(bob, *COUNT)
    block.send(miner, *COUNT, gas=10_000)
    block.carry_access_list()
    block.expect_slot(0, 3)
    block.expect_success()


@toy_scenario(hazards="H67")
def list_with_a_wrong_nonce(block: ToyBlockBuilder) -> None:
    """The list is wrong about the nonce that the first leaves to the third: the list is at fault, and not the third."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(0, 1))
    block.send(bob, store(1, 1))
    block.send(alice, store(2, 1))
    block.carry_access_list(saying(nonce_key(alice.address), 7))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, 0)


@toy_scenario(hazards="H15 H67")
def list_with_too_small_a_fee(block: ToyBlockBuilder) -> None:
    """The list gives the coinbase too little for the first, and so it could not pay for the next: the list is wrong."""
    alice, bob, miner = block.accounts(alice=10**9, bob=10**9, miner=0)
    block.mined_by(miner)
    block.send(alice, store(0, 1))
    block.send(miner, load(0), gas=20_000)
    block.send(bob, load(0))
    block.carry_access_list(saying(balance_key(miner.address), 1))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, 0)


@toy_scenario(hazards="H66")
def list_that_leaves_a_change_out(block: ToyBlockBuilder) -> None:
    """The list does not say that the first changes its sender's nonce, so that the third seems to come too early."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(0, 1))
    block.send(bob, store(1, 1))
    block.send(alice, store(2, 1))
    block.carry_access_list(without(nonce_key(alice.address)))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, 0)
