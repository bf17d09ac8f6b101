"""What miners earn for a block, before Paris (yellow paper in its Berlin version, section 11.3)."""

# source: yellow paper (Berlin version), section 11.3

from __future__ import annotations

from samestate.spec.evm.fork import Fork
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.state_clearing import credit
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.world import World

ETHER = 10**18

OMMER_DEPTH = 8
"""An ommer earns this many eighths of the reward, less one for each block that it came before the one that has it."""

NEPHEW_SHARE = 32
"""The miner earns a 32nd of the reward for each ommer that the block has."""


def pay_rewards(fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World) -> None:
    """Closing: reward the miner of the block and those of its ommers. No reward is zero, so none is a mere touch."""
    reward = fork.block_reward
    ommers = payload.ommers
    substate = Substate()
    # rule: evm.reward.miner
    credit(world, substate, payload.environment.coinbase, reward + len(ommers) * (reward // NEPHEW_SHARE))
    for ommer in ommers:
        eighths = OMMER_DEPTH + ommer.number - payload.environment.number
        # rule: evm.reward.ommer
        credit(world, substate, ommer.address, eighths * reward // OMMER_DEPTH)
