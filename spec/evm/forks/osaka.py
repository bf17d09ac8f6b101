"""Osaka, mainnet timestamp 1764798551, and the forks that only move the blob schedule.

EIP-7594, EIP-7823, EIP-7825, EIP-7883, EIP-7892, EIP-7918, EIP-7934, EIP-7939, EIP-7951.
"""

from __future__ import annotations

from samestate.spec.evm import validity
from samestate.spec.evm.fees import next_excess_blob_gas_with_floor
from samestate.spec.evm.fork import BlobSchedule
from samestate.spec.evm.forks.prague import PRAGUE
from samestate.spec.evm.gas import TRANSACTION_GAS_LIMIT
from samestate.spec.evm.header_rules import check_block_size
from samestate.spec.evm.instructions import count_leading_zeros
from samestate.spec.evm.precompiles import OSAKA_PRECOMPILES

OSAKA = PRAGUE.fork(
    name="Osaka",
    # New
    instructions={0x1E: count_leading_zeros},  # EIP-7939
    transaction_rules=(*PRAGUE.transaction_rules, validity.check_transaction_gas_limit),  # EIP-7825
    transaction_gas_limit=TRANSACTION_GAS_LIMIT,  # EIP-7825
    blobs_per_transaction=6,  # EIP-7594
    block_rules=(*PRAGUE.block_rules, check_block_size),  # EIP-7934
    block_size_limit=8 * 2**20,  # EIP-7934
    # Modified
    precompiles=OSAKA_PRECOMPILES,  # new: EIP-7951; modified: EIP-7823, EIP-7883
    next_excess_blob_gas=next_excess_blob_gas_with_floor,  # EIP-7918
)

BPO1 = OSAKA.fork(
    name="BPO1",
    # Modified
    blob_schedule=BlobSchedule(target=10, maximum=15, update_fraction=8346193),  # EIP-7892, EIP-8134
)

BPO2 = BPO1.fork(
    name="BPO2",
    # Modified
    blob_schedule=BlobSchedule(target=14, maximum=21, update_fraction=11684671),  # EIP-7892, EIP-8135
)
