"""Withdrawals: credits after the last transaction."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import balance, code, store
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.forks import AMSTERDAM, SHANGHAI
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.system_calls import WITHDRAWAL_REQUESTS


@scenario(hazards="H46", forks=since(SHANGHAI))
def to_all_kinds(block: BlockBuilder) -> None:
    """Withdrawals to an account that isn't there, to one that has spent all, to a contract, and of nothing."""
    alice, bob, nobody, shop = block.accounts(alice=ETHER, bob=ETHER, nobody=0, shop=0)
    contract = block.contract("contract", code(store(0, 1)))
    ghost = block.nobody("ghost")
    block.transfer(alice, to=shop, value=ETHER - block.prices.transfer * 2 * GWEI)
    block.withdrawal(alice, gwei=1)
    block.withdrawal(nobody, gwei=2)
    block.withdrawal(contract, gwei=3)
    block.withdrawal(ghost, gwei=0)
    block.withdrawal(alice, gwei=4)
    block.withdrawal(bob, gwei=0)
    block.expect_success()
    block.expect_balance(alice, 5 * GWEI)
    block.expect_balance(nobody, 2 * GWEI)
    block.expect_slot(contract, 0, 0)
    block.expect_gone(ghost)


@scenario(hazards="H46", forks=(SHANGHAI,))
def to_the_destroyed(block: BlockBuilder) -> None:
    """A withdrawal to an account that a transaction of the block has destroyed: it has just that balance."""
    alice, heir = block.accounts(alice=ETHER, heir=0)
    dying = block.contract("dying", code(f"PUSH {heir} SELFDESTRUCT"), storage={0: 1}, balance=5)
    block.call(alice, dying)
    block.withdrawal(dying, gwei=3)
    block.expect_success()
    block.expect_balance(dying, 3 * GWEI)
    block.expect_nonce(dying, 0)
    block.expect_slot(dying, 0, 0)


@scenario(hazards="H46", forks=(AMSTERDAM,))
def to_what_the_block_calls_at_its_end(block: BlockBuilder) -> None:
    """A withdrawal to a contract that the block calls at its end: the list has its balance, and what the call reads."""
    queue = block.at("withdrawal requests", WITHDRAWAL_REQUESTS)
    block.withdrawal(queue, gwei=1)
    block.expect_success()
    block.expect_balance(queue, GWEI)


@scenario(hazards="H46", forks=since(SHANGHAI))
def too_late_for_this_block(block: BlockBuilder) -> None:
    """A withdrawal can't pay for a transaction of its own block."""
    poor, shop = block.accounts(poor=0, shop=0)
    block.transfer(poor, to=shop, value=1)
    block.withdrawal(poor, gwei=10**9)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=0)


@scenario(hazards="H44 H46", forks=since(SHANGHAI))
def in_time_for_the_next_block(block: BlockBuilder) -> None:
    """A withdrawal pays for a transaction of the next block, in which its balance is read."""
    poor, shop = block.accounts(poor=0, shop=0)
    looker = block.contract("looker", code(store(0, balance(poor))))
    block.withdrawal(poor, gwei=10**9)
    block.next_block()
    block.transfer(poor, to=shop, value=1)
    block.call(poor, looker)
    block.expect_success()
    block.expect_balance(shop, 1)
