"""The form of all commitments: Keccak-256 of an RLP list whose first item is a word that says what is committed to."""

from __future__ import annotations

from typing import Final

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rlp import Item, encode

NO_PARENT: Final = bytes(32)
"""In the place of the frame that began another, where no frame did."""


def commit(word: str, *items: Item) -> bytes:
    """The commitment to some items, apart from all that are of another kind."""
    return keccak256(encode([word.encode(), *items]))


def signed(number: int) -> Item:
    """A number that may be negative: its sign and its absolute value."""
    return [b"\x01" if number < 0 else b"", natural(abs(number))]


def natural(number: int) -> bytes:
    """A number as its shortest big-endian bytes: none at all for zero, of any size."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def chained(before: bytes, root: bytes) -> bytes:
    """The commitment to a history: to the one before it, and to where that has led."""
    return commit("then", before, root)
