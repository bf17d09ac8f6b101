"""Words, the numbers of the toy machine, and their canonical bytes."""

from __future__ import annotations

from typing import Final

from samestate.spec.machine import Value

WORD_MODULUS: Final = 2**256
UINT64_MODULUS: Final = 2**64
BALANCE_MODULUS: Final = 2**128
"""Balances before a block are below this. No sum of fees and withdrawals then reaches the end of a word."""
WORD_BYTES: Final = 32


def to_value(number: int) -> Value:
    """The canonical bytes of a number: as few as can be, big-endian. Zero is absent."""
    if number == 0:
        return None
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def from_value(value: Value) -> int:
    """The number of which these are the canonical bytes."""
    return int.from_bytes(value or b"", "big")


def check_number(name: str, number: int, modulus: int) -> None:
    """Raise ValueError where a number from outside is none, is negative or does not fit."""
    if type(number) is not int:
        raise ValueError(f"{name}: {number!r} is no whole number")
    if not 0 <= number < modulus:
        raise ValueError(f"{name}: {number} does not fit {modulus.bit_length() - 1} bits")
