"""Messages on the EVM: read from the logs of an outbox, written as signed calls of a recipient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from coincurve import PrivateKey

from samestate.optimized.chains.router import Note
from samestate.optimized.words.keccak import keccak

LONGEST: Final = 1024
EVENT: Final = keccak(b"MessageSent(uint32,uint64,bytes)")
SELECTOR: Final = keccak(b"receiveMessage(uint32,uint64,bytes)")[:4]
LAST_NONCE: Final = 2**64 - 1

PlainLog = tuple[bytes, Sequence[bytes], bytes]
"""Address, topics and data."""


def notes(outbox: bytes, receipts: Iterable[Iterable[PlainLog]]) -> Iterator[Note]:
    """The messages among the logs of a block, by transaction."""
    for transaction, logs in enumerate(receipts):
        for place, (address, topics, data) in enumerate(logs):
            if address == outbox and len(topics) == 3 and topics[0] == EVENT and is_one_argument(data):
                domain, sequence = (int.from_bytes(topic, "big") for topic in topics[1:])
                yield Note(transaction, place, domain, sequence, data[64 : 64 + int.from_bytes(data[32:64], "big")])


def is_one_argument(data: bytes) -> bool:
    """Whether data is the encoding of one argument of bytes: offset, length, content, zeros up to a word, no more."""
    if len(data) < 64 or data[:32] != bytes(31) + b"\x20":
        return False
    length, content = int.from_bytes(data[32:64], "big"), len(data) - 64
    return content % 32 == 0 and content - 32 < length <= content and not any(data[64 + length :])


def address_of(key: bytes) -> bytes:
    """The address of a private key."""
    return keccak(PrivateKey(key).public_key.format(False)[1:])[12:]


def call(
    key: bytes,
    chain_id: int,
    nonce: int,
    gas: tuple[int, int],
    recipient: bytes,
    message: tuple[int, int, bytes],
) -> bytes:
    """The bytes of the signed transaction that delivers a message: its domain, number and payload.

    ``gas``: its limit and its price. A nonce that does not fit becomes the last one, with which nothing is included.
    """
    domain, sequence, payload = message
    words = (domain, sequence, 96, len(payload))
    data = SELECTOR + b"".join(word.to_bytes(32, "big") for word in words) + payload + bytes(-len(payload) % 32)
    fields = [short(min(nonce, LAST_NONCE)), short(gas[1]), short(gas[0]), recipient, b"", data]
    digest = keccak(rlp_list([*fields, short(chain_id), b"", b""]))
    signature = PrivateKey(key).sign_recoverable(digest, hasher=None)
    v = 35 + 2 * chain_id + signature[64]
    return rlp_list([*fields, short(v), signature[:32].lstrip(b"\x00"), signature[32:64].lstrip(b"\x00")])


def short(number: int) -> bytes:
    """A number in as few bytes as it has, zero in none."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def rlp_list(items: Iterable[bytes]) -> bytes:
    """The RLP of a list of strings."""
    content = b"".join(item if len(item) == 1 and item[0] < 0x80 else headed(0x80, item) for item in items)
    return headed(0xC0, content)


def headed(kind: int, content: bytes) -> bytes:
    """Content after its RLP head."""
    if len(content) < 56:
        return bytes([kind + len(content)]) + content
    length = short(len(content))
    return bytes([kind + 55 + len(length)]) + length + content
