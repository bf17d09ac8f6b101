"""Opening: what is stored before the first transaction."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import add, load, store
from samestate.spec.toy.rejections import Invalid

STORED, OTHER, HELD = 1, 2, 3


@toy_scenario(hazards="H43")
def read_by_the_first(block: ToyBlockBuilder) -> None:
    """What the opening step stores is what transactions read, before anybody has written."""
    alice, bob = block.accounts("alice", "bob")
    block.opens_by_storing(STORED, 41)
    block.send(alice, load(STORED), add(1), store(OTHER))
    block.send(bob, load(STORED), load(OTHER), store(STORED))
    block.expect_success()
    block.expect_slot(STORED, 42)


@toy_scenario(hazards="H43")
def over_what_was_held(block: ToyBlockBuilder) -> None:
    """A value is replaced, another taken away, and one stored that was there: that is no write."""
    alice = block.account("alice")
    block.holding({STORED: 5, OTHER: 6, HELD: 7})
    for slot, value in ((STORED, 8), (OTHER, 0), (HELD, 7)):
        block.opens_by_storing(slot, value)
    block.send(alice, load(STORED), load(OTHER), load(HELD), store(OTHER, 9))
    block.expect_success()
    block.expect_slot(OTHER, 9)


@toy_scenario(hazards="H43 H44")
def of_each_block(block: ToyBlockBuilder) -> None:
    """Each block opens on what the one before it has left, a block without transactions too."""
    alice = block.account("alice")
    block.opens_by_storing(STORED, 1)
    block.send(alice, load(STORED), add(1), store(STORED))
    block.expect_success()
    block.next_block()
    block.opens_by_storing(STORED, 2)
    block.opens_by_storing(OTHER, 3)
    block.expect_success()
    block.next_block()
    block.send(alice, load(STORED), store(HELD))
    block.expect_success()
    block.expect_slot(HELD, 2)


@toy_scenario(hazards="H43 H66")
def in_the_access_list(block: ToyBlockBuilder) -> None:
    """The list has an entry for the step, and that is right."""
    alice = block.account("alice")
    block.opens_by_storing(STORED, 1)
    block.send(alice, load(STORED), add(1), store(STORED))
    block.carry_access_list()
    block.expect_success()


@toy_scenario(hazards="H43 H66 H67")
def left_out_of_the_access_list(block: ToyBlockBuilder) -> None:
    """The list says nothing of the step, and is wrong."""
    alice = block.account("alice")
    block.opens_by_storing(STORED, 1)
    block.send(alice, load(STORED), add(1), store(STORED))
    block.carry_access_list(lambda right: (type(right[0])((), ()), *right[1:]))
    block.expect(Invalid.ACCESS_LIST_MISMATCH)
