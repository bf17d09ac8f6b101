"""BLAKE3 and the lattice hash, with vectors of every width that this processor has."""

from __future__ import annotations

import random

import blake3 as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.svm.primitives import LatticeTerms, blake3, blake3_many, blake3_widths, lattice_checksum

EVERY_WIDTH = pytest.mark.parametrize("lanes", blake3_widths())
EMPTY = bytes(2048)
CHUNK = 1024
LENGTHS = sorted(
    {0, 1, 63, 64, 65, 127, 128, 129, CHUNK - 1, 16 * CHUNK + 5, 255 * CHUNK + 1, 513 * CHUNK}
    | {chunks * CHUNK + more for chunks in (1, 2, 3, 15, 16, 17, 31, 256, 257, 258, 512) for more in (0, 1)}
)

PlainAccount = tuple[int, bytes, bool, bytes, bytes]


def pattern(length: int) -> bytes:
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def account(seed: int, length: int, lamports: int = 1) -> PlainAccount:
    source = random.Random(seed)
    return lamports, source.randbytes(length), source.random() < 0.5, source.randbytes(32), source.randbytes(32)


def add_to_lattice(
    lattice: bytes, added: list[PlainAccount], subtracted: list[PlainAccount], workers: int = 1, lanes: int = 0
) -> bytes:
    return LatticeTerms(added, subtracted).add_to(lattice, workers, lanes)


def vector(entry: PlainAccount) -> list[int]:
    """An account's 1,024 numbers, by the library."""
    lamports, data, executable, owner, address = entry
    if lamports == 0:
        return [0] * 1024
    message = lamports.to_bytes(8, "little") + data + bytes([executable]) + owner + address
    output = library.blake3(message).digest(2048)
    return [int.from_bytes(output[i : i + 2], "little") for i in range(0, 2048, 2)]


def total(added: list[PlainAccount], subtracted: list[PlainAccount]) -> bytes:
    numbers = [0] * 1024
    for sign, entries in ((1, added), (-1, subtracted)):
        for entry in entries:
            numbers = [(one + sign * other) % 2**16 for one, other in zip(numbers, vector(entry), strict=True)]
    return b"".join(number.to_bytes(2, "little") for number in numbers)


@EVERY_WIDTH
@pytest.mark.parametrize("length", LENGTHS)
def test_lengths(lanes: int, length: int) -> None:
    data = pattern(length)
    expected = library.blake3(data)
    assert blake3([data], 32, lanes) == expected.digest()
    assert blake3([data], 2048, lanes) == expected.digest(2048)


@EVERY_WIDTH
@given(st.lists(st.binary(max_size=3000), max_size=6), st.integers(0, 300))
def test_pieces(lanes: int, pieces: list[bytes], length: int) -> None:
    assert blake3(pieces, length, lanes) == library.blake3(b"".join(pieces)).digest(length)


@EVERY_WIDTH
def test_many_at_once(lanes: int) -> None:
    source = random.Random(1)
    messages = [pattern(source.randrange(1300)) for _ in range(500)] + [pattern(length) for length in range(140)]
    assert blake3_many(messages, lanes) == [library.blake3(message).digest() for message in messages]


def test_a_width_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="there is no BLAKE3 with 5 lanes here"):
        blake3([b""], 32, 5)


@EVERY_WIDTH
@pytest.mark.parametrize("length", [0, 55, 56, 165, 900, 950, 951, 952, 2000, 10_000, 300_000])
def test_an_account(lanes: int, length: int) -> None:
    entry = account(length, length)
    assert add_to_lattice(EMPTY, [entry], [], 1, lanes) == total([entry], [])


@EVERY_WIDTH
@pytest.mark.parametrize("workers", [1, 3])
def test_sums_and_differences(lanes: int, workers: int) -> None:
    source = random.Random(2)
    added = [account(seed, source.choice([0, 0, 80, 165, 200, 951, 1500])) for seed in range(150)]
    subtracted = [account(seed, source.choice([0, 80, 165, 700])) for seed in range(1000, 1090)]
    expected = total(added, subtracted)
    assert add_to_lattice(EMPTY, added, subtracted, workers, lanes) == expected
    # Taken out again, nothing is left.
    assert add_to_lattice(expected, subtracted, added, workers, lanes) == EMPTY


def test_an_account_without_lamports_counts_nothing() -> None:
    assert add_to_lattice(EMPTY, [account(1, 100, lamports=0)], []) == EMPTY


def test_ten_mebibytes() -> None:
    entry = account(1, 10 << 20)
    assert add_to_lattice(EMPTY, [entry], []) == total([entry], [])


def test_checksum() -> None:
    lattice = total([account(1, 5)], [])
    assert lattice_checksum(lattice) == library.blake3(lattice).digest()


def test_what_is_no_lattice_hash() -> None:
    with pytest.raises(ValueError, match="a lattice hash must be 2048 bytes, not 3"):
        add_to_lattice(b"abc", [], [])
    with pytest.raises(ValueError, match="an owner must be 32 bytes, not 0"):
        add_to_lattice(EMPTY, [(1, b"", False, b"", bytes(32))], [])


def test_a_limit_of_time() -> None:
    with pytest.raises(TimeoutError):
        LatticeTerms([account(1, 1 << 20)] * 2000, []).add_to(EMPTY, 2, seconds=0.001)
