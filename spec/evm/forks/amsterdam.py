"""Amsterdam, as it went live on Sepolia at timestamp 1791294816: new state has a price and a count of its own.

EIP-2780, EIP-7708, EIP-7778, EIP-7843, EIP-7928, EIP-7954, EIP-7976, EIP-7981, EIP-7997, EIP-8024, EIP-8037, EIP-8038,
EIP-8246, EIP-8282. EIP-7997 changes no rule: its factory is a contract that is there. EIP-7610 is not part of it.
"""

from __future__ import annotations

from samestate.spec.evm import gas, intrinsic, validity
from samestate.spec.evm.forks.bpo2_access_lists import BPO2_ACCESS_LISTS
from samestate.spec.evm.instructions import duplicate_at_depth, exchange, slot_number, state_creation, swap_at_depth
from samestate.spec.evm.requests import collect_builder_deposits, collect_builder_exits
from samestate.spec.evm.state_gas import charge_new_account, system_frame
from samestate.spec.evm.totals import check_room_in_two_dimensions
from samestate.spec.evm.transactions_with_state_gas import run_with_state_gas, spend_in_two_dimensions
from samestate.spec.evm.transfer_logs import log_transfer

AMSTERDAM = BPO2_ACCESS_LISTS.fork(
    name="Amsterdam",
    # New
    instructions={
        0x4B: slot_number,  # EIP-7843
        0xE6: duplicate_at_depth,  # EIP-8024
        0xE7: swap_at_depth,  # EIP-8024
        0xE8: exchange,  # EIP-8024
        0x55: state_creation.store,  # modified: EIP-8037, EIP-8038
        0xFF: state_creation.self_destruct,  # modified: EIP-7708, EIP-8037, EIP-8038, EIP-8246
    },
    closing=(
        *BPO2_ACCESS_LISTS.closing,
        collect_builder_deposits,  # EIP-8282
        collect_builder_exits,  # EIP-8282
    ),
    log_transfer=log_transfer,  # EIP-7708
    code_read_gas=gas.WARM_ACCESS,  # EIP-8038
    charge_new_account=charge_new_account,  # EIP-8037
    # Modified
    transaction_rules=(
        validity.check_nonce_limit,
        validity.check_initcode_size,
        validity.check_total_gas_limit,  # new: EIP-8037
        validity.check_priority_fee,
        validity.check_blob_hashes,
        validity.check_recipient,
        validity.check_authorizations,
        validity.check_gas,  # EIP-8037: the cap of EIP-7825 is for intrinsic gas and floor, not for all gas
    ),
    inclusion_rules=(
        validity.check_price,  # EIP-1559; like the next, only once the block has room (EIP-8037)
        validity.check_blob_price,  # EIP-4844
    ),
    intrinsic_charges=(
        intrinsic.base_and_recipient_charge,  # EIP-2780
        intrinsic.calldata_charge,
        intrinsic.initcode_charge,
        intrinsic.access_list_charge_since_amsterdam,  # EIP-8038
        intrinsic.access_list_data_charge,  # new: EIP-7981
        intrinsic.authorization_charge_since_amsterdam,  # EIP-2780, EIP-8037
    ),
    calldata_floor=intrinsic.data_floor,  # EIP-2780, EIP-7976, EIP-7981
    run=run_with_state_gas,  # EIP-2780, EIP-8037, EIP-8038
    spend=spend_in_two_dimensions,  # EIP-7778, EIP-8037
    check_room=check_room_in_two_dimensions,  # EIP-8037
    system_frame=system_frame,  # EIP-8037
    charge_call=state_creation.charge_call,  # EIP-8037
    deploy=state_creation.deploy,  # EIP-8037
    destroy_account=state_creation.destroy_but_keep_balance,  # EIP-8246
    cold_account_access=gas.COLD_ACCOUNT_ACCESS_SINCE_AMSTERDAM,  # EIP-8038
    call_value_gas=gas.ACCOUNT_WRITE + gas.CALL_STIPEND,  # EIP-8038
    creation_gas=gas.CREATE_ACCESS,  # EIP-8038
    storage_clear_refund=(gas.STORAGE_WRITE + gas.COLD_SLOT_LOAD) * 4800 // 5000,  # EIP-8038
    code_size_limit=2**16,  # EIP-7954
    initcode_size_limit=2**17,  # EIP-7954
    header_fields=23,  # EIP-7843: slot_number
    # Removed
    is_taken=state_creation.is_taken,  # EIP-7610
)
