"""Which of our rejection codes satisfies which name in the ``expectException`` of official fixtures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spec.evm.rejections import Invalid
from spec.machine import RejectionCode

_TRANSACTION: Final[Mapping[Invalid, tuple[str, ...]]] = {
    Invalid.MALFORMED_TRANSACTION: ("RLP_INVALID_VALUE", "TYPE_3_TX_WITH_FULL_BLOBS", "ADDRESS_TOO_SHORT"),
    Invalid.TYPE_NOT_SUPPORTED: (
        "TYPE_NOT_SUPPORTED",
        "TYPE_1_TX_PRE_FORK",
        "TYPE_2_TX_PRE_FORK",
        "TYPE_3_TX_PRE_FORK",
        "TYPE_4_TX_PRE_FORK",
    ),
    Invalid.WRONG_CHAIN_ID: ("INVALID_CHAINID",),
    Invalid.INVALID_SIGNATURE: ("INVALID_SIGNATURE_VRS",),
    Invalid.NONCE_TOO_LOW: ("NONCE_MISMATCH_TOO_LOW",),
    Invalid.NONCE_TOO_HIGH: ("NONCE_MISMATCH_TOO_HIGH",),
    Invalid.NONCE_IS_MAX: ("NONCE_IS_MAX",),
    Invalid.SENDER_NOT_EOA: ("SENDER_NOT_EOA",),
    Invalid.INSUFFICIENT_FUNDS: ("INSUFFICIENT_ACCOUNT_FUNDS",),
    Invalid.INTRINSIC_GAS_TOO_LOW: ("INTRINSIC_GAS_TOO_LOW",),
    Invalid.FLOOR_GAS_TOO_LOW: ("INTRINSIC_GAS_BELOW_FLOOR_GAS_COST",),
    Invalid.TRANSACTION_GAS_LIMIT_EXCEEDED: ("GAS_LIMIT_EXCEEDS_MAXIMUM",),
    Invalid.GAS_ALLOWANCE_EXCEEDED: ("GAS_ALLOWANCE_EXCEEDED",),
    Invalid.GAS_PRICE_PRODUCT_OVERFLOW: ("GASLIMIT_PRICE_PRODUCT_OVERFLOW",),
    Invalid.MAX_FEE_BELOW_BASE_FEE: ("INSUFFICIENT_MAX_FEE_PER_GAS",),
    Invalid.PRIORITY_FEE_ABOVE_MAX_FEE: ("PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS",),
    Invalid.INITCODE_TOO_LARGE: ("INITCODE_SIZE_EXCEEDED",),
    Invalid.BLOB_CREATION: ("TYPE_3_TX_CONTRACT_CREATION",),
    Invalid.NO_BLOBS: ("TYPE_3_TX_ZERO_BLOBS",),
    Invalid.TOO_MANY_BLOBS: ("TYPE_3_TX_BLOB_COUNT_EXCEEDED",),
    Invalid.BLOB_VERSIONED_HASH: ("TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH",),
    Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW: ("INSUFFICIENT_MAX_FEE_PER_BLOB_GAS",),
    Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED: ("TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",),
    Invalid.SET_CODE_CREATION: ("TYPE_4_TX_CONTRACT_CREATION",),
    Invalid.NO_AUTHORIZATIONS: ("TYPE_4_EMPTY_AUTHORIZATION_LIST",),
}

_BLOCK: Final[Mapping[Invalid, tuple[str, ...]]] = {
    Invalid.MALFORMED_BLOCK: (
        "RLP_STRUCTURES_ENCODING",
        "RLP_INVALID_FIELD_OVERFLOW_64",
        "RLP_INVALID_ADDRESS",
        "RLP_WITHDRAWALS_NOT_READ",
    ),
    Invalid.MALFORMED_ACCESS_LIST: ("INCORRECT_BLOCK_FORMAT",),
    Invalid.UNKNOWN_PARENT: ("UNKNOWN_PARENT", "UNKNOWN_PARENT_ZERO"),
    Invalid.WRONG_HEADER_FIELDS: ("INCORRECT_BLOCK_FORMAT",),
    Invalid.INVALID_BLOCK_NUMBER: ("INVALID_BLOCK_NUMBER",),
    Invalid.TIMESTAMP_NOT_AFTER_PARENT: ("INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT",),
    Invalid.EXTRA_DATA_TOO_LONG: ("EXTRA_DATA_TOO_BIG",),
    Invalid.INVALID_GAS_LIMIT: ("INVALID_GASLIMIT",),
    Invalid.GAS_LIMIT_TOO_LARGE: ("GASLIMIT_TOO_BIG",),
    Invalid.GAS_USED_OVER_LIMIT: ("GAS_USED_OVERFLOW",),
    Invalid.INVALID_BASE_FEE: ("INVALID_BASEFEE_PER_GAS",),
    Invalid.INVALID_DIFFICULTY: ("INVALID_DIFFICULTY",),
    Invalid.DIFFICULTY_NOT_ZERO: ("IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS",),
    Invalid.OMMERS_NOT_EMPTY: ("IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS",),
    Invalid.INVALID_EXCESS_BLOB_GAS: ("INCORRECT_EXCESS_BLOB_GAS",),
    Invalid.INVALID_BLOB_GAS_USED: ("INCORRECT_BLOB_GAS_USED",),
    Invalid.TOO_MANY_OMMERS: ("TOO_MANY_UNCLES",),
    Invalid.OMMER_INCLUDED_BEFORE: ("UNCLE_IN_CHAIN",),
    Invalid.OMMER_IS_ANCESTOR: ("UNCLE_IS_ANCESTOR",),
    Invalid.OMMER_PARENT_UNKNOWN: ("UNCLE_UNKNOWN_PARENT",),
    Invalid.OMMER_PARENT_IS_PARENT: ("UNCLE_PARENT_INCORRECT",),
    Invalid.BLOCK_TOO_LARGE: ("RLP_BLOCK_LIMIT_EXCEEDED",),
    Invalid.INVALID_TRANSACTIONS_ROOT: ("INVALID_TRANSACTIONS_ROOT",),
    Invalid.INVALID_WITHDRAWALS_ROOT: ("INVALID_WITHDRAWALS_ROOT",),
    Invalid.SYSTEM_CONTRACT_MISSING: ("SYSTEM_CONTRACT_EMPTY",),
    Invalid.SYSTEM_CONTRACT_FAILED: ("SYSTEM_CONTRACT_CALL_FAILED",),
    Invalid.INVALID_DEPOSIT_LAYOUT: ("INVALID_DEPOSIT_EVENT_LAYOUT",),
    Invalid.INVALID_GAS_USED: ("INVALID_GAS_USED",),
    Invalid.INVALID_RECEIPTS_ROOT: ("INVALID_RECEIPTS_ROOT",),
    Invalid.INVALID_LOGS_BLOOM: ("INVALID_LOG_BLOOM",),
    Invalid.INVALID_REQUESTS_HASH: ("INVALID_REQUESTS",),
    Invalid.INVALID_STATE_ROOT: ("INVALID_STATE_ROOT",),
    Invalid.INVALID_BAL_HASH: ("INVALID_BAL_HASH",),
    Invalid.INVALID_BLOCK_ACCESS_LIST: ("INVALID_BLOCK_ACCESS_LIST",),
    Invalid.ACCESS_LIST_TOO_LARGE: ("BLOCK_ACCESS_LIST_GAS_LIMIT_EXCEEDED",),
}


def names_of(code: RejectionCode) -> frozenset[str]:
    """The names in fixtures that ``code`` satisfies."""
    if not isinstance(code, Invalid):
        return frozenset()
    transaction = (f"TransactionException.{name}" for name in _TRANSACTION.get(code, ()))
    block = (f"BlockException.{name}" for name in _BLOCK.get(code, ()))
    return frozenset((*transaction, *block))


def satisfies(code: RejectionCode, expected: tuple[str, ...]) -> bool:
    """Whether ``code`` is one of the rejections that a fixture expects."""
    return not names_of(code).isdisjoint(expected)
