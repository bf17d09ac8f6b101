"""Arithmetic against other ways to say the same: fractions, bytes read as signed, and repeated multiplication."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from samestate.spec.evm.instructions import arithmetic

MOST = 2**256 - 1
LEAST_SIGNED = 2**255
EDGES = (0, 1, 2, 127, 128, 255, 256, 2**128, LEAST_SIGNED - 1, LEAST_SIGNED, LEAST_SIGNED + 1, MOST - 1, MOST)
WORDS = st.sampled_from(EDGES) | st.integers(0, 300) | st.integers(0, MOST)
Result = Callable[..., int]


def signed(word: int) -> int:
    return int.from_bytes(word.to_bytes(32, "big"), "big", signed=True)


def unsigned(number: int) -> int:
    return int.from_bytes(number.to_bytes(32, "big", signed=True), "big")


@given(WORDS, WORDS)
def test_sum_and_difference_undo_each_other(result: Result, left: int, right: int) -> None:
    total = result(arithmetic.add, left, right)
    assert total in (left + right, left + right - 2**256)
    assert result(arithmetic.subtract, total, right) == left


@given(WORDS, WORDS)
def test_product_is_the_low_half_of_the_whole(result: Result, left: int, right: int) -> None:
    assert result(arithmetic.multiply, left, right) == int.from_bytes((left * right).to_bytes(64, "big")[32:], "big")


@given(WORDS, WORDS.filter(bool))
def test_quotient_and_remainder_make_the_dividend(result: Result, dividend: int, divisor: int) -> None:
    quotient = result(arithmetic.divide, dividend, divisor)
    remainder = result(arithmetic.modulo, dividend, divisor)
    assert remainder < divisor
    assert quotient * divisor + remainder == dividend


@given(WORDS, WORDS.filter(bool))
@example(LEAST_SIGNED, 1)
@example(unsigned(-7), unsigned(2))
@example(unsigned(7), unsigned(-2))
@example(unsigned(-7), unsigned(-2))
def test_signed_quotient_is_truncated_and_remainder_has_the_dividends_sign(
    result: Result, dividend: int, divisor: int
) -> None:
    quotient = math.trunc(Fraction(signed(dividend), signed(divisor)))
    remainder = signed(dividend) - quotient * signed(divisor)
    if quotient != 2**255:
        assert result(arithmetic.signed_divide, dividend, divisor) == unsigned(quotient)
    assert result(arithmetic.signed_modulo, dividend, divisor) == unsigned(remainder)


def test_the_one_signed_quotient_that_does_not_fit_wraps_around(result: Result) -> None:
    assert result(arithmetic.signed_divide, LEAST_SIGNED, MOST) == LEAST_SIGNED
    assert result(arithmetic.signed_modulo, LEAST_SIGNED, MOST) == 0


@given(WORDS, WORDS)
def test_a_divisor_of_zero_gives_zero(result: Result, left: int, right: int) -> None:
    for division in (arithmetic.divide, arithmetic.signed_divide, arithmetic.modulo, arithmetic.signed_modulo):
        assert result(division, left, 0) == 0
    assert result(arithmetic.add_modulo, left, right, 0) == 0
    assert result(arithmetic.multiply_modulo, left, right, 0) == 0


@given(WORDS, WORDS, WORDS.filter(bool))
@example(MOST, MOST, MOST - 1)
@example(MOST, 2, 2)
def test_modular_sum_and_product_keep_what_passes_a_word(result: Result, left: int, right: int, modulus: int) -> None:
    total = result(arithmetic.add_modulo, left, right, modulus)
    product = result(arithmetic.multiply_modulo, left, right, modulus)
    assert total < modulus
    assert product < modulus
    assert (left + right - total) % modulus == 0
    assert (left * right - product) % modulus == 0


@given(WORDS, st.integers(0, 64))
def test_power_is_repeated_multiplication(result: Result, base: int, exponent: int) -> None:
    assert result(arithmetic.exponentiate, base, exponent) == math.prod([base] * exponent) % 2**256


@given(WORDS, WORDS)
def test_power_of_a_sum_is_a_product_of_powers(result: Result, base: int, exponent: int) -> None:
    half, rest = exponent // 2, exponent - exponent // 2
    product = result(arithmetic.exponentiate, base, half) * result(arithmetic.exponentiate, base, rest)
    assert result(arithmetic.exponentiate, base, exponent) == product % 2**256


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [
        (0, 10),
        (1, 60),
        (255, 60),
        (256, 110),
        (65535, 110),
        (65536, 160),
        (2**248 - 1, 1560),
        (2**248, 1610),
        (MOST, 1610),
    ],
)
def test_power_is_priced_by_the_bytes_of_its_exponent(price: Result, exponent: int, expected: int) -> None:
    assert price(arithmetic.exponentiate, 3, exponent) == expected


@given(st.integers(0, 40) | WORDS, WORDS)
@example(0, 0x7F)
@example(0, 0x80)
@example(1, 0xFF)
@example(30, 2**247)
@example(31, LEAST_SIGNED)
def test_sign_extension_reads_the_lowest_bytes_as_signed(result: Result, last: int, number: int) -> None:
    lowest = number.to_bytes(32, "big")[max(0, 31 - last) :]
    expected = unsigned(int.from_bytes(lowest, "big", signed=True))
    assert result(arithmetic.sign_extend, last, number) == expected
