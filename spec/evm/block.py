"""Headers, bodies and their encodings (yellow paper, section 4.4)."""

# source: yellow paper, section 4.4.3

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from samestate.spec.evm import rlp
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction import (
    Transaction,
    decode_transaction,
    encode_transaction,
    legacy_from_item,
    transaction_item,
)
from samestate.spec.machine import Rejection
from samestate.spec.state.patricia import ordered_trie_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a block, with the fields of every fork; those that its fork does not have are None.

    ``prev_randao`` is the mix hash before Paris; ``bloom`` has 256 bytes, ``nonce`` 8.
    """

    parent_hash: bytes
    ommers_hash: bytes
    coinbase: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    prev_randao: bytes
    nonce: bytes
    base_fee_per_gas: int | None = None
    withdrawals_root: bytes | None = None
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None
    parent_beacon_block_root: bytes | None = None
    requests_hash: bytes | None = None
    block_access_list_hash: bytes | None = None
    slot_number: int | None = None

    def fields(self) -> list[bytes | int]:
        """The fields that this header has, in the order of the encoding."""
        values: list[bytes | int | None] = [getattr(self, name) for name, _ in HEADER_FIELDS]
        return [value for value in values if value is not None]

    def hash(self) -> bytes:
        """The hash that names the block."""
        return keccak256(rlp.encode(header_item(self)))


HEADER_FIELDS: tuple[tuple[str, int | str], ...] = (
    ("parent_hash", "32"),
    ("ommers_hash", "32"),
    ("coinbase", "20"),
    ("state_root", "32"),
    ("transactions_root", "32"),
    ("receipts_root", "32"),
    ("bloom", "256"),
    ("difficulty", 32),
    ("number", 8),
    ("gas_limit", 8),
    ("gas_used", 8),
    ("timestamp", 8),
    ("extra_data", "any"),
    ("prev_randao", "32"),
    ("nonce", "8"),
    ("base_fee_per_gas", 32),
    ("withdrawals_root", "32"),
    ("blob_gas_used", 8),
    ("excess_blob_gas", 8),
    ("parent_beacon_block_root", "32"),
    ("requests_hash", "32"),
    ("block_access_list_hash", "32"),
    ("slot_number", 8),
)
"""The fields in order: a number is the most bytes that an integer may have, a string the length of bytes."""

FIRST_HEADER_FIELDS = 15


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What the consensus layer pays out, ``amount`` in gwei (EIP-4895)."""

    index: int
    validator_index: int
    address: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Block:
    """A header and its body. ``withdrawals`` is None where the body has no such list."""

    header: Header
    transactions: tuple[Transaction, ...]
    ommers: tuple[Header, ...] = ()
    withdrawals: tuple[Withdrawal, ...] | None = None


def header_item(header: Header) -> rlp.Item:
    """The RLP item of a header."""
    return [value if isinstance(value, bytes) else rlp.integer(value) for value in header.fields()]


def header_from_item(item: rlp.Item) -> Header:
    """The header in an RLP list of 15 fields or more. Raises MalformedRlp."""
    items = rlp.to_list(item, "a header")
    if not FIRST_HEADER_FIELDS <= len(items) <= len(HEADER_FIELDS):
        # rule: evm.header.decode-count
        # source: yellow paper, section 4.4.3 (later fields by the EIPs of the forks' pages)
        raise rlp.MalformedRlp(f"a header of {len(items)} fields, not {FIRST_HEADER_FIELDS} to {len(HEADER_FIELDS)}")
    values: dict[str, bytes | int] = {}
    for value, (name, form) in zip(items, HEADER_FIELDS, strict=False):
        what = f"{name.replace('_', ' ')} of a header"
        if isinstance(form, int):
            values[name] = rlp.to_int(value, form, what)
        else:
            values[name] = rlp.to_bytes(value, what, None if form == "any" else int(form))
    return Header(**values)  # type: ignore[arg-type]


def withdrawal_item(withdrawal: Withdrawal) -> rlp.Item:
    """The RLP item of a withdrawal."""
    return [
        rlp.integer(withdrawal.index),
        rlp.integer(withdrawal.validator_index),
        withdrawal.address,
        rlp.integer(withdrawal.amount),
    ]


def withdrawal_from_item(item: rlp.Item) -> Withdrawal:
    """The withdrawal in an RLP list. Raises MalformedRlp."""
    index, validator, address, amount = rlp.to_list(item, "a withdrawal", 4)
    return Withdrawal(
        index=rlp.to_int(index, 8, "index of a withdrawal"),
        validator_index=rlp.to_int(validator, 8, "validator index of a withdrawal"),
        address=rlp.to_bytes(address, "address of a withdrawal", 20),
        amount=rlp.to_int(amount, 8, "amount of a withdrawal"),
    )


def transaction_from_item(item: rlp.Item) -> Transaction:
    """The transaction in a body: a list is a legacy one, bytes are a typed one. Raises MalformedRlp or Rejection."""
    if not isinstance(item, bytes):
        return legacy_from_item(item)
    if item and item[0] >= 0x80:
        # rule: evm.block.legacy-transaction-as-bytes
        # source: EIP-2718, specification
        raise rlp.MalformedRlp("a transaction that is bytes must begin with its type")
    return decode_transaction(item)


def transactions_from_items(items: Sequence[rlp.Item]) -> tuple[Transaction, ...]:
    """The transactions of a body. A Rejection names the one at fault."""
    transactions = []
    for index, item in enumerate(items):
        try:
            transactions.append(transaction_from_item(item))
        except Rejection as rejection:
            rejection.transaction = index
            raise
    return tuple(transactions)


def decode_block(data: bytes) -> Block:
    """The block in its RLP: header, transactions, ommers, and withdrawals where there are any (EIP-4895).

    Raises Rejection where the bytes are anything else.
    """
    try:
        parts = rlp.to_list(rlp.decode(data), "a block")
        if len(parts) not in (3, 4):
            # rule: evm.block.decode-count
            # source: yellow paper, section 4.4.3; EIP-4895, specification
            raise rlp.MalformedRlp(f"a block of {len(parts)} parts, expected 3 or 4")
        # rule: evm.block.decode
        return Block(
            header=header_from_item(parts[0]),
            transactions=transactions_from_items(rlp.to_list(parts[1], "transactions")),
            ommers=tuple(header_from_item(item) for item in rlp.to_list(parts[2], "ommers")),
            withdrawals=(
                tuple(withdrawal_from_item(item) for item in rlp.to_list(parts[3], "withdrawals"))
                if len(parts) == 4
                else None
            ),
        )
    except rlp.MalformedRlp as error:
        # rule: evm.block.decode-malformed
        raise Rejection(Invalid.MALFORMED_BLOCK, str(error)) from error


def encode_block(block: Block) -> bytes:
    """The RLP of a block."""
    parts: list[rlp.Item] = [
        header_item(block.header),
        [transaction_item(transaction) for transaction in block.transactions],
        [header_item(ommer) for ommer in block.ommers],
    ]
    if block.withdrawals is not None:
        parts.append([withdrawal_item(withdrawal) for withdrawal in block.withdrawals])
    return rlp.encode(parts)


def transactions_root(transactions: Sequence[Transaction]) -> bytes:
    """The root of the trie of a block's transactions."""
    return ordered_trie_root([encode_transaction(transaction) for transaction in transactions])


def withdrawals_root(withdrawals: Sequence[Withdrawal]) -> bytes:
    """The root of the trie of a block's withdrawals (EIP-4895)."""
    return ordered_trie_root([rlp.encode(withdrawal_item(withdrawal)) for withdrawal in withdrawals])


def ommers_hash(ommers: Sequence[Header]) -> bytes:
    """The hash of a block's ommers."""
    return keccak256(rlp.encode([header_item(ommer) for ommer in ommers]))


@lru_cache(maxsize=1)
def empty_ommers_hash() -> bytes:
    """The hash of no ommers."""
    return ommers_hash(())
