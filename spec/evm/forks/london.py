"""London, mainnet block 12,965,000, and the two forks that only move the bomb.

EIP-1559, EIP-3198, EIP-3529, EIP-3541, EIP-3554.
"""

from __future__ import annotations

from samestate.spec.evm.fees import next_base_fee
from samestate.spec.evm.fork import replaced
from samestate.spec.evm.forks.berlin import BERLIN
from samestate.spec.evm.header_rules import check_base_fee, check_gas_limit, check_gas_limit_with_elasticity
from samestate.spec.evm.instructions import base_fee
from samestate.spec.evm.instructions.ending import self_destruct

LONDON = BERLIN.fork(
    name="London",
    # New
    transaction_types=BERLIN.transaction_types | {2},  # EIP-1559
    header_rules=(  # EIP-1559
        *replaced(BERLIN.header_rules, check_gas_limit, check_gas_limit_with_elasticity),
        check_base_fee,
    ),
    rejects_contract_prefix=True,  # EIP-3541
    # Modified
    instructions={0x48: base_fee, 0xFF: self_destruct},  # EIP-3198; EIP-3529: no refund for SELFDESTRUCT
    storage_clear_refund=4800,  # EIP-3529
    refund_quotient=5,  # EIP-3529
    next_base_fee=next_base_fee,  # EIP-1559
    header_fields=16,  # EIP-1559: base_fee_per_gas
    difficulty_bomb_delay=9_700_000,  # EIP-3554
)

ARROW_GLACIER = LONDON.fork(
    name="Arrow Glacier",
    # Modified
    difficulty_bomb_delay=10_700_000,  # EIP-4345
)

GRAY_GLACIER = ARROW_GLACIER.fork(
    name="Gray Glacier",
    # Modified
    difficulty_bomb_delay=11_400_000,  # EIP-5133
)
