"""What a precompile is: a contract whose code is a native function of its input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Precompile:
    """A native function with a price.

    ``gas`` gives the price of an input, whatever the input. ``run`` gives the output, or raises PrecompileFailure and
    nothing else; it is called only once the price has been paid, which bounds the work that it does.
    """

    name: str
    gas: Callable[[bytes], int]
    run: Callable[[bytes], bytes]


class PrecompileFailure(Exception):  # noqa: N818 - the word for it in the EIPs
    """The input is not one that the precompile accepts: the call fails and consumes all gas it was given."""


def padded(data: bytes, start: int, length: int) -> bytes:
    """``length`` bytes of ``data`` from ``start`` on, where zeros follow the end of the data without end."""
    return data[start : start + length].ljust(length, b"\x00")


def word(data: bytes, start: int) -> int:
    """The 32 bytes of ``data`` from ``start`` on, zeros after its end, as an unsigned big-endian integer."""
    return int.from_bytes(padded(data, start, 32), "big")
