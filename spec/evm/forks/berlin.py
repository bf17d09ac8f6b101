"""Berlin, mainnet block 12,244,000: the first fork of this specification, so this page gives everything."""

from __future__ import annotations

from samestate.spec.evm import gas, intrinsic, validity
from samestate.spec.evm.delegation import no_delegation
from samestate.spec.evm.fees import no_base_fee, no_excess_blob_gas
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Frame
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
from samestate.spec.evm.instructions.calls import call, call_code, charge_call, delegate_call, static_call
from samestate.spec.evm.instructions.creation import create, create2, no_new_account_charge
from samestate.spec.evm.instructions.ending import invalid, return_, revert, self_destruct_with_refund
from samestate.spec.evm.instructions.storage import load, store
from samestate.spec.evm.interpreter import deploy, is_taken
from samestate.spec.evm.precompiles import BERLIN_PRECOMPILES
from samestate.spec.evm.requests import parse_deposit
from samestate.spec.evm.rewards import ETHER, pay_rewards
from samestate.spec.evm.spending import spend
from samestate.spec.evm.totals import check_room
from samestate.spec.evm.transaction_execution import destroy_with_storage, run
from samestate.spec.evm.transfer_logs import no_transfer_log

NO_LIMIT = 2**256
MAINNET_DEPOSIT_CONTRACT = bytes.fromhex("00000000219ab540356cBB839Cbe05303d7705Fa")
"""EIP-6110. Other chains have their own: ``fork.fork(fork.name, deposit_contract=...)``."""


def free_initcode(size: int) -> int:
    """Before Shanghai initialization code costs no more than other data."""
    return 0


BERLIN = Fork(
    name="Berlin",
    instructions={  # yellow paper, appendix H.2; prices by EIP-2929
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
    precompiles=BERLIN_PRECOMPILES,  # yellow paper, appendix E; EIP-2565
    code_size_limit=24576,  # EIP-170
    initcode_size_limit=NO_LIMIT,  # none before EIP-3860
    initcode_gas=free_initcode,  # none before EIP-3860
    rejects_contract_prefix=False,  # not before EIP-3541
    storage_clear_refund=15000,  # EIP-2200
    refund_quotient=2,  # yellow paper (Berlin version), section 6.2
    cold_account_access=gas.COLD_ACCOUNT_ACCESS,  # EIP-2929
    call_value_gas=gas.CALL_VALUE,  # yellow paper, appendix G
    code_read_gas=0,  # none before EIP-8038
    creation_gas=gas.CREATE,  # yellow paper, appendix G
    charge_call=charge_call,  # EIP-150, EIP-161
    charge_new_account=no_new_account_charge,  # none before EIP-8037
    is_taken=is_taken,  # EIP-684, EIP-7610
    deploy=deploy,  # yellow paper, section 7
    log_transfer=no_transfer_log,  # none before EIP-7708
    system_frame=Frame,  # EIP-4788; not used before Cancun
    destroy_account=destroy_with_storage,  # yellow paper, section 6.2
    delegation_target=no_delegation,  # none before EIP-7702
    transaction_types=frozenset({0, 1}),  # EIP-2718, EIP-2930
    unsigned_rules=(
        validity.check_type,  # EIP-2718
        validity.check_chain,  # EIP-155
    ),
    transaction_rules=(
        validity.check_nonce_limit,  # EIP-2681
        validity.check_gas_price_product,  # yellow paper, section 6.2: what no balance can pay
        validity.check_fees,  # EIP-1559; before London the base fee is zero
        validity.check_intrinsic_gas,  # yellow paper, section 6.2
        validity.check_block_gas_limit,  # yellow paper, section 6.2
    ),
    inclusion_rules=(),  # not apart from the others before Amsterdam (EIP-8037)
    transaction_gas_limit=None,  # none before EIP-7825
    intrinsic_charges=(
        intrinsic.base_charge,  # yellow paper, section 6.2
        intrinsic.calldata_charge,  # EIP-2028
        intrinsic.creation_charge,  # EIP-2
        intrinsic.access_list_charge,  # EIP-2930
    ),
    calldata_floor=intrinsic.no_floor,  # none before EIP-7623
    run=run,  # yellow paper, section 6.2
    spend=spend,  # yellow paper, section 6.2
    warms_coinbase=False,  # not before EIP-3651
    check_room=check_room,  # yellow paper, section 6.2
    opening=(),  # none before EIP-4788
    closing=(pay_rewards,),  # yellow paper (Berlin version), section 11.3
    block_reward=2 * ETHER,  # EIP-1234
    difficulty_bomb_delay=9_000_000,  # EIP-2384
    blob_schedule=None,  # none before EIP-4844
    blobs_per_transaction=None,  # none before EIP-7594
    block_size_limit=None,  # none before EIP-7934
    deposit_contract=MAINNET_DEPOSIT_CONTRACT,  # EIP-6110; unused before Prague
    parse_deposit=parse_deposit,  # EIP-6110; not used before Prague
    has_access_list=False,  # not before EIP-7928
    header_fields=15,  # yellow paper (Berlin version), section 4.3.3
    header_rules=(  # yellow paper, section 4.4.4
        check_number,
        check_timestamp,
        check_extra_data,
        check_gas_limit,
        check_fields,
        check_gas_used,
        check_difficulty,  # EIP-100, EIP-649
    ),
    block_rules=(check_withdrawals_presence,),  # EIP-4895: a body has no such list before Shanghai
    next_base_fee=no_base_fee,  # none before EIP-1559
    next_excess_blob_gas=no_excess_blob_gas,  # none before EIP-4844
)
