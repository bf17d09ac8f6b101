"""Addition, multiplication and pairing on the curve BN254, also called alt_bn128 (EIP-196, EIP-197; gas: EIP-1108).

A coordinate is a 32-byte big-endian number below the field's modulus. A point is its two coordinates, the point at
infinity is all zeros. A coordinate of the second group has two parts, the imaginary one first.
"""

from __future__ import annotations

from typing import TypeAlias

from py_ecc.fields import optimized_bn128_FQ as FQ
from py_ecc.fields import optimized_bn128_FQ2 as FQ2
from py_ecc.fields import optimized_bn128_FQ12 as FQ12
from py_ecc.optimized_bn128.optimized_curve import (
    add,
    b,
    b2,
    curve_order,
    field_modulus,
    is_inf,
    is_on_curve,
    multiply,
    normalize,
)
from py_ecc.optimized_bn128.optimized_pairing import final_exponentiate, pairing

from samestate.spec.evm.precompiles.precompile import Precompile, PrecompileFailure, padded, word

Point1: TypeAlias = tuple[FQ, FQ, FQ]
Point2: TypeAlias = tuple[FQ2, FQ2, FQ2]
"""Points of the first and the second group in projective coordinates."""

INFINITY_1: Point1 = (FQ.one(), FQ.one(), FQ.zero())
INFINITY_2: Point2 = (FQ2.one(), FQ2.one(), FQ2.zero())

PAIR_LENGTH = 192


def _coordinate(data: bytes, start: int) -> int:
    """The coordinate at ``start``. Raises PrecompileFailure unless it is below the modulus."""
    number = word(data, start)
    if number >= field_modulus:
        # rule: evm.precompile.bn254.failure-coordinate
        raise PrecompileFailure(f"a coordinate must be below the field's modulus, not {number:#x}")
    return number


def _decode_point_1(data: bytes) -> Point1:
    """The point of the first group in the 64 bytes. Raises PrecompileFailure if there is none."""
    x, y = _coordinate(data, 0), _coordinate(data, 32)
    if x == y == 0:
        # rule: evm.precompile.bn254.infinity-first-group
        return INFINITY_1
    point = FQ(x), FQ(y), FQ.one()
    if not is_on_curve(point, b):
        # rule: evm.precompile.bn254.failure-curve-first-group
        raise PrecompileFailure(f"({x:#x}, {y:#x}) is not on the curve")
    return point


def _decode_point_2(data: bytes) -> Point2:
    """The point of the second group in the 128 bytes. Raises PrecompileFailure if there is none."""
    x_imaginary, x_real, y_imaginary, y_real = (_coordinate(data, start) for start in (0, 32, 64, 96))
    if x_imaginary == x_real == y_imaginary == y_real == 0:
        # rule: evm.precompile.bn254.infinity-second-group
        return INFINITY_2
    point = FQ2((x_real, x_imaginary)), FQ2((y_real, y_imaginary)), FQ2.one()
    if not is_on_curve(point, b2):
        # rule: evm.precompile.bn254.failure-curve-second-group
        raise PrecompileFailure("a point of the second group is not on the curve")
    if not is_inf(multiply(point, curve_order)):
        # rule: evm.precompile.bn254.failure-subgroup
        raise PrecompileFailure("a point on the curve of the second group is not in the group")
    return point


def _encode(point: Point1) -> bytes:
    if is_inf(point):
        return bytes(64)
    x, y = normalize(point)
    return int(x).to_bytes(32, "big") + int(y).to_bytes(32, "big")


def _add_gas(data: bytes) -> int:
    # rule: evm.precompile.bn254-add.gas
    return 150


def _add(data: bytes) -> bytes:
    left, right = _decode_point_1(padded(data, 0, 64)), _decode_point_1(padded(data, 64, 64))
    # rule: evm.precompile.bn254-add.output
    return _encode(add(left, right))


def _multiply_gas(data: bytes) -> int:
    # rule: evm.precompile.bn254-multiply.gas
    return 6000


def _multiply(data: bytes) -> bytes:
    point, scalar = _decode_point_1(padded(data, 0, 64)), word(data, 64)
    # rule: evm.precompile.bn254-multiply.output
    return _encode(multiply(point, scalar))


def _pairing_gas(data: bytes) -> int:
    """A length that is no multiple of a pair's fails, but is priced all the same."""
    # rule: evm.precompile.bn254-pairing.gas
    return 45000 + 34000 * (len(data) // PAIR_LENGTH)


def _pairing(data: bytes) -> bytes:
    if len(data) % PAIR_LENGTH != 0:
        # rule: evm.precompile.bn254-pairing.failure-length
        raise PrecompileFailure(f"the length of the input must be a multiple of {PAIR_LENGTH}, not {len(data)}")
    product = FQ12.one()
    for start in range(0, len(data), PAIR_LENGTH):
        point_1 = _decode_point_1(data[start : start + 64])
        point_2 = _decode_point_2(data[start + 64 : start + PAIR_LENGTH])
        # The final exponentiation of a product is the product of the final exponentiations.
        product *= pairing(point_2, point_1, final_exponentiate=False)
    # rule: evm.precompile.bn254-pairing.output
    return int(final_exponentiate(product) == FQ12.one()).to_bytes(32, "big")


bn254_add = Precompile("bn254 add", _add_gas, _add)
"""Input: two points, zeros after the input's end. Output: their sum (64 bytes)."""

bn254_multiply = Precompile("bn254 multiply", _multiply_gas, _multiply)
"""Input: a point and a 32-byte number, zeros after the input's end. Output: the multiple (64 bytes)."""

bn254_pairing = Precompile("bn254 pairing", _pairing_gas, _pairing)
"""Input: any number of pairs of a point of the first and one of the second group (128 bytes).
Output: 1 in 32 bytes if the product of their pairings is one, as it is for no pair at all; else 0."""
