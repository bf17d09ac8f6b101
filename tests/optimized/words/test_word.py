from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.words import word

MODULUS = 1 << 256
LIMB_EDGES = st.builds(
    lambda limbs: sum(limb << (64 * place) for place, limb in enumerate(limbs)),
    st.lists(st.sampled_from([0, 1, (1 << 64) - 1, 1 << 63]), min_size=4, max_size=4),
)
NUMBERS = LIMB_EDGES | st.integers(0, MODULUS - 1)
SMALL = st.integers(0, (1 << 64) - 1) | st.sampled_from([0, 1, (1 << 64) - 1, 1 << 63, 1 << 32])


@given(NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_integers_modulo_2_256(left: int, right: int) -> None:
    assert word.add(left, right) == (left + right) % MODULUS
    assert word.subtract(left, right) == (left - right) % MODULUS
    assert word.compare(left, right) == (left > right) - (left < right)
    assert word.compare(left, left) == 0


@given(SMALL, SMALL)
def test_products_are_whole(left: int, right: int) -> None:
    assert word.multiply(left, right) == left * right


@given(NUMBERS)
def test_canonical_bytes_come_back(number: int) -> None:
    value = word.to_value(number)
    assert value == (number.to_bytes((number.bit_length() + 7) // 8, "big") or None)
    assert word.from_value(value or b"") == number


@pytest.mark.parametrize("value", [b"\x00", b"\x00\x01", b"\x01" + bytes(32)])
def test_bytes_that_are_not_canonical(value: bytes) -> None:
    with pytest.raises(ValueError, match="shortest"):
        word.from_value(value)


@pytest.mark.parametrize("number", [-1, MODULUS])
def test_numbers_outside_a_word(number: int) -> None:
    with pytest.raises(ValueError, match="2\\*\\*256"):
        word.add(number, 0)
