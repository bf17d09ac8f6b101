"""The words of u256.hpp against Python's own integers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from samestate.optimized.words.functions import compute

SIZE = 2**256
LIMB = 2**64

# Numbers whose limbs are each near an end of their range, which is where carries and quotients go wrong.
limbs = st.sampled_from([0, 1, 2, LIMB // 2 - 1, LIMB // 2, LIMB // 2 + 1, LIMB - 2, LIMB - 1]) | st.integers(
    0, LIMB - 1
)
edges = st.lists(limbs, max_size=4).map(lambda parts: sum(limb << (64 * place) for place, limb in enumerate(parts)))
near_powers = st.tuples(st.integers(0, 256), st.integers(-2, 2)).map(lambda pair: ((1 << pair[0]) + pair[1]) % SIZE)
any_size = st.integers(0, 256).flatmap(lambda bits: st.integers(0, (1 << bits) - 1))
words = edges | near_powers | any_size
small = st.integers(0, 300) | words


def signed(word: int) -> int:
    return word - SIZE if word >> 255 else word


def signed_divide(a: int, b: int) -> int:
    a, b = signed(a), signed(b)
    quotient = abs(a) // abs(b) if b else 0
    return quotient if (a < 0) == (b < 0) else -quotient


def signed_modulo(a: int, b: int) -> int:
    a, b = signed(a), signed(b)
    remainder = abs(a) % abs(b) if b else 0
    return -remainder if a < 0 else remainder


def sign_extend(a: int, index: int) -> int:
    if index > 30:
        return a
    bits = 8 * (index + 1)
    kept = a % (1 << bits)
    return kept - (1 << bits) if kept >> (bits - 1) else kept


OF_THREE: dict[str, Callable[[int, int, int], int]] = {
    "add": lambda a, b, c: a + b,
    "subtract": lambda a, b, c: a - b,
    "multiply": lambda a, b, c: a * b,
    "negate": lambda a, b, c: -a,
    "add_overflows": lambda a, b, c: a + b >= SIZE,
    "sub_borrows": lambda a, b, c: a < b,
    "multiply_overflows": lambda a, b, c: a * b >= SIZE,
    "multiply_high": lambda a, b, c: a * b >> 256,
    "multiply_low": lambda a, b, c: a * b,
    "wide_sum_less": lambda a, b, c: a * b + c < c * b + a,
    "divide": lambda a, b, c: a // b if b else 0,
    "modulo": lambda a, b, c: a % b if b else 0,
    "signed_divide": lambda a, b, c: signed_divide(a, b),
    "signed_modulo": lambda a, b, c: signed_modulo(a, b),
    "add_modulo": lambda a, b, c: (a + b) % c if c else 0,
    "multiply_modulo": lambda a, b, c: a * b % c if c else 0,
    "signed_less": lambda a, b, c: signed(a) < signed(b),
    "less": lambda a, b, c: a < b,
    "equal": lambda a, b, c: a == b,
    "and": lambda a, b, c: a & b,
    "or": lambda a, b, c: a | b,
    "xor": lambda a, b, c: a ^ b,
    "not": lambda a, b, c: ~a,
    "is_zero": lambda a, b, c: a == 0,
    "fits_u64": lambda a, b, c: a < LIMB,
    "low64": lambda a, b, c: a % LIMB,
    "saturated64": lambda a, b, c: min(a, LIMB - 1),
    "count_leading_zeros": lambda a, b, c: 256 - a.bit_length(),
    "significant_bytes": lambda a, b, c: (a.bit_length() + 7) // 8,
    "load_short": lambda a, b, c: a,
}
WITH_A_PLACE: dict[str, Callable[[int, int], int]] = {
    "power": lambda a, b: pow(a, b, SIZE),
    "sign_extend": sign_extend,
    "byte_at": lambda a, b: a >> 8 * (31 - b) & 0xFF if b < 32 else 0,
    "shift_left": lambda a, b: a << b if b < 256 else 0,
    "shift_right": lambda a, b: a >> b if b < 256 else 0,
    "shift_right_arithmetic": lambda a, b: signed(a) >> min(b, 256),
}


@pytest.mark.parametrize("name", OF_THREE)
@given(a=words, b=words, c=words)
def test_any_words(name: str, a: int, b: int, c: int) -> None:
    assert compute(name, a, b, c) == OF_THREE[name](a, b, c) % SIZE


@pytest.mark.parametrize("name", WITH_A_PLACE)
@given(a=words, b=small)
def test_any_word_and_place(name: str, a: int, b: int) -> None:
    assert compute(name, a, b) == WITH_A_PLACE[name](a, b) % SIZE


@pytest.mark.parametrize("bits", range(257))
@pytest.mark.parametrize("name", ["shift_left", "shift_right", "shift_right_arithmetic"])
def test_every_shift(name: str, bits: int) -> None:
    for word in (SIZE - 1, SIZE // 2, 0x0123456789ABCDEF << 120 | 0xFEDCBA9876543210):
        assert compute(name, word, bits) == WITH_A_PLACE[name](word, bits) % SIZE


@given(divisor=words, quotient=words, off=st.integers(-2, 2))
@example(divisor=2**192 - 1, quotient=2**64 - 1, off=0)
def test_division_around_exact_multiples(divisor: int, quotient: int, off: int) -> None:
    """Estimates of a quotient's limb are wrong by one only just below and above a multiple."""
    dividend = (divisor * quotient + off) % SIZE
    for name in ("divide", "modulo"):
        assert compute(name, dividend, divisor) == OF_THREE[name](dividend, divisor, 0)


@given(modulus=words, a=words, off=st.integers(-2, 2))
def test_products_around_multiples_of_the_modulus(modulus: int, a: int, off: int) -> None:
    b = (modulus * 3 + off) % SIZE
    assert compute("multiply_modulo", a, b, modulus) == OF_THREE["multiply_modulo"](a, b, modulus)
    assert compute("multiply_modulo", b, b, modulus) == OF_THREE["multiply_modulo"](b, b, modulus)


def test_a_quotient_estimated_too_high() -> None:
    """The window equals the divisor's two highest limbs: the estimate is 2^64 - 1, and may be one too high."""
    divisor = (1 << 255) + (1 << 64) - 1
    for dividend in ((divisor << 1) % SIZE, SIZE - 1, divisor - 1, (1 << 255) + (1 << 63)):
        for c in (divisor, 1 << 255 | 1, (1 << 192) - 1, 1 << 191 | 1):
            a, b = dividend, SIZE - 1
            assert compute("multiply_modulo", a, b, c) == a * b % c
            assert compute("divide", a, c) == a // c


def test_the_smallest_number_over_minus_one() -> None:
    assert compute("signed_divide", SIZE // 2, SIZE - 1) == SIZE // 2
    assert compute("signed_modulo", SIZE // 2, SIZE - 1) == 0


def test_powers_of_powers_of_two() -> None:
    for base in (0, 1, 2, 4, 256, 1 << 64, 1 << 255):
        for exponent in (0, 1, 2, 3, 31, 32, 127, 128, 255, 256, LIMB, SIZE - 1):
            assert compute("power", base, exponent) == pow(base, exponent, SIZE)


def test_an_unknown_function_is_named() -> None:
    with pytest.raises(LookupError, match="no function cube"):
        compute("cube", 1)
