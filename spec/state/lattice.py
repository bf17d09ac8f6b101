"""The lattice hash: a commitment to a set of entries that takes in and gives back each by itself, in any order.

Each entry stands for 1,024 numbers of 16 bits, drawn from BLAKE3; a set is their sum, number by number, modulo 2^16.
"""

# source: SIMD-0215

from __future__ import annotations

from typing import Final

from blake3 import blake3

LATTICE_BYTES: Final = 2_048
_NUMBERS: Final = LATTICE_BYTES // 2

EMPTY: Final = 0
"""The sum of no entry."""

# Numbers lie side by side in one large integer. Every second one is added by itself, so that what a sum carries over
# falls between, and is cut off.
_EVEN: Final = int.from_bytes(b"\xff\xff\x00\x00" * (_NUMBERS // 2), "little")
_ODD: Final = _EVEN << 16
_ABOVE_EVEN: Final = int.from_bytes(b"\x00\x00\x01\x00" * (_NUMBERS // 2), "little")
_ABOVE_ODD: Final = _ABOVE_EVEN << 16


def lattice_of(entry: bytes) -> int:
    """What an entry stands for."""
    # rule: lattice.entry
    return int.from_bytes(blake3(entry).digest(length=LATTICE_BYTES), "little")


def add(lattice: int, other: int) -> int:
    """The sum of two, number by number."""
    # rule: lattice.sum
    return ((lattice & _EVEN) + (other & _EVEN)) & _EVEN | ((lattice & _ODD) + (other & _ODD)) & _ODD


def subtract(lattice: int, other: int) -> int:
    """What was added to ``other`` to make ``lattice``."""
    even = ((lattice & _EVEN) + _ABOVE_EVEN - (other & _EVEN)) & _EVEN
    # rule: lattice.difference
    return even | ((lattice & _ODD) + _ABOVE_ODD - (other & _ODD)) & _ODD


def to_bytes(lattice: int) -> bytes:
    """Its numbers, little-endian."""
    return lattice.to_bytes(LATTICE_BYTES, "little")


def from_bytes(content: bytes) -> int:
    """The lattice of 2,048 bytes. Raises ValueError where there are not so many."""
    if len(content) != LATTICE_BYTES:
        raise ValueError(f"a lattice has {LATTICE_BYTES} bytes, not {len(content)}")
    return int.from_bytes(content, "little")


def checksum(lattice: int) -> bytes:
    """32 bytes that stand for it where people compare."""
    # rule: lattice.checksum
    return blake3(to_bytes(lattice)).digest()
