"""Lengths in the wire format: 16 bits in groups of 7, the low ones first, with one way to write each."""

# source: Solana SDK, short-vec/src/lib.rs

from __future__ import annotations

from typing import Final

MAXIMUM: Final = 2**16 - 1
_MORE: Final = 0x80
_LONGEST: Final = 3


def encode_length(length: int) -> bytes:
    """The bytes of a length. Raises ValueError where it does not fit 16 bits."""
    if not 0 <= length <= MAXIMUM:
        raise ValueError(f"{length} does not fit a length of 16 bits")
    encoded = bytearray()
    while length >= _MORE:
        encoded.append(length & 0x7F | _MORE)
        length >>= 7
    return bytes((*encoded, length))


def decode_length(content: bytes, start: int) -> tuple[int, int]:
    """The length that begins at ``start``, and where it ends. Raises ValueError where there is none."""
    length = 0
    for place in range(_LONGEST):
        if start + place >= len(content):
            # rule: svm.short-vec.ends
            raise ValueError("the input ends within a length")
        byte = content[start + place]
        if byte == 0 and place > 0:
            # rule: svm.short-vec.alias
            raise ValueError("a length ends with a byte that adds nothing to it")
        length |= (byte & 0x7F) << (7 * place)
        if byte < _MORE:
            if length > MAXIMUM:
                # rule: svm.short-vec.overflow
                raise ValueError(f"{length} is a length beyond 16 bits")
            return length, start + place + 1
    # rule: svm.short-vec.too-long
    raise ValueError("a length goes on after its third byte")
