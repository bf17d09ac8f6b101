"""Signed transactions of all three versions, and the bytes that stand for them."""

# source: Solana SDK, transaction/src/versioned/mod.rs, message/src/versions/mod.rs; SIMD-0385

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from blake3 import blake3

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import ADDRESS_BYTES
from samestate.spec.svm.message import (
    CompiledInstruction,
    Config,
    MessageHeader,
    TableLookup,
    TransactionMessage,
    Version,
)
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.short_vec import decode_length, encode_length

SIGNATURE_BYTES: Final = 64
HASH_BYTES: Final = 32
VERSIONED: Final = 0x80
"""A message whose first byte has this bit says its version in the other seven; without it the message is legacy."""
VERSION_1: Final = 0x81
"""The first byte of a transaction of version 1, whose signatures come last."""
MESSAGE_HASH_PREFIX: Final = b"solana-tx-message-v1"

PRIORITY_FEE_BITS: Final = 0b11
COMPUTE_UNIT_LIMIT_BIT: Final = 0b100
LOADED_SIZE_LIMIT_BIT: Final = 0b1000
HEAP_SIZE_BIT: Final = 0b10000
_KNOWN_BITS: Final = 0b11111


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A message and its signatures, as decoded: their number need not fit the message."""

    signatures: tuple[bytes, ...]
    message: TransactionMessage
    signed: bytes = field(repr=False)
    """The bytes of the message: what the signatures sign."""
    message_hash: bytes = field(init=False, repr=False, compare=False)
    """What tells one message from another, in whatever blocks they are."""

    def __post_init__(self) -> None:
        # rule: svm.message.hash
        # source: Solana SDK, message/src/versions/mod.rs, hash_raw_message
        object.__setattr__(self, "message_hash", blake3(MESSAGE_HASH_PREFIX + self.signed).digest())

    @property
    def size(self) -> int:
        """How many bytes stand for it on the wire."""
        count = 0 if self.message.version == 1 else 1
        return count + SIGNATURE_BYTES * len(self.signatures) + len(self.signed)


def transaction_of(message: TransactionMessage, signatures: tuple[bytes, ...]) -> SignedTransaction:
    """A transaction from its parts."""
    return SignedTransaction(signatures, message, encode_message(message))


# Encoding


def encode_transaction(transaction: SignedTransaction) -> bytes:
    """The bytes of a transaction on the wire."""
    signatures = b"".join(transaction.signatures)
    if transaction.message.version == 1:
        # rule: svm.wire.v1-signatures-last
        return transaction.signed + signatures
    return bytes([len(transaction.signatures)]) + signatures + transaction.signed


def encode_message(message: TransactionMessage) -> bytes:
    """The bytes that are signed. Raises ValueError or OverflowError where something does not fit its field."""
    for content in (*message.keys, message.blockhash, *(lookup.table for lookup in message.lookups)):
        if len(content) != HASH_BYTES:
            raise ValueError(f"keys, tables and blockhashes have {HASH_BYTES} bytes, and not {len(content)}")
    if message.version == 1:
        return _encode_version_1(message)
    parts = [b"" if message.version == "legacy" else bytes([VERSIONED | message.version])]
    parts += [_encode_header(message.header), encode_length(len(message.keys)), *message.keys, message.blockhash]
    parts += [encode_length(len(message.instructions))]
    for instruction in message.instructions:
        parts += [bytes([instruction.program]), _encode_bytes(instruction.accounts), _encode_bytes(instruction.data)]
    if message.version == 0:
        parts += [encode_length(len(message.lookups))]
        for lookup in message.lookups:
            parts += [lookup.table, _encode_bytes(lookup.writable), _encode_bytes(lookup.readonly)]
    return b"".join(parts)


def _encode_header(header: MessageHeader) -> bytes:
    return bytes([header.required_signatures, header.readonly_signed, header.readonly_unsigned])


def _encode_bytes(content: bytes) -> bytes:
    return encode_length(len(content)) + content


def _encode_version_1(message: TransactionMessage) -> bytes:
    config = message.config or Config()
    mask, values = 0, b""
    for bits, value, size in (
        (PRIORITY_FEE_BITS, config.priority_fee, 8),
        (COMPUTE_UNIT_LIMIT_BIT, config.compute_unit_limit, 4),
        (LOADED_SIZE_LIMIT_BIT, config.loaded_size_limit, 4),
        (HEAP_SIZE_BIT, config.heap_size, 4),
    ):
        if value is not None:
            mask |= bits
            values += value.to_bytes(size, "little")
    parts = [bytes([VERSION_1]), _encode_header(message.header), mask.to_bytes(4, "little"), message.blockhash]
    parts += [bytes([len(message.instructions), len(message.keys)]), *message.keys, values]
    for instruction in message.instructions:
        parts += [bytes([instruction.program, len(instruction.accounts)]), len(instruction.data).to_bytes(2, "little")]
    for instruction in message.instructions:
        parts += [instruction.accounts, instruction.data]
    return b"".join(parts)


# Decoding


def decode_transaction(wire: bytes) -> SignedTransaction:
    """The transaction that is exactly these bytes. Raises Rejection where they are none."""
    transaction, end = read_transaction(wire, 0)
    if end != len(wire):
        # rule: svm.wire.trailing-bytes
        raise Rejection(Invalid.MALFORMED_TRANSACTION, f"{len(wire) - end} bytes after its end")
    return transaction


def read_transaction(content: bytes, start: int) -> tuple[SignedTransaction, int]:
    """The transaction that begins at ``start``, and where it ends. Raises Rejection where there is none."""
    reader = _WireReader(content, start)
    try:
        transaction = _read_version_1(reader) if reader.is_next(VERSION_1) else _read_older(reader)
    except ValueError as error:
        # rule: svm.wire.malformed
        raise Rejection(Invalid.MALFORMED_TRANSACTION, str(error)) from error
    return transaction, reader.place


class _WireReader:
    """Bytes that are read from the front. Raises ValueError where they end too early."""

    __slots__ = ("content", "place")

    def __init__(self, content: bytes, start: int) -> None:
        self.content = content
        self.place = start

    def is_next(self, byte: int) -> bool:
        """Whether the next byte is this one."""
        return self.content[self.place : self.place + 1] == bytes([byte])

    def take(self, count: int) -> bytes:
        """The next bytes, so many."""
        start, self.place = self.place, self.place + count
        if self.place > len(self.content):
            # rule: svm.wire.ends
            raise ValueError(f"the input ends {self.place - len(self.content)} bytes too early")
        return self.content[start : self.place]

    def byte(self) -> int:
        """The next byte, as a number."""
        return self.take(1)[0]

    def length(self) -> int:
        """The next length, of one to three bytes."""
        length, self.place = decode_length(self.content, self.place)
        return length

    def counted(self) -> bytes:
        """A length, and so many bytes."""
        return self.take(self.length())

    def number(self, size: int) -> int:
        """The next bytes as a little-endian number."""
        return int.from_bytes(self.take(size), "little")

    def fixed(self, count: int, size: int) -> tuple[bytes, ...]:
        """So many pieces of one size."""
        pieces = self.take(count * size)
        return tuple(pieces[start : start + size] for start in range(0, len(pieces), size))

    def header(self) -> MessageHeader:
        """The three numbers with which every message begins."""
        return MessageHeader(*self.take(3))


def _read_older(reader: _WireReader) -> SignedTransaction:
    """A transaction whose signatures come first: legacy, or of version 0."""
    count = reader.byte()
    if count >= VERSIONED:
        # rule: svm.wire.first-byte
        raise ValueError(f"the first byte, 0x{count:02x}, is neither a number of signatures nor a known version")
    signatures = reader.fixed(count, SIGNATURE_BYTES)
    start = reader.place
    version: Version = "legacy"
    if reader.content[start : start + 1] >= bytes([VERSIONED]):
        number = reader.byte() & ~VERSIONED
        if number != 0:
            # rule: svm.wire.unknown-version
            raise ValueError(f"version {number} of messages is not known")
        version = 0
    header = reader.header()
    keys = reader.fixed(reader.length(), ADDRESS_BYTES)
    blockhash = reader.take(HASH_BYTES)
    instructions = tuple(
        CompiledInstruction(reader.byte(), reader.counted(), reader.counted()) for _ in range(reader.length())
    )
    lookups: tuple[TableLookup, ...] = ()
    if version == 0:
        lookups = tuple(
            TableLookup(reader.take(ADDRESS_BYTES), reader.counted(), reader.counted()) for _ in range(reader.length())
        )
    message = TransactionMessage(version, header, keys, blockhash, instructions, lookups)
    return SignedTransaction(signatures, message, reader.content[start : reader.place])


def _read_version_1(reader: _WireReader) -> SignedTransaction:
    """A transaction of version 1: counts first, then all of one kind after another, and the signatures last."""
    start = reader.place
    reader.byte()
    header, mask, blockhash = reader.header(), reader.number(4), reader.take(HASH_BYTES)
    if mask & ~_KNOWN_BITS or mask & PRIORITY_FEE_BITS not in (0, PRIORITY_FEE_BITS):
        # rule: svm.wire.v1-mask
        raise ValueError(f"the mask 0b{mask:b} names no configuration")
    count, keys = reader.byte(), reader.fixed(reader.byte(), ADDRESS_BYTES)
    config = Config(
        priority_fee=reader.number(8) if mask & PRIORITY_FEE_BITS else None,
        compute_unit_limit=reader.number(4) if mask & COMPUTE_UNIT_LIMIT_BIT else None,
        loaded_size_limit=reader.number(4) if mask & LOADED_SIZE_LIMIT_BIT else None,
        heap_size=reader.number(4) if mask & HEAP_SIZE_BIT else None,
    )
    heads = [(reader.byte(), reader.byte(), reader.number(2)) for _ in range(count)]
    instructions = tuple(
        CompiledInstruction(program, reader.take(accounts), reader.take(length)) for program, accounts, length in heads
    )
    signed = reader.content[start : reader.place]
    signatures = reader.fixed(header.required_signatures, SIGNATURE_BYTES)
    return SignedTransaction(
        signatures, TransactionMessage(1, header, keys, blockhash, instructions, (), config), signed
    )
