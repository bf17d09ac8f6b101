"""Who can pay: balances that an earlier transaction of the block made or took away."""

from __future__ import annotations

from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since, throughout
from samestate.spec.evm.forks import BERLIN, LONDON
from samestate.spec.evm.rejections import Invalid


@scenario(hazards="H04", forks=throughout(BERLIN))
def funded_by_an_earlier_transaction(block: BlockBuilder) -> None:
    """A transaction is affordable only because an earlier one of the block paid its sender."""
    rich, poor, shop = block.accounts(rich=10 * ETHER, poor=0, shop=0)
    block.transfer(rich, to=poor, value=ETHER)
    block.transfer(poor, to=shop, value=ETHER // 2)
    block.expect_success()
    block.expect_balance(shop, ETHER // 2)


@scenario(hazards="H04", forks=throughout(LONDON))
def drained_by_an_earlier_transaction(block: BlockBuilder) -> None:
    """A transaction could be paid before the block, but an earlier one of its sender took what it needs."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    block.transfer(alice, to=shop, value=ETHER // 2)
    block.transfer(alice, to=shop, value=ETHER // 2)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)


@scenario(hazards="H04", forks=since(LONDON))
def funded_to_the_last_wei(block: BlockBuilder) -> None:
    """The sender gets just what gas at its maximum price and the value cost, and not a wei more."""
    rich, poor, shop = block.accounts(rich=10 * ETHER, poor=0, shop=0)
    gas = block.prices.transfer
    block.transfer(rich, to=poor, value=gas * 5 * GWEI + 7)
    block.transfer(poor, to=shop, value=7, tip=GWEI, max_fee=5 * GWEI)
    block.expect_success()
    block.expect_balance(poor, gas * 3 * GWEI)
