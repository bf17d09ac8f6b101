"""What a transaction costs before it executes (yellow paper, section 6; EIP-2930, EIP-3860, EIP-7623, EIP-7702)."""

# source: yellow paper, section 6.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.transaction import SetCodeTransaction, Transaction

TOKENS_PER_OTHER_BYTE = 4


def base_charge(transaction: Transaction) -> int:
    """What every transaction costs."""
    # rule: evm.intrinsic.base
    return gas.TRANSACTION


def calldata_charge(transaction: Transaction) -> int:
    """What the data of a transaction costs: zero bytes are cheaper (EIP-2028)."""
    zeros = transaction.data.count(0)
    # rule: evm.intrinsic.calldata
    # source: EIP-2028, specification
    return gas.CALLDATA_PER_ZERO_BYTE * zeros + gas.CALLDATA_PER_OTHER_BYTE * (len(transaction.data) - zeros)


def creation_charge(transaction: Transaction) -> int:
    """What a transaction without recipient costs more (EIP-2)."""
    if transaction.to is None:
        # rule: evm.intrinsic.creation
        # source: EIP-2, specification
        return gas.TRANSACTION_CREATION
    return 0


def access_list_charge(transaction: Transaction) -> int:
    """What the entries of an access list cost (EIP-2930)."""
    if not transaction.access_list:
        return 0
    slots = sum(len(keys) for _, keys in transaction.access_list)
    # rule: evm.intrinsic.access-list
    # source: EIP-2930, specification
    return gas.ACCESS_LIST_PER_ADDRESS * len(transaction.access_list) + gas.ACCESS_LIST_PER_SLOT * slots


def initcode_charge(transaction: Transaction) -> int:
    """What the initialization code of a creating transaction costs (EIP-3860)."""
    if transaction.to is None:
        # rule: evm.intrinsic.initcode
        # source: EIP-3860, specification
        return gas.initcode(len(transaction.data))
    return 0


def authorization_charge(transaction: Transaction) -> int:
    """What the authorizations cost, as if every account were empty (EIP-7702)."""
    if isinstance(transaction, SetCodeTransaction):
        # rule: evm.intrinsic.authorizations
        # source: EIP-7702, Gas Costs
        return gas.AUTHORIZATION_OF_EMPTY_ACCOUNT * len(transaction.authorizations)
    return 0


def no_floor(transaction: Transaction) -> int:
    """Before Prague data has no floor."""
    return 0


def calldata_floor(transaction: Transaction) -> int:
    """The least that a transaction with so much data is charged in the end (EIP-7623)."""
    zeros = transaction.data.count(0)
    tokens = zeros + TOKENS_PER_OTHER_BYTE * (len(transaction.data) - zeros)
    # rule: evm.intrinsic.calldata-floor
    # source: EIP-7623, specification
    return gas.TRANSACTION + gas.CALLDATA_FLOOR_PER_TOKEN * tokens
