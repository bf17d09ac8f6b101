"""Cancun, mainnet timestamp 1710338135 (EIP-1153, EIP-4788, EIP-4844, EIP-5656, EIP-6780, EIP-7516)."""

from __future__ import annotations

from samestate.spec.evm import validity
from samestate.spec.evm.fees import next_excess_blob_gas
from samestate.spec.evm.fork import BlobSchedule
from samestate.spec.evm.forks.shanghai import SHANGHAI
from samestate.spec.evm.header_rules import check_blob_gas_used, check_excess_blob_gas
from samestate.spec.evm.instructions import blob_base_fee, blob_hash, memory_copy
from samestate.spec.evm.instructions.ending import self_destruct_if_new
from samestate.spec.evm.instructions.storage import transient_load, transient_store
from samestate.spec.evm.precompiles import CANCUN_PRECOMPILES
from samestate.spec.evm.system_calls import store_beacon_root
from samestate.spec.evm.transaction_execution import destroy_created

CANCUN = SHANGHAI.fork(
    name="Cancun",
    # New
    instructions={
        0x49: blob_hash,  # EIP-4844
        0x4A: blob_base_fee,  # EIP-7516
        0x5C: transient_load,  # EIP-1153
        0x5D: transient_store,  # EIP-1153
        0x5E: memory_copy,  # EIP-5656
        0xFF: self_destruct_if_new,  # EIP-6780
    },
    precompiles=CANCUN_PRECOMPILES,  # EIP-4844
    transaction_types=SHANGHAI.transaction_types | {3},  # EIP-4844
    transaction_rules=(*SHANGHAI.transaction_rules, validity.check_blobs),  # EIP-4844
    opening=(store_beacon_root,),  # EIP-4788
    blob_schedule=BlobSchedule(target=3, maximum=6, update_fraction=3338477),  # EIP-4844
    header_rules=(*SHANGHAI.header_rules, check_excess_blob_gas),  # EIP-4844
    block_rules=(*SHANGHAI.block_rules, check_blob_gas_used),  # EIP-4844
    next_excess_blob_gas=next_excess_blob_gas,  # EIP-4844
    # Modified
    destroy_account=destroy_created,  # EIP-6780
    header_fields=20,  # EIP-4844: blob_gas_used, excess_blob_gas; EIP-4788: parent_beacon_block_root
)
