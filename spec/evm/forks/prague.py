"""Prague, mainnet timestamp 1746612311.

EIP-2537, EIP-2935, EIP-6110, EIP-7002, EIP-7251, EIP-7623, EIP-7685, EIP-7691, EIP-7702.
"""

from __future__ import annotations

from samestate.spec.evm import intrinsic, validity
from samestate.spec.evm.delegation import delegation_target
from samestate.spec.evm.fork import BlobSchedule
from samestate.spec.evm.forks.cancun import CANCUN
from samestate.spec.evm.precompiles import PRAGUE_PRECOMPILES
from samestate.spec.evm.requests import collect_consolidation_requests, collect_deposits, collect_withdrawal_requests
from samestate.spec.evm.system_calls import store_parent_hash

PRAGUE = CANCUN.fork(
    name="Prague",
    # New
    precompiles=PRAGUE_PRECOMPILES,  # EIP-2537
    transaction_types=CANCUN.transaction_types | {4},  # EIP-7702
    transaction_rules=(*CANCUN.transaction_rules, validity.check_authorizations),  # EIP-7702
    opening=(*CANCUN.opening, store_parent_hash),  # EIP-2935
    closing=(
        *CANCUN.closing,
        collect_deposits,  # EIP-6110
        collect_withdrawal_requests,  # EIP-7002
        collect_consolidation_requests,  # EIP-7251
    ),
    delegation_target=delegation_target,  # EIP-7702
    calldata_floor=intrinsic.calldata_floor,  # EIP-7623
    # Modified
    intrinsic_charges=(*CANCUN.intrinsic_charges, intrinsic.authorization_charge),  # EIP-7702
    blob_schedule=BlobSchedule(target=6, maximum=9, update_fraction=5007716),  # EIP-7691
    header_fields=21,  # EIP-7685: requests_hash
)
