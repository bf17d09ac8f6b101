"""Rewards of the time before Paris: credits after the last transaction."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import balance, code, store
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import BERLIN, LONDON
from samestate.spec.evm.rejections import Invalid


@scenario(hazards="H47 H13", forks=(BERLIN, LONDON))
def reward_comes_last(block: BlockBuilder) -> None:
    """No transaction sees the reward of its own block; the miner of an ommer is rewarded too."""
    alice, uncle = block.accounts(alice=ETHER, uncle=0)
    looker = block.contract("looker", code(store(0, f"{balance('COINBASE')} PUSH 1 ADD"), store(1, balance(uncle))))
    block.call(alice, looker)
    block.ommer(uncle, generations=2)
    block.expect_success()
    block.expect_slot(looker, 0, 1)
    block.expect_balance(uncle, 2 * ETHER * 6 // 8)


@scenario(hazards="H04 H47", forks=(LONDON,))
def reward_is_too_late(block: BlockBuilder) -> None:
    """The coinbase can't pay with the reward of the block, only in the next."""
    miner, bob = block.accounts(miner=0, bob=0)
    block.mined_by(miner)
    block.transfer(miner, to=bob, value=GWEI, nonce=0)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=0)
    block.next_block()
    block.expect_balance(miner, 2 * ETHER)
    block.next_block()
    block.transfer(miner, to=bob, value=GWEI, nonce=0)
    block.expect_success()
    block.expect_balance(bob, GWEI)
