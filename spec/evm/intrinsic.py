"""What a transaction costs before it executes (yellow paper, section 6; EIP-2930, EIP-3860, EIP-7623, EIP-7702;
since Amsterdam EIP-2780, EIP-7976, EIP-7981, EIP-8037, EIP-8038)."""

# source: yellow paper, section 6.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.transaction import SetCodeTransaction, Transaction

TOKENS_PER_OTHER_BYTE = 4


def base_charge(transaction: Transaction, sender: bytes) -> int:
    """What every transaction costs."""
    # rule: evm.intrinsic.base
    return gas.TRANSACTION


def calldata_charge(transaction: Transaction, sender: bytes) -> int:
    """What the data of a transaction costs: zero bytes are cheaper (EIP-2028)."""
    zeros = transaction.data.count(0)
    # rule: evm.intrinsic.calldata
    # source: EIP-2028, specification
    return gas.CALLDATA_PER_ZERO_BYTE * zeros + gas.CALLDATA_PER_OTHER_BYTE * (len(transaction.data) - zeros)


def creation_charge(transaction: Transaction, sender: bytes) -> int:
    """What a transaction without recipient costs more (EIP-2)."""
    if transaction.to is None:
        # rule: evm.intrinsic.creation
        # source: EIP-2, specification
        return gas.TRANSACTION_CREATION
    return 0


def access_list_charge(transaction: Transaction, sender: bytes) -> int:
    """What the entries of an access list cost (EIP-2930)."""
    if not transaction.access_list:
        return 0
    slots = sum(len(keys) for _, keys in transaction.access_list)
    # rule: evm.intrinsic.access-list
    # source: EIP-2930, specification
    return gas.ACCESS_LIST_PER_ADDRESS * len(transaction.access_list) + gas.ACCESS_LIST_PER_SLOT * slots


def initcode_charge(transaction: Transaction, sender: bytes) -> int:
    """What the initialization code of a creating transaction costs (EIP-3860)."""
    if transaction.to is None:
        # rule: evm.intrinsic.initcode
        # source: EIP-3860, specification
        return gas.initcode(len(transaction.data))
    return 0


def authorization_charge(transaction: Transaction, sender: bytes) -> int:
    """What the authorizations cost, as if every account were empty (EIP-7702)."""
    if isinstance(transaction, SetCodeTransaction):
        # rule: evm.intrinsic.authorizations
        # source: EIP-7702, Gas Costs
        return gas.AUTHORIZATION_OF_EMPTY_ACCOUNT * len(transaction.authorizations)
    return 0


def no_floor(transaction: Transaction, sender: bytes) -> int:
    """Before Prague data has no floor."""
    return 0


def calldata_floor(transaction: Transaction, sender: bytes) -> int:
    """The least that a transaction with so much data is charged in the end (EIP-7623)."""
    zeros = transaction.data.count(0)
    tokens = zeros + TOKENS_PER_OTHER_BYTE * (len(transaction.data) - zeros)
    # rule: evm.intrinsic.calldata-floor
    # source: EIP-7623, specification
    return gas.TRANSACTION + gas.CALLDATA_FLOOR_PER_TOKEN * tokens


def base_and_recipient_charge(transaction: Transaction, sender: bytes) -> int:
    """What a transaction costs for itself and for the account that it goes to, whatever the state is (EIP-2780)."""
    # rule: evm.intrinsic.base-since-amsterdam
    # source: EIP-2780, Intrinsic gas costs
    charge = gas.TRANSACTION_BASE
    if transaction.to is None:
        # rule: evm.intrinsic.creation-access
        # source: EIP-2780, Intrinsic gas costs; EIP-8038, Parameters
        return charge + gas.CREATE_ACCESS
    if transaction.to == sender:
        # rule: evm.intrinsic.to-oneself
        # source: EIP-2780, Intrinsic gas costs
        return charge
    # rule: evm.intrinsic.recipient
    # source: EIP-2780, Intrinsic gas costs
    charge += gas.COLD_ACCOUNT_ACCESS_SINCE_AMSTERDAM
    if transaction.value:
        # rule: evm.intrinsic.value
        # source: EIP-2780, Intrinsic gas costs
        charge += gas.TRANSACTION_VALUE
    return charge


def access_list_charge_since_amsterdam(transaction: Transaction, sender: bytes) -> int:
    """What the entries of an access list cost for the accesses that they announce (EIP-8038)."""
    if not transaction.access_list:
        return 0
    slots = sum(len(keys) for _, keys in transaction.access_list)
    # rule: evm.intrinsic.access-list-since-amsterdam
    # source: EIP-8038, Parameters
    return (
        gas.ACCESS_LIST_PER_ADDRESS_SINCE_AMSTERDAM * len(transaction.access_list)
        + gas.ACCESS_LIST_PER_SLOT_SINCE_AMSTERDAM * slots
    )


def access_list_data_charge(transaction: Transaction, sender: bytes) -> int:
    """What the entries of an access list cost for their bytes, at the price of the floor (EIP-7981)."""
    if not transaction.access_list:
        return 0
    slots = sum(len(keys) for _, keys in transaction.access_list)
    # rule: evm.intrinsic.access-list-data
    # source: EIP-7981, specification
    return gas.ACCESS_LIST_DATA_PER_ADDRESS * len(transaction.access_list) + gas.ACCESS_LIST_DATA_PER_SLOT * slots


def authorization_charge_since_amsterdam(transaction: Transaction, sender: bytes) -> int:
    """What the authorizations cost, whatever accounts they are of (EIP-2780, EIP-8037)."""
    if isinstance(transaction, SetCodeTransaction):
        # rule: evm.intrinsic.authorizations-since-amsterdam
        # source: EIP-2780, Intrinsic gas costs; EIP-8037, Parameter changes
        return gas.AUTHORIZATION_BASE * len(transaction.authorizations)
    return 0


def data_floor(transaction: Transaction, sender: bytes) -> int:
    """The least that a transaction with so much data and so long an access list is charged in the end.

    It covers the transaction and its recipient too, and is the same for all bytes (EIP-2780, EIP-7976, EIP-7981).
    """
    # rule: evm.intrinsic.data-floor
    # source: EIP-7976, specification; EIP-7981, specification; EIP-2780, Interactions with other EIPs
    return (
        base_and_recipient_charge(transaction, sender)
        + gas.CALLDATA_FLOOR_PER_BYTE * len(transaction.data)
        + access_list_data_charge(transaction, sender)
    )
