"""What execution-spec-tests calls the rejections: the name, or names, of which any is right, for each of our codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.fixtures.exceptions import names_of
from samestate.spec.evm.rejections import Invalid

TRANSACTION: Final = "TransactionException."
BLOCK: Final = "BlockException."

CHOSEN: Final[Mapping[Invalid, tuple[str, ...]]] = {
    # which part of a transaction is malformed the code does not say, and clients say it in their own words
    Invalid.MALFORMED_TRANSACTION: (
        "TransactionException.RLP_ERROR_EOF",
        "TransactionException.RLP_ERROR_SIZE",
        "TransactionException.RLP_INVALID_DATA",
        "TransactionException.RLP_INVALID_HEADER",
        "TransactionException.RLP_INVALID_VALUE",
        "TransactionException.RLP_TOO_FEW_ELEMENTS",
        "TransactionException.RLP_TOO_MANY_ELEMENTS",
        "TransactionException.TYPE_4_INVALID_AUTHORIZATION_FORMAT",
    ),
    Invalid.TYPE_NOT_SUPPORTED: (
        "TransactionException.TYPE_NOT_SUPPORTED",
        "TransactionException.TYPE_1_TX_PRE_FORK",
        "TransactionException.TYPE_2_TX_PRE_FORK",
        "TransactionException.TYPE_3_TX_PRE_FORK",
        "TransactionException.TYPE_4_TX_PRE_FORK",
    ),
    Invalid.NONCE_IS_MAX: ("TransactionException.NONCE_IS_MAX",),
    Invalid.PRIORITY_FEE_ABOVE_MAX_FEE: ("TransactionException.PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS",),
    # before Osaka a transaction had no limit of its own, and the block's is named by either
    Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED: (
        "TransactionException.TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",
        "TransactionException.TYPE_3_TX_BLOB_COUNT_EXCEEDED",
        "BlockException.BLOB_GAS_USED_ABOVE_LIMIT",
    ),
    Invalid.MALFORMED_BLOCK: ("BlockException.RLP_STRUCTURES_ENCODING", "BlockException.INCORRECT_BLOCK_FORMAT"),
    Invalid.WRONG_HEADER_FIELDS: ("BlockException.INCORRECT_BLOCK_FORMAT",),
    Invalid.GAS_USED_OVER_LIMIT: ("BlockException.GAS_USED_OVERFLOW", "BlockException.INVALID_GAS_USED_ABOVE_LIMIT"),
    Invalid.INVALID_DIFFICULTY: ("BlockException.INVALID_DIFFICULTY",),
    Invalid.DIFFICULTY_NOT_ZERO: (
        "BlockException.IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS",
        "BlockException.INVALID_DIFFICULTY",
    ),
    Invalid.UNKNOWN_PARENT: ("BlockException.UNKNOWN_PARENT",),
}
"""Where more than one name would be read as right: those that say it best. All other codes have one name, or all."""


def exception_of(code: Invalid) -> tuple[str, ...]:
    """The names that stand under ``expectException``. Raises Inexpressible where there is none."""
    names = CHOSEN.get(code) or tuple(sorted(names_of(code)))
    if not names:
        raise Inexpressible("execution-spec-tests has no name for the rejection", code.name)
    return names


def of_transaction(code: Invalid) -> tuple[str, ...]:
    """Those of the names that are said of a transaction, as in a state test. Raises Inexpressible where none is."""
    names = tuple(name for name in exception_of(code) if name.startswith(TRANSACTION))
    if not names:
        raise Inexpressible("the block is rejected, and not its transaction", code.name)
    return names
