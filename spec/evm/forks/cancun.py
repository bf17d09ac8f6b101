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
        0x49: blob_hash,
        0x4A: blob_base_fee,
        0x5C: transient_load,
        0x5D: transient_store,
        0x5E: memory_copy,
        0xFF: self_destruct_if_new,
    },
    precompiles=CANCUN_PRECOMPILES,
    transaction_types=SHANGHAI.transaction_types | {3},
    transaction_rules=(*SHANGHAI.transaction_rules, validity.check_blobs),
    opening=(store_beacon_root,),
    blob_schedule=BlobSchedule(target=3, maximum=6, update_fraction=3338477),
    header_rules=(*SHANGHAI.header_rules, check_excess_blob_gas),
    block_rules=(*SHANGHAI.block_rules, check_blob_gas_used),
    next_excess_blob_gas=next_excess_blob_gas,
    # Modified
    destroy_account=destroy_created,
    header_fields=20,
)
