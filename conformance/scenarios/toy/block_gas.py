"""The gas limit of the block: what is declared must fit into what is left, whatever is used."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import noop, store
from samestate.spec.toy.rejections import Invalid


@toy_scenario(hazards="H05")
def declared_gas_that_does_not_fit(block: ToyBlockBuilder) -> None:
    """The gas that the second transaction would use fits into the block, the gas that it declares does not."""
    alice, bob = block.accounts("alice", "bob")
    block.with_gas_limit(1_000)
    block.send(alice, noop(), gas=500)
    block.send(bob, noop(), gas=1_000)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@toy_scenario(hazards="H05")
def declared_gas_that_just_fits(block: ToyBlockBuilder) -> None:
    """What one transaction leaves of its gas limit the next one may declare, to the last unit."""
    alice, bob = block.accounts("alice", "bob")
    block.with_gas_limit(1_000)
    block.send(alice, noop(), gas=1_000)
    block.send(bob, noop(), gas=999)
    block.expect_success()
    block.expect_cumulative_gas(1, 2)


@toy_scenario(hazards="H05")
def first_does_not_fit(block: ToyBlockBuilder) -> None:
    """The first transaction declares one more than the block may use."""
    alice = block.account("alice")
    block.with_gas_limit(1_000)
    block.send(alice, gas=1_001)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=0)


@toy_scenario(hazards="H05 H51")
def failure_uses_all_that_it_declares(block: ToyBlockBuilder) -> None:
    """A transaction that runs out of gas leaves nothing of what it declares to the block."""
    alice, bob = block.accounts("alice", "bob")
    block.with_gas_limit(22_099 + 10)
    block.send(alice, store(1, 1), gas=22_099)
    block.send(bob, noop(), gas=11)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@toy_scenario(hazards="H05 H51")
def price_that_an_earlier_store_lowers(block: ToyBlockBuilder) -> None:
    """Three stores fit into the block only because the first makes the others cheap."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.with_gas_limit(22_100 + 5_000 + 5_000)
    block.send(alice, store(1, 1), gas=32_100)
    block.send(bob, store(1, 2), gas=10_000)
    block.send(carol, store(1, 3), gas=5_000)
    block.expect_success()
    block.expect_gas(22_100, 5_000, 5_000)


@toy_scenario()
def no_gas_at_all(block: ToyBlockBuilder) -> None:
    """A block without any gas holds transactions that declare none, and those do nothing."""
    alice, bob = block.accounts("alice", "bob")
    block.with_gas_limit(0)
    block.send(alice, gas=0)
    block.send(bob, noop(), gas=0)
    block.expect_success(True, False)
    block.expect_gas(0, 0)


@toy_scenario()
def balance_before_block_gas(block: ToyBlockBuilder) -> None:
    """A transaction that neither its sender can pay for nor the block has room for is rejected for its sender."""
    (alice,) = block.accounts(alice=1)
    block.with_gas_limit(1_000)
    block.send(alice, gas=1_001)
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=0)


@toy_scenario(hazards="H05 H58")
def no_room_before_a_later_fault(block: ToyBlockBuilder) -> None:
    """There is no room for the second transaction, and the third has a wrong nonce: the second is at fault."""
    alice, bob = block.accounts("alice", "bob")
    block.with_gas_limit(100)
    block.send(alice, noop(), gas=100)
    block.send(bob, noop(), gas=100)
    block.send(alice, noop(), gas=1, nonce=0)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)
