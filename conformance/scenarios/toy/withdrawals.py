"""Withdrawals: what is paid at the end of a block."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import WEALTH, load, noop, store


@toy_scenario(hazards="H46")
def to_a_stranger(block: ToyBlockBuilder) -> None:
    """A withdrawal to an address that has nothing."""
    block.withdrawal(block.nobody("stranger"), 5)
    block.expect_success()
    block.expect_balance(block.nobody("stranger"), 5)


@toy_scenario(hazards="H46")
def of_nothing(block: ToyBlockBuilder) -> None:
    """A withdrawal of zero touches the address, and leaves it absent."""
    block.withdrawal(block.nobody("stranger"), 0)
    block.expect_success()
    block.expect_balance(block.nobody("stranger"), 0)


@toy_scenario(hazards="H46")
def twice_to_one(block: ToyBlockBuilder) -> None:
    """Two withdrawals to one address add up; one of zero between them changes nothing."""
    stranger = block.nobody("stranger")
    for amount in (5, 0, 2**64 - 1):
        block.withdrawal(stranger, amount)
    block.expect_success()
    block.expect_balance(stranger, 2**64 + 4)


@toy_scenario(hazards="H46 H47")
def to_a_sender(block: ToyBlockBuilder) -> None:
    """A withdrawal to a sender comes after all that it has paid in the block."""
    alice = block.account("alice")
    block.send(alice, noop(), price=3)
    block.withdrawal(alice, 100)
    block.send(alice, noop(), price=4)
    block.expect_success()
    block.expect_balance(alice, WEALTH + 93)


@toy_scenario(hazards="H46")
def to_one_who_spent_all(block: ToyBlockBuilder) -> None:
    """A sender spends the last it has: absent for a moment, it has what the withdrawal pays."""
    (alice,) = block.accounts(alice=2_100)
    block.send(alice, load(1), gas=2_100)
    block.withdrawal(alice, 1)
    block.expect_success()
    block.expect_balance(alice, 1)


@toy_scenario(hazards="H46 H47")
def after_a_failure(block: ToyBlockBuilder) -> None:
    """Withdrawals come whatever became of the transactions."""
    alice = block.account("alice")
    block.send(alice, store(1, 1), gas=1)
    block.withdrawal(alice, 1)
    block.withdrawal(block.nobody("stranger"), 2)
    block.expect_success(False)
    block.expect_balance(alice, WEALTH)
    block.expect_balance(block.nobody("stranger"), 2)


@toy_scenario(hazards="H44 H46")
def spent_in_the_next_block(block: ToyBlockBuilder) -> None:
    """What a withdrawal pays is there for the next block's first transaction, and no credit any more."""
    stranger = block.nobody("stranger")
    block.withdrawal(stranger, 10)
    block.expect_success()
    block.next_block()
    block.send(stranger, noop(), gas=10)
    block.expect_success()
    block.expect_balance(stranger, 9)
