"""Why a transaction may not be in a block, or a block not in a chain. Each code has one exact message."""

from __future__ import annotations

from samestate.spec.machine import RejectionCode


class Invalid(RejectionCode):
    """The rejection codes of the EVM."""

    # encoding
    MALFORMED_BLOCK = "the block is not a well-formed encoding"
    MALFORMED_TRANSACTION = "the transaction is not a well-formed encoding"
    MALFORMED_ACCESS_LIST = "the block access list is not a well-formed encoding in order"

    # transaction
    TYPE_NOT_SUPPORTED = "the fork has no transactions of this type"
    WRONG_CHAIN_ID = "the transaction is for another chain"
    INVALID_SIGNATURE = "the signature is not valid"
    NONCE_TOO_LOW = "the nonce is lower than the sender's"
    NONCE_TOO_HIGH = "the nonce is higher than the sender's"
    NONCE_IS_MAX = "the nonce has no successor"
    SENDER_NOT_EOA = "the sender is a contract"
    INSUFFICIENT_FUNDS = "the sender cannot pay for gas and value"
    INTRINSIC_GAS_TOO_LOW = "the gas limit does not cover the intrinsic gas"
    FLOOR_GAS_TOO_LOW = "the gas limit does not cover the floor of the calldata"
    TRANSACTION_GAS_LIMIT_EXCEEDED = "the gas limit is over the cap for a transaction"
    TOTAL_GAS_LIMIT_EXCEEDED = "the gas limit is over the cap for execution and state gas together"
    INTRINSIC_GAS_OVER_LIMIT = "the intrinsic gas is over the cap for a transaction's execution gas"
    FLOOR_GAS_OVER_LIMIT = "the floor of the data is over the cap for a transaction's execution gas"
    GAS_ALLOWANCE_EXCEEDED = "the gas limit is over what the block has left"
    STATE_GAS_ALLOWANCE_EXCEEDED = "the gas limit is over what state gas the block has left"
    GAS_PRICE_PRODUCT_OVERFLOW = "the gas limit times the gas price does not fit 256 bits"
    MAX_FEE_BELOW_BASE_FEE = "the fee offered for gas is below the base fee"
    PRIORITY_FEE_ABOVE_MAX_FEE = "the priority fee is above the maximum fee"
    INITCODE_TOO_LARGE = "the initialization code is too large"
    BLOB_CREATION = "a blob transaction has no recipient"
    NO_BLOBS = "a blob transaction has no blobs"
    TOO_MANY_BLOBS = "a transaction has more blobs than it may"
    BLOB_VERSIONED_HASH = "a versioned hash has an unknown version"
    MAX_FEE_PER_BLOB_GAS_TOO_LOW = "the fee offered for blob gas is below the blob base fee"
    BLOB_GAS_ALLOWANCE_EXCEEDED = "the blobs are more than the block may have"
    SET_CODE_CREATION = "a set-code transaction has no recipient"
    NO_AUTHORIZATIONS = "a set-code transaction has no authorizations"

    # header
    UNKNOWN_PARENT = "the parent is unknown"
    WRONG_HEADER_FIELDS = "the header does not have the fields of its fork"
    INVALID_BLOCK_NUMBER = "the block number is not the parent's plus one"
    TIMESTAMP_NOT_AFTER_PARENT = "the timestamp is not after the parent's"
    EXTRA_DATA_TOO_LONG = "the extra data is too long"
    INVALID_GAS_LIMIT = "the gas limit is too far from the parent's or too low"
    GAS_LIMIT_TOO_LARGE = "the gas limit does not fit 63 bits"
    GAS_USED_OVER_LIMIT = "the gas used is over the gas limit"
    INVALID_BASE_FEE = "the base fee is not the one that the parent sets"
    INVALID_DIFFICULTY = "the difficulty is not the one that the parent sets"
    DIFFICULTY_NOT_ZERO = "the difficulty is not zero under proof of stake"
    NONCE_NOT_ZERO = "the nonce is not zero under proof of stake"
    OMMERS_NOT_EMPTY = "there are ommers under proof of stake"
    INVALID_EXCESS_BLOB_GAS = "the excess blob gas is not the one that the parent sets"
    BLOB_BASE_FEE_OVERFLOW = "the blob base fee does not fit 256 bits"

    # ommers
    TOO_MANY_OMMERS = "there are more than two ommers"
    OMMER_INCLUDED_BEFORE = "an ommer was included before"
    OMMER_IS_ANCESTOR = "an ommer is the block itself or one of its ancestors"
    OMMER_PARENT_UNKNOWN = "an ommer's parent is no recent ancestor"
    OMMER_PARENT_IS_PARENT = "an ommer has the same parent as the block"
    OMMER_TOO_OLD = "an ommer is too old"

    # body
    BLOCK_TOO_LARGE = "the block is too large"
    INVALID_TRANSACTIONS_ROOT = "the transactions root does not match"
    INVALID_OMMERS_HASH = "the ommers hash does not match"
    INVALID_WITHDRAWALS_ROOT = "the withdrawals root does not match"
    INVALID_BLOB_GAS_USED = "the blob gas used does not match"

    # execution
    BALANCE_OVERFLOW = "a balance does not fit 256 bits"
    SYSTEM_CONTRACT_MISSING = "a system contract has no code"
    SYSTEM_CONTRACT_FAILED = "a system contract failed"
    INVALID_DEPOSIT_LAYOUT = "a deposit is not laid out as the deposit contract does it"
    INVALID_GAS_USED = "the gas used does not match"
    INVALID_RECEIPTS_ROOT = "the receipts root does not match"
    INVALID_LOGS_BLOOM = "the logs bloom does not match"
    INVALID_REQUESTS_HASH = "the requests hash does not match"
    INVALID_STATE_ROOT = "the state root does not match"
    INVALID_BAL_HASH = "the hash of the block access list does not match"
    INVALID_BLOCK_ACCESS_LIST = "the block access list is not the one that the execution gives"
    ACCESS_LIST_TOO_LARGE = "the block access list has too many items"
