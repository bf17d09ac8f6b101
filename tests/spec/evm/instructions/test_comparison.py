"""Comparison, against Python's own of numbers read from bytes."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from samestate.spec.evm.instructions import comparison

MOST = 2**256 - 1
WORDS = st.sampled_from((0, 1, 2**255 - 1, 2**255, 2**255 + 1, MOST)) | st.integers(0, MOST)
Result = Callable[..., int]


def signed(word: int) -> int:
    return int.from_bytes(word.to_bytes(32, "big"), "big", signed=True)


@given(WORDS, WORDS)
@example(5, 5)
@example(MOST, MOST)
def test_exactly_one_of_less_equal_greater(result: Result, left: int, right: int) -> None:
    assert result(comparison.less_than, left, right) == (left.to_bytes(32, "big") < right.to_bytes(32, "big"))
    assert result(comparison.greater_than, left, right) == result(comparison.less_than, right, left)
    assert result(comparison.equal, left, right) == (left.to_bytes(32, "big") == right.to_bytes(32, "big"))
    less_equal_greater = (comparison.less_than, comparison.equal, comparison.greater_than)
    assert sum(result(instruction, left, right) for instruction in less_equal_greater) == 1


@given(WORDS, WORDS)
@example(0, MOST)
@example(2**255, 2**255 - 1)
@example(MOST, MOST)
def test_signed_order(result: Result, left: int, right: int) -> None:
    assert result(comparison.signed_less_than, left, right) == (signed(left) < signed(right))
    assert result(comparison.signed_greater_than, left, right) == (signed(left) > signed(right))


@given(WORDS)
def test_only_zero_is_zero(result: Result, word: int) -> None:
    assert result(comparison.is_zero, word) == (1 if word == 0 else 0)
