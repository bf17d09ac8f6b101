"""Addition, multiplication and pairing on BN254."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.precompiles import PrecompileFailure, bn254_add, bn254_multiply, bn254_pairing

MODULUS = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
ORDER = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


GENERATOR = words(1, 2)
MINUS_GENERATOR = words(1, MODULUS - 2)
TWICE_GENERATOR = words(
    0x030644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD3,
    0x15ED738C0E0A7C92E7845F96B2AE9C0A68A6A449E3538FC7FF3EBF7A5A18A2C4,
)
INFINITY = bytes(64)
# EIP-197, the imaginary part first.
GENERATOR_2 = words(
    0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
    0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
    0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
)
YES, NO = words(1), words(0)


def multiple(scalar: int) -> bytes:
    return bn254_multiply.run(GENERATOR + words(scalar))


def test_prices() -> None:
    assert bn254_add.gas(b"") == 150
    assert bn254_multiply.gas(b"") == 6000
    assert [bn254_pairing.gas(bytes(length)) for length in (0, 191, 192, 384)] == [45000, 45000, 79000, 113000]


def test_doubling() -> None:
    assert bn254_add.run(GENERATOR + GENERATOR) == multiple(2) == TWICE_GENERATOR


def test_infinity_is_neutral() -> None:
    assert bn254_add.run(GENERATOR) == bn254_add.run(GENERATOR + INFINITY) == bn254_add.run(INFINITY + GENERATOR)
    assert bn254_add.run(GENERATOR) == GENERATOR
    assert bn254_add.run(GENERATOR + MINUS_GENERATOR) == INFINITY
    assert bn254_multiply.run(INFINITY + words(2**256 - 1)) == INFINITY
    assert multiple(0) == multiple(ORDER) == INFINITY
    assert multiple(ORDER - 1) == MINUS_GENERATOR


def test_input_is_padded_and_cut() -> None:
    assert bn254_multiply.run(GENERATOR + b"\x80") == multiple(2**255)
    assert bn254_multiply.run(GENERATOR) == INFINITY
    assert bn254_multiply.run(GENERATOR + words(2) + b"more") == TWICE_GENERATOR
    assert bn254_add.run(GENERATOR + GENERATOR + b"more") == TWICE_GENERATOR


@given(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_multiplication_distributes(left: int, right: int) -> None:
    assert bn254_add.run(multiple(left) + multiple(right)) == multiple((left + right) % ORDER)


@pytest.mark.parametrize("point", [words(1, 1), words(0, 1), words(1, 0)])
def test_not_on_the_curve(point: bytes) -> None:
    for data in (point, GENERATOR + point):
        with pytest.raises(PrecompileFailure, match=r"is not on the curve$"):
            bn254_add.run(data)
    with pytest.raises(PrecompileFailure, match=r"is not on the curve$"):
        bn254_multiply.run(point)
    with pytest.raises(PrecompileFailure, match=r"is not on the curve$"):
        bn254_pairing.run(point + GENERATOR_2)


@pytest.mark.parametrize("point", [words(MODULUS, 0), words(0, MODULUS), words(MODULUS + 1, 2), words(2**256 - 1, 0)])
def test_coordinate_beyond_the_modulus(point: bytes) -> None:
    with pytest.raises(PrecompileFailure, match=r"^a coordinate must be below the field's modulus, not 0x"):
        bn254_add.run(point)
    with pytest.raises(PrecompileFailure, match=r"^a coordinate must be below the field's modulus, not 0x"):
        bn254_pairing.run(GENERATOR + point + bytes(64))


def test_pairing() -> None:
    assert bn254_pairing.run(b"") == YES
    assert bn254_pairing.run(INFINITY + GENERATOR_2) == YES
    assert bn254_pairing.run(GENERATOR + bytes(128)) == YES
    assert bn254_pairing.run(GENERATOR + GENERATOR_2) == NO
    assert bn254_pairing.run(GENERATOR + GENERATOR_2 + MINUS_GENERATOR + GENERATOR_2) == YES
    assert bn254_pairing.run((GENERATOR + GENERATOR_2) * 2 + multiple(ORDER - 2) + GENERATOR_2) == YES


@pytest.mark.parametrize("length", [1, 191, 193])
def test_pairing_length(length: int) -> None:
    with pytest.raises(PrecompileFailure, match=f"^the length of the input must be a multiple of 192, not {length}$"):
        bn254_pairing.run(bytes(length))


def test_second_group() -> None:
    with pytest.raises(PrecompileFailure, match=r"^a point of the second group is not on the curve$"):
        bn254_pairing.run(GENERATOR + words(1, 2, 3, 4))
    with pytest.raises(PrecompileFailure, match=r"^a point on the curve of the second group is not in the group$"):
        bn254_pairing.run(INFINITY + outside_the_second_group())


def outside_the_second_group() -> bytes:
    """A point on the twisted curve y² = x³ + 3 / (9 + i) whose order is not the group's."""
    norm = pow(82, -1, MODULUS)
    b = (27 * norm % MODULUS, -3 * norm % MODULUS)
    for x in range(1, 100):
        real, imaginary = (x**3 + b[0]) % MODULUS, b[1]
        root = square_root(real * real + imaginary * imaginary)
        if root is None:
            continue
        for half in ((real + root) * pow(2, -1, MODULUS), (real - root) * pow(2, -1, MODULUS)):
            y_real = square_root(half)
            if y_real:
                y_imaginary = imaginary * pow(2 * y_real, -1, MODULUS) % MODULUS
                return words(0, x, y_imaginary, y_real)
    raise AssertionError("no point on the curve")


def square_root(number: int) -> int | None:
    root = pow(number, (MODULUS + 1) // 4, MODULUS)
    return root if (root * root - number) % MODULUS == 0 else None
