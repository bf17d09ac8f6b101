"""Prices in gas, and the arithmetic that they share (yellow paper, appendix G, and the EIPs named)."""

# source: yellow paper, appendix H.1

from __future__ import annotations

JUMP_DESTINATION = 1
BASE = 2
VERY_LOW = 3
LOW = 5
MID = 8
HIGH = 10
BLOCK_HASH = 20
EXPONENTIATION = 10
EXPONENTIATION_PER_BYTE = 50
KECCAK = 30
KECCAK_PER_WORD = 6
COPY_PER_WORD = 3
MEMORY_PER_WORD = 3
LOG = 375
LOG_PER_TOPIC = 375
LOG_PER_BYTE = 8
CREATE = 32000
CODE_DEPOSIT_PER_BYTE = 200
CALL_VALUE = 9000
CALL_STIPEND = 2300
NEW_ACCOUNT = 25000
SELF_DESTRUCT = 5000
INITCODE_PER_WORD = 2
"""EIP-3860."""

COLD_ACCOUNT_ACCESS = 2600
COLD_SLOT_LOAD = 2100
WARM_ACCESS = 100
"""EIP-2929."""

STORAGE_SET = 20000
STORAGE_RESET = 5000 - COLD_SLOT_LOAD
STORAGE_SENTRY = 2300
"""EIP-2200 and EIP-2929: SSTORE needs more gas than the sentry, so that a call's stipend can never write."""

TRANSIENT_ACCESS = 100
"""EIP-1153."""

BLOB_HASH = 3
GAS_PER_BLOB = 2**17
"""EIP-4844."""

COUNT_LEADING_ZEROS = 5
"""EIP-7939."""

TRANSACTION = 21000
TRANSACTION_CREATION = 32000
CALLDATA_PER_ZERO_BYTE = 4
CALLDATA_PER_OTHER_BYTE = 16
ACCESS_LIST_PER_ADDRESS = 2400
ACCESS_LIST_PER_SLOT = 1900
CALLDATA_FLOOR_PER_TOKEN = 10
"""EIP-7623."""
AUTHORIZATION_OF_EMPTY_ACCOUNT = 25000
AUTHORIZATION_REFUND = 25000 - 12500
"""EIP-7702: what an authorization costs, and what comes back where the authority already exists."""

COLD_ACCOUNT_ACCESS_SINCE_AMSTERDAM = 3000
"""EIP-8038."""
ACCOUNT_WRITE = 9000
"""EIP-8038: changing nonce, balance or code of an account."""
STORAGE_WRITE = 10_000
"""EIP-8038: changing a slot that was not changed before."""
CREATE_ACCESS = ACCOUNT_WRITE + COLD_ACCOUNT_ACCESS_SINCE_AMSTERDAM
"""EIP-8038: CREATE, CREATE2, and a transaction without recipient."""
TRANSACTION_BASE = 12_000
TRANSACTION_VALUE = 6000
"""EIP-2780."""
AUTHORIZATION_BASE = 101 * 16 + 3000 + COLD_ACCOUNT_ACCESS_SINCE_AMSTERDAM + 2 * WARM_ACCESS
"""EIP-8037: 101 bytes of data, the recovery of the authority, an access to it and two writes."""
ACCESS_LIST_PER_ADDRESS_SINCE_AMSTERDAM = COLD_ACCOUNT_ACCESS_SINCE_AMSTERDAM - WARM_ACCESS
ACCESS_LIST_PER_SLOT_SINCE_AMSTERDAM = COLD_SLOT_LOAD - WARM_ACCESS
"""EIP-8038: what the first access is dearer than the ones after it."""
CALLDATA_FLOOR_PER_BYTE = 64
"""EIP-7976: 16 gas for each of four tokens a byte, be it zero or not."""
ACCESS_LIST_DATA_PER_ADDRESS = 20 * CALLDATA_FLOOR_PER_BYTE
ACCESS_LIST_DATA_PER_SLOT = 32 * CALLDATA_FLOOR_PER_BYTE
"""EIP-7981."""
CODE_HASH_PER_WORD = 6
"""EIP-8037: hashing the code that a creation deploys."""

TRANSACTION_GAS_LIMIT = 2**24
"""EIP-7825; since EIP-8037 of execution gas alone."""
TOTAL_GAS_LIMIT = 2**32 - 1
"""EIP-8037: of execution and state gas together."""

SYSTEM_CALL = 30_000_000
"""EIP-4788, EIP-2935, EIP-7002, EIP-7251."""


def words(size: int) -> int:
    """The number of 32-byte words that hold ``size`` bytes."""
    return (size + 31) // 32


def memory_total(size: int) -> int:
    """What a memory of ``size`` bytes has cost in all (yellow paper, equation 329)."""
    count = words(size)
    # rule: evm.memory.price
    return MEMORY_PER_WORD * count + count * count // 512


def exponentiation(exponent: int) -> int:
    """What EXP costs: more for each byte of the exponent without its leading zeros (EIP-160)."""
    # rule: evm.arithmetic.exponent-price
    # source: EIP-160, specification
    return EXPONENTIATION + EXPONENTIATION_PER_BYTE * ((exponent.bit_length() + 7) // 8)


def all_but_one_64th(gas: int) -> int:
    """The most gas that a call may forward: 63/64 of what is left (EIP-150)."""
    # rule: evm.call.all-but-one-64th
    # source: EIP-150, specification
    return gas - gas // 64


def initcode(size: int) -> int:
    """What ``size`` bytes of initialization code cost since Shanghai (EIP-3860)."""
    # rule: evm.create.initcode-gas
    # source: EIP-3860, specification
    return INITCODE_PER_WORD * words(size)
