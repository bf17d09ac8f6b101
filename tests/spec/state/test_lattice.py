"""The lattice hash: sums of many numbers at once, which wrap each by itself."""

from __future__ import annotations

import struct
from hashlib import sha256

from blake3 import blake3

from samestate.spec.state.lattice import (
    EMPTY,
    LATTICE_BYTES,
    add,
    checksum,
    from_bytes,
    lattice_of,
    subtract,
    to_bytes,
)

NUMBERS = struct.Struct("<1024H")


def numbers(lattice: int) -> tuple[int, ...]:
    return NUMBERS.unpack(to_bytes(lattice))


def test_sums_are_taken_number_by_number() -> None:
    one, other = lattice_of(b"one"), lattice_of(b"other")
    pairs = list(zip(numbers(one), numbers(other), strict=True))
    assert numbers(add(one, other)) == tuple((a + b) % 2**16 for a, b in pairs)
    assert numbers(subtract(one, other)) == tuple((a - b) % 2**16 for a, b in pairs)


def test_numbers_at_their_ends() -> None:
    for left in (0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF):
        for right in (0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF):
            for mixed in ([left, right], [right, left], [left, left]):
                a = from_bytes(NUMBERS.pack(*(mixed * 512)))
                b = from_bytes(NUMBERS.pack(*(mixed[::-1] * 512)))
                assert numbers(add(a, b)) == tuple((x + y) % 2**16 for x, y in zip(numbers(a), numbers(b), strict=True))
                assert numbers(subtract(a, b)) == tuple(
                    (x - y) % 2**16 for x, y in zip(numbers(a), numbers(b), strict=True)
                )


def test_order_does_not_matter_and_what_was_added_can_be_taken_out() -> None:
    entries = [lattice_of(sha256(bytes([number])).digest()) for number in range(40)]
    forwards = backwards = EMPTY
    for entry in entries:
        forwards = add(forwards, entry)
    for entry in reversed(entries):
        backwards = add(backwards, entry)
    assert forwards == backwards
    for entry in entries:
        forwards = subtract(forwards, entry)
    assert forwards == EMPTY


def test_an_entry_and_the_checksum_are_blake3() -> None:
    entry = lattice_of(b"hello")
    assert to_bytes(entry) == blake3(b"hello").digest(length=LATTICE_BYTES)
    assert from_bytes(to_bytes(entry)) == entry
    # blake3 of 2,048 zero bytes
    assert checksum(EMPTY) == blake3(bytes(2048)).digest()
    assert to_bytes(EMPTY) == bytes(2048)
