"""Messages on the toy: read from the slots that transactions write, written as stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from struct import pack, unpack
from typing import Final

from samestate.optimized.chains.router import Note

LONGEST: Final = 32
OUTBOX_KEY: Final = b"\x03samestate outbox"
"""How the keys of an outbox's slots begin, the byte of slots included."""
INBOX: Final = b"samestate inbox "
LAST_NONCE: Final = 2**64 - 1


def notes(writes: Iterable[Mapping[bytes, bytes | None]]) -> Iterator[Note]:
    """The messages among what the transactions of a block have written."""
    for transaction, written in enumerate(writes):
        mail = sorted((key, value) for key, value in written.items() if key[: len(OUTBOX_KEY)] == OUTBOX_KEY)
        for place, (key, value) in enumerate(mail):
            if value is not None:
                domain, sequence = unpack(">QQ", key[-16:])
                yield Note(transaction, place, domain, sequence, value)


def store(nonce: int, message: tuple[int, int, bytes]) -> tuple[int, int, int]:
    """The nonce of the transaction that delivers a message of that domain, number and payload, its slot and value."""
    domain, sequence, payload = message
    slot = INBOX + pack(">QQ", domain, sequence)
    return min(nonce, LAST_NONCE), int.from_bytes(slot, "big"), int.from_bytes(payload, "big")
