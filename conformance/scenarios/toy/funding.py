"""Funds: what is affordable only, or no more, because of what came before."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import hash_of, noop, store
from samestate.spec.toy.rejections import Invalid


@toy_scenario(hazards="H04 H12")
def funded_by_fees(block: ToyBlockBuilder) -> None:
    """The coinbase has nothing, and pays for its transaction with the fees of the ones before."""
    alice, bob, miner = block.accounts("alice", "bob", miner=0)
    block.mined_by(miner)
    block.send(alice, noop(), price=50)
    block.send(bob, noop(), price=50)
    block.send(miner, noop(), gas=100)
    block.expect_success()
    block.expect_gas(1, 1, 1)
    block.expect_balance(miner, 100)


@toy_scenario(hazards="H04 H12")
def fees_that_come_too_late(block: ToyBlockBuilder) -> None:
    """The coinbase could pay for its transaction with fees, but it comes before the last of them."""
    alice, bob, miner = block.accounts("alice", "bob", miner=0)
    block.mined_by(miner)
    block.send(alice, noop(), price=50)
    block.send(miner, noop(), gas=100)
    block.send(bob, noop(), price=50)
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=1)


@toy_scenario(hazards="H04 H12")
def fees_one_short(block: ToyBlockBuilder) -> None:
    """The fees of the block so far are one short of what the coinbase's transaction may cost."""
    alice, miner = block.accounts("alice", miner=0)
    block.mined_by(miner)
    block.send(alice, noop(), price=99)
    block.send(miner, noop(), gas=100)
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=1)


@toy_scenario(hazards="H04")
def drained_by_an_earlier_transaction(block: ToyBlockBuilder) -> None:
    """A sender could pay for either of two transactions, but not for both."""
    (alice,) = block.accounts(alice=150)
    block.send(alice, hash_of(b""), gas=100, price=1)
    block.send(alice, noop(), gas=121, price=1)
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=1)


@toy_scenario(hazards="H04")
def left_over_is_enough(block: ToyBlockBuilder) -> None:
    """A sender can pay for two gas limits only because the first transaction does not use up its own."""
    (alice,) = block.accounts(alice=150)
    block.send(alice, hash_of(b""), gas=100, price=1)
    block.send(alice, noop(), gas=120, price=1)
    block.expect_success()
    block.expect_balance(alice, 119)


@toy_scenario()
def to_the_last_unit(block: ToyBlockBuilder) -> None:
    """A sender has exactly what its transaction may cost, uses it all, and its balance is absent."""
    (alice,) = block.accounts(alice=2 * 2_200)
    block.send(alice, store(1, 0), gas=2_200, price=2)
    block.expect_success()
    block.expect_balance(alice, 0)


@toy_scenario()
def one_unit_short(block: ToyBlockBuilder) -> None:
    """A sender has one unit less than what its transaction may cost, though not than what it would cost."""
    (alice,) = block.accounts(alice=2 * 2_200 - 1)
    block.send(alice, noop(), gas=2_200, price=2)
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=0)


@toy_scenario(hazards="H14")
def nothing_costs_nothing(block: ToyBlockBuilder) -> None:
    """A sender that has nothing at all pays for a transaction whose gas has no price."""
    nobody = block.nobody("nobody")
    block.send(nobody, store(1, 7), price=0)
    block.expect_success()
    block.expect_nonce(nobody, 1)
    block.expect_balance(nobody, 0)
    block.expect_slot(1, 7)


@toy_scenario(hazards="H63")
def highest_limit_at_the_highest_price(block: ToyBlockBuilder) -> None:
    """The highest gas limit at the highest price is a product of 128 bits; a sender that has it can pay once."""
    most = 2**64 - 1
    (alice,) = block.accounts(alice=most * most)
    block.with_gas_limit(most)
    block.send(alice, noop(), gas=most, price=most)
    block.expect_success()
    block.expect_balance(alice, most * most - most)
    block.next_block()
    block.send(alice, noop(), gas=most, price=most)
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=0)


@toy_scenario(hazards="H46")
def funded_by_a_withdrawal(block: ToyBlockBuilder) -> None:
    """A withdrawal pays for a transaction of the next block, not for one of its own."""
    (alice,) = block.accounts(alice=0)
    block.withdrawal(alice, 100)
    block.send(alice, noop(), gas=100, nonce=0)
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=0)
    block.next_block()
    block.withdrawal(alice, 100)
    block.next_block()
    block.send(alice, noop(), gas=100, nonce=0)
    block.expect_success()
    block.expect_balance(alice, 99)
