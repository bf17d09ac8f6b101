"""Berlin, mainnet block 12,244,000: the first fork of this specification, so this page gives everything."""

from __future__ import annotations

from samestate.spec.evm import intrinsic, validity
from samestate.spec.evm.delegation import no_delegation
from samestate.spec.evm.fees import no_base_fee, no_excess_blob_gas
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.header_rules import (
    check_difficulty,
    check_extra_data,
    check_fields,
    check_gas_limit,
    check_gas_used,
    check_number,
    check_timestamp,
    check_withdrawals_presence,
)
from samestate.spec.evm.instructions import SIMPLE_INSTRUCTIONS
from samestate.spec.evm.instructions.calls import call, call_code, delegate_call, static_call
from samestate.spec.evm.instructions.creation import create, create2
from samestate.spec.evm.instructions.ending import invalid, return_, revert, self_destruct_with_refund
from samestate.spec.evm.instructions.storage import load, store
from samestate.spec.evm.precompiles import BERLIN_PRECOMPILES
from samestate.spec.evm.rewards import ETHER, pay_rewards
from samestate.spec.evm.transaction_execution import destroy_with_storage

NO_LIMIT = 2**256
MAINNET_DEPOSIT_CONTRACT = bytes.fromhex("00000000219ab540356cBB839Cbe05303d7705Fa")
"""EIP-6110. Other chains have their own: ``fork.fork(fork.name, deposit_contract=...)``."""


def free_initcode(size: int) -> int:
    """Before Shanghai initialization code costs no more than other data."""
    return 0


BERLIN = Fork(
    name="Berlin",
    instructions={
        **SIMPLE_INSTRUCTIONS,
        0x54: load,
        0x55: store,
        0xF0: create,
        0xF1: call,
        0xF2: call_code,
        0xF3: return_,
        0xF4: delegate_call,
        0xF5: create2,
        0xFA: static_call,
        0xFD: revert,
        0xFE: invalid,
        0xFF: self_destruct_with_refund,
    },
    precompiles=BERLIN_PRECOMPILES,
    code_size_limit=24576,
    initcode_size_limit=NO_LIMIT,
    initcode_gas=free_initcode,
    rejects_contract_prefix=False,
    storage_clear_refund=15000,
    refund_quotient=2,
    destroy_account=destroy_with_storage,
    delegation_target=no_delegation,
    transaction_types=frozenset({0, 1}),
    transaction_rules=(
        validity.check_type,
        validity.check_chain,
        validity.check_nonce_limit,
        validity.check_gas_price_product,
        validity.check_fees,
        validity.check_intrinsic_gas,
        validity.check_block_gas_limit,
    ),
    transaction_gas_limit=None,
    intrinsic_charges=(
        intrinsic.base_charge,
        intrinsic.calldata_charge,
        intrinsic.creation_charge,
        intrinsic.access_list_charge,
    ),
    calldata_floor=intrinsic.no_floor,
    warms_coinbase=False,
    opening=(),
    closing=(pay_rewards,),
    block_reward=2 * ETHER,
    difficulty_bomb_delay=9_000_000,
    blob_schedule=None,
    blobs_per_transaction=None,
    block_size_limit=None,
    deposit_contract=MAINNET_DEPOSIT_CONTRACT,
    has_access_list=False,
    header_fields=15,
    header_rules=(
        check_number,
        check_timestamp,
        check_extra_data,
        check_gas_limit,
        check_fields,
        check_gas_used,
        check_difficulty,
    ),
    block_rules=(check_withdrawals_presence,),
    next_base_fee=no_base_fee,
    next_excess_blob_gas=no_excess_blob_gas,
)
