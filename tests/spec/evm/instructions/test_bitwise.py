"""Bits, against words written out as 256 characters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from samestate.spec.evm.instructions import bitwise, count_leading_zeros

MOST = 2**256 - 1
WORDS = st.sampled_from((0, 1, 2**255 - 1, 2**255, MOST)) | st.integers(0, MOST)
DISTANCES = st.integers(0, 300) | WORDS
Result = Callable[..., int]


def bits(word: int) -> str:
    return f"{word:0256b}"


@given(WORDS, WORDS)
def test_and_or_xor_not(result: Result, left: int, right: int) -> None:
    pairs = list(zip(bits(left), bits(right), strict=True))
    assert bits(result(bitwise.bitwise_and, left, right)) == "".join("01"[pair == ("1", "1")] for pair in pairs)
    assert bits(result(bitwise.bitwise_or, left, right)) == "".join("01"["1" in pair] for pair in pairs)
    assert bits(result(bitwise.bitwise_xor, left, right)) == "".join("01"[one != other] for one, other in pairs)
    assert bits(result(bitwise.bitwise_not, left)) == bits(left).translate(str.maketrans("01", "10"))


@given(st.integers(0, 40) | WORDS, WORDS)
@example(31, MOST)
@example(32, MOST)
def test_bytes_count_from_the_highest(result: Result, index: int, word: int) -> None:
    assert result(bitwise.byte, index, word) == dict(enumerate(word.to_bytes(32, "big"))).get(index, 0)


@given(DISTANCES, WORDS)
@example(0, MOST)
@example(255, MOST)
@example(256, MOST)
@example(256, 2**255)
@example(256, 2**255 - 1)
@example(MOST, MOST)
def test_shifts_fill_with_zeros_or_with_the_sign(result: Result, distance: int, word: int) -> None:
    moved = min(distance, 256)
    assert bits(result(bitwise.shift_left, distance, word)) == bits(word)[moved:] + "0" * moved
    assert bits(result(bitwise.shift_right, distance, word)) == "0" * moved + bits(word)[: 256 - moved]
    sign = bits(word)[0]
    assert bits(result(bitwise.arithmetic_shift_right, distance, word)) == sign * moved + bits(word)[: 256 - moved]


@given(WORDS, st.integers(0, 256))
def test_leading_zeros(result: Result, word: int, distance: int) -> None:
    word >>= distance
    assert result(count_leading_zeros, word) == len(bits(word)) - len(bits(word).lstrip("0"))


@pytest.mark.parametrize(("word", "zeros"), [(0, 256), (1, 255), (2**255 - 1, 1), (2**255, 0), (MOST, 0)])
def test_leading_zeros_as_the_eip_lists_them(result: Result, word: int, zeros: int) -> None:
    assert result(count_leading_zeros, word) == zeros
