"""Why a block of Solana's machine is invalid, or cannot be judged here. Each code has one exact message.

The names of the runtime's own errors, and its texts; what they name (an index, an instruction) goes into the detail.
"""

from __future__ import annotations

from samestate.spec.machine import RejectionCode


class Invalid(RejectionCode):
    """The rejection codes of Solana's machine."""

    # encoding
    MALFORMED_ENTRY = "the entries are not a well-formed encoding"
    MALFORMED_TRANSACTION = "the transaction is not a well-formed encoding"

    # entries: Agave's BlockError
    INCOMPLETE = "incomplete block"
    INVALID_ENTRY_HASH = "invalid entry hash"
    INVALID_LAST_TICK = "invalid last tick"
    TOO_FEW_TICKS = "too few ticks"
    TOO_MANY_TICKS = "too many ticks"
    INVALID_TICK_HASH_COUNT = "invalid tick hash count"
    TRAILING_ENTRY = "trailing entry"
    DUPLICATE_BLOCK = "duplicate block"

    # a transaction by itself, and with its lookup tables: Agave's TransactionError
    UNSUPPORTED_VERSION = "Transaction version is unsupported"
    SANITIZE_FAILURE = "Transaction failed to sanitize accounts offsets correctly"
    SIGNATURE_FAILURE = "Transaction did not pass signature verification"
    ADDRESS_LOOKUP_TABLE_NOT_FOUND = "Transaction loads an address table account that doesn't exist"
    INVALID_ADDRESS_LOOKUP_TABLE_OWNER = "Transaction loads an address table account with an invalid owner"
    INVALID_ADDRESS_LOOKUP_TABLE_DATA = "Transaction loads an address table account with invalid data"
    INVALID_ADDRESS_LOOKUP_TABLE_INDEX = "Transaction address table lookup uses an invalid index"
    TOO_MANY_ACCOUNT_LOCKS = "Transaction locked too many accounts"
    ACCOUNT_LOADED_TWICE = "Account loaded twice"
    INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA = "Error processing Instruction: invalid instruction data"
    DUPLICATE_INSTRUCTION = "Transaction contains a duplicate instruction that is not allowed"
    INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT = "LoadedAccountsDataSizeLimit set for transaction must be greater than 0."

    # a transaction on the state that it meets
    BLOCKHASH_NOT_FOUND = "Blockhash not found"
    ALREADY_PROCESSED = "This transaction has already been processed"
    ACCOUNT_NOT_FOUND = "Attempt to debit an account but found no record of a prior credit."
    INVALID_ACCOUNT_FOR_FEE = "This account may not be used to pay transaction fees"
    INSUFFICIENT_FUNDS_FOR_FEE = "Insufficient funds for fee"
    INSUFFICIENT_FUNDS_FOR_RENT = "Transaction results in an account with insufficient funds for rent"

    # the block's limits
    WOULD_EXCEED_MAX_BLOCK_COST_LIMIT = "Transaction would exceed max Block Cost Limit"
    WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT = "Transaction would exceed max account limit within the block"
    WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT = "Transaction would exceed account data limit within the block"

    # what this machine does not say
    BYTECODE_NOT_SPECIFIED = "the program is bytecode, whose execution is not specified"
    EPOCH_BOUNDARY_NOT_SPECIFIED = "the block is the first of its epoch, which is not specified"


NOT_SPECIFIED = frozenset({Invalid.BYTECODE_NOT_SPECIFIED, Invalid.EPOCH_BOUNDARY_NOT_SPECIFIED})
"""Codes that say nothing about the block: nobody here knows whether it is valid."""
