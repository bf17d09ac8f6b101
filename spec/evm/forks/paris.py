"""Paris, mainnet block 15,537,394: proof of stake (EIP-3675, EIP-4399)."""

from __future__ import annotations

from samestate.spec.evm.fork import replaced
from samestate.spec.evm.forks.london import GRAY_GLACIER
from samestate.spec.evm.header_rules import check_difficulty, check_post_merge_constants
from samestate.spec.evm.instructions import prev_randao
from samestate.spec.evm.rewards import pay_rewards

PARIS = GRAY_GLACIER.fork(
    name="Paris",
    # New
    header_rules=replaced(GRAY_GLACIER.header_rules, check_difficulty, check_post_merge_constants),  # EIP-3675
    # Modified
    instructions={0x44: prev_randao},  # EIP-4399
    # Removed
    closing=replaced(GRAY_GLACIER.closing, pay_rewards),  # EIP-3675
    block_reward=0,  # EIP-3675
)
