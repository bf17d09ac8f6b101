"""Which headers may follow which, and which bodies fit a header (yellow paper, section 4.4.4, and the EIPs named).

Only the proof-of-work seal is not checked.
"""

# source: yellow paper, section 4.4.4

from __future__ import annotations

from samestate.spec.evm.block import Block, Header, empty_ommers_hash
from samestate.spec.evm.fees import ELASTICITY
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.gas import GAS_PER_BLOB
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction import BlobTransaction
from samestate.spec.machine import Rejection

EXTRA_DATA_LIMIT = 32
GAS_LIMIT_MINIMUM = 5000
GAS_LIMIT_MAXIMUM = 2**63 - 1
GAS_LIMIT_BOUND_DIVISOR = 1024
MINIMUM_DIFFICULTY = 131072
DIFFICULTY_BOUND_DIVISOR = 2048
BOMB_PERIOD = 100_000
UNREACHABLE_BOMB = 256
"""From this power of two on, no header can hold the difficulty: how much larger it would be is not computed."""


def check_fields(fork: Fork, parent: Header, header: Header) -> None:
    """A header has just the fields of its fork: none is missing, and none is from the future."""
    count = len(header.fields())
    if count != fork.header_fields:
        # rule: evm.header.fields
        # source: yellow paper, section 4.4.3 (later fields by the EIPs of the forks' pages)
        raise Rejection(Invalid.WRONG_HEADER_FIELDS, f"{count} fields, and {fork.name} has {fork.header_fields}")


def check_number(fork: Fork, parent: Header, header: Header) -> None:
    """Blocks are numbered one after another."""
    if header.number != parent.number + 1:
        # rule: evm.header.number
        raise Rejection(Invalid.INVALID_BLOCK_NUMBER, f"{header.number} after {parent.number}")


def check_timestamp(fork: Fork, parent: Header, header: Header) -> None:
    """A block is younger than its parent."""
    if header.timestamp <= parent.timestamp:
        # rule: evm.header.timestamp
        raise Rejection(Invalid.TIMESTAMP_NOT_AFTER_PARENT, f"{header.timestamp} after {parent.timestamp}")


def check_extra_data(fork: Fork, parent: Header, header: Header) -> None:
    """The extra data has at most 32 bytes."""
    if len(header.extra_data) > EXTRA_DATA_LIMIT:
        # rule: evm.header.extra-data
        raise Rejection(Invalid.EXTRA_DATA_TOO_LONG, f"{len(header.extra_data)} bytes")


def check_gas_limit(fork: Fork, parent: Header, header: Header) -> None:
    """The gas limit moves by less than 1/1024 of the parent's."""
    # rule: evm.header.gas-limit
    check_gas_limit_after(parent.gas_limit, header)


def check_gas_limit_with_elasticity(fork: Fork, parent: Header, header: Header) -> None:
    """As before, but where the base fee begins the parent's gas limit counts double (EIP-1559)."""
    before = parent.gas_limit
    if parent.base_fee_per_gas is None:
        # rule: evm.header.gas-limit-elasticity
        # source: EIP-1559, specification
        before *= ELASTICITY
    check_gas_limit_after(before, header)


def check_gas_limit_after(before: int, header: Header) -> None:
    """The gas limit must be close to ``before``, and in the range that every block's is in."""
    if header.gas_limit > GAS_LIMIT_MAXIMUM:
        # rule: evm.header.gas-limit-maximum
        # source: EIP-1985, specification
        raise Rejection(Invalid.GAS_LIMIT_TOO_LARGE, f"{header.gas_limit}")
    if abs(header.gas_limit - before) >= before // GAS_LIMIT_BOUND_DIVISOR or header.gas_limit < GAS_LIMIT_MINIMUM:
        # rule: evm.header.gas-limit-bounds
        raise Rejection(Invalid.INVALID_GAS_LIMIT, f"{header.gas_limit} after {before}")


def check_gas_used(fork: Fork, parent: Header, header: Header) -> None:
    """A block uses no more gas than its limit."""
    if header.gas_used > header.gas_limit:
        # rule: evm.header.gas-used
        raise Rejection(Invalid.GAS_USED_OVER_LIMIT, f"{header.gas_used} of {header.gas_limit}")


def check_base_fee(fork: Fork, parent: Header, header: Header) -> None:
    """The base fee is the one that the parent sets (EIP-1559)."""
    expected = fork.next_base_fee(parent)
    if header.base_fee_per_gas != expected:
        # rule: evm.header.base-fee
        # source: EIP-1559, specification
        raise Rejection(Invalid.INVALID_BASE_FEE, f"{header.base_fee_per_gas}, not {expected}")


def next_difficulty(fork: Fork, parent: Header, timestamp: int) -> int:
    """The difficulty of the block after ``parent`` (EIP-100 with the bomb of EIP-649 and its delays)."""
    ommer_term = 2 if parent.ommers_hash != empty_ommers_hash() else 1
    step = max(ommer_term - (timestamp - parent.timestamp) // 9, -99)
    # rule: evm.difficulty.step
    # source: EIP-100, specification
    difficulty = parent.difficulty + parent.difficulty // DIFFICULTY_BOUND_DIVISOR * step
    period = max(parent.number + 1 - fork.difficulty_bomb_delay, 0) // BOMB_PERIOD
    if period >= 2:
        # rule: evm.difficulty.bomb
        # source: EIP-649, specification (the delay is in the fork's page)
        difficulty += 2 ** min(period - 2, UNREACHABLE_BOMB)
    return max(difficulty, MINIMUM_DIFFICULTY)


def check_difficulty(fork: Fork, parent: Header, header: Header) -> None:
    """The difficulty is the one that the parent sets."""
    expected = next_difficulty(fork, parent, header.timestamp)
    if header.difficulty != expected:
        # rule: evm.header.difficulty
        # source: yellow paper (Berlin version), section 4.3.4
        raise Rejection(Invalid.INVALID_DIFFICULTY, f"{header.difficulty}, not {expected}")


def check_post_merge_constants(fork: Fork, parent: Header, header: Header) -> None:
    """Under proof of stake there is no difficulty, no nonce and no ommer (EIP-3675)."""
    if header.difficulty != 0:
        # rule: evm.header.difficulty-not-zero
        # source: EIP-3675, Block structure
        raise Rejection(Invalid.DIFFICULTY_NOT_ZERO, f"{header.difficulty}")
    if header.nonce != bytes(8):
        # rule: evm.header.nonce-not-zero
        # source: EIP-3675, Block structure
        raise Rejection(Invalid.NONCE_NOT_ZERO, f"0x{header.nonce.hex()}")
    if header.ommers_hash != empty_ommers_hash():
        # rule: evm.header.ommers-not-empty
        # source: EIP-3675, Block structure
        raise Rejection(Invalid.OMMERS_NOT_EMPTY)


def check_excess_blob_gas(fork: Fork, parent: Header, header: Header) -> None:
    """The excess blob gas is the one that the parent sets (EIP-4844)."""
    expected = fork.next_excess_blob_gas(fork, parent)
    if header.excess_blob_gas != expected:
        # rule: evm.header.excess-blob-gas
        # source: EIP-4844, Execution layer validation
        raise Rejection(Invalid.INVALID_EXCESS_BLOB_GAS, f"{header.excess_blob_gas}, not {expected}")


def check_withdrawals_presence(fork: Fork, block: Block, size: int) -> None:
    """A body has a list of withdrawals just where the header commits to one (EIP-4895)."""
    if (block.header.withdrawals_root is None) != (block.withdrawals is None):
        # rule: evm.block.withdrawals-presence
        # source: EIP-4895, specification
        raise Rejection(Invalid.MALFORMED_BLOCK, "the header and the body differ about having withdrawals")


def check_blob_gas_used(fork: Fork, block: Block, size: int) -> None:
    """The header says how much blob gas the transactions use (EIP-4844)."""
    blobs = sum(
        len(transaction.blob_versioned_hashes)
        for transaction in block.transactions
        if isinstance(transaction, BlobTransaction)
    )
    if fork.blob_schedule is not None and blobs > fork.blob_schedule.maximum:
        # rule: evm.block.blobs-over-maximum
        # source: EIP-4844, Execution layer validation
        raise Rejection(Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED, f"{blobs} blobs of {fork.blob_schedule.maximum}")
    if block.header.blob_gas_used != blobs * GAS_PER_BLOB:
        # rule: evm.block.blob-gas-used
        # source: EIP-4844, Execution layer validation
        raise Rejection(Invalid.INVALID_BLOB_GAS_USED, f"{block.header.blob_gas_used}, not {blobs * GAS_PER_BLOB}")


def check_block_size(fork: Fork, block: Block, size: int) -> None:
    """The RLP of a block is limited (EIP-7934)."""
    if fork.block_size_limit is not None and size > fork.block_size_limit:
        # rule: evm.block.size
        # source: EIP-7934, specification
        raise Rejection(Invalid.BLOCK_TOO_LARGE, f"{size} bytes of {fork.block_size_limit}")
