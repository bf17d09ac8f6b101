"""Addition, multiplication and pairing on the curve BN254, also called alt_bn128 (EIP-196, EIP-197; gas: EIP-1108).

A coordinate is a 32-byte big-endian number below the field's modulus. A point is its two coordinates, the point at
infinity is all zeros. A coordinate of the second group has two parts, the imaginary one first.
"""

# source: EIP-197, specification

from __future__ import annotations

from samestate.spec.evm.precompiles.bn254_groups import GROUPS, Point1, Point2
from samestate.spec.evm.precompiles.precompile import Precompile, PrecompileFailure, padded, word

FIELD_MODULUS = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
"""EIP-196."""

CURVE_CONSTANT = 3
"""The first curve is ``y² = x³ + 3`` (EIP-196)."""

TWIST_CONSTANT = (
    0x2B149D40CEB8AAAE81BE18991BE06AC3B5B4C5E559DBEFA33267E6DC24A138E5,
    0x009713B03AF0FED4CD2CAFADEED8FDF4A74FA084E52D1852E4A2BD0685C315D2,
)
"""The second curve is ``y² = x³ + 3 / (9 + i)``: that constant, real and imaginary part (EIP-197)."""

PAIR_LENGTH = 192


def _coordinate(data: bytes, start: int) -> int:
    """The coordinate at ``start``. Raises PrecompileFailure unless it is below the modulus."""
    number = word(data, start)
    if number >= FIELD_MODULUS:
        # rule: evm.precompile.bn254.failure-coordinate
        # source: EIP-196, specification; EIP-197, specification
        raise PrecompileFailure(f"a coordinate must be below the field's modulus, not {number:#x}")
    return number


def _decode_point_1(data: bytes) -> Point1:
    """The point of the first group in the 64 bytes. Raises PrecompileFailure if there is none."""
    x, y = _coordinate(data, 0), _coordinate(data, 32)
    if x == y == 0:
        # rule: evm.precompile.bn254.infinity-first-group
        # source: EIP-196, specification
        return None
    if (y * y - x * x * x - CURVE_CONSTANT) % FIELD_MODULUS != 0:
        # rule: evm.precompile.bn254.failure-curve-first-group
        # source: EIP-196, specification
        raise PrecompileFailure(f"({x:#x}, {y:#x}) is not on the curve")
    return x, y


def _times(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """The product of two complex numbers over the field."""
    (a, b), (c, d) = left, right
    return (a * c - b * d) % FIELD_MODULUS, (a * d + b * c) % FIELD_MODULUS


def _decode_point_2(data: bytes) -> Point2:
    """The point of the second group in the 128 bytes. Raises PrecompileFailure if there is none."""
    x_imaginary, x_real, y_imaginary, y_real = (_coordinate(data, start) for start in (0, 32, 64, 96))
    if x_imaginary == x_real == y_imaginary == y_real == 0:
        # rule: evm.precompile.bn254.infinity-second-group
        return None
    x, y = (x_real, x_imaginary), (y_real, y_imaginary)
    cube = _times(_times(x, x), x)
    right = tuple((part + constant) % FIELD_MODULUS for part, constant in zip(cube, TWIST_CONSTANT, strict=True))
    if _times(y, y) != right:
        # rule: evm.precompile.bn254.failure-curve-second-group
        raise PrecompileFailure("a point of the second group is not on the curve")
    if not GROUPS.is_in_second_group((x, y)):
        # rule: evm.precompile.bn254.failure-subgroup
        raise PrecompileFailure("a point on the curve of the second group is not in the group")
    return x, y


def _encode(point: Point1) -> bytes:
    if point is None:
        return bytes(64)
    return b"".join(number.to_bytes(32, "big") for number in point)


def _add_gas(data: bytes) -> int:
    # rule: evm.precompile.bn254-add.gas
    # source: EIP-1108, specification
    return 150


def _add(data: bytes) -> bytes:
    left, right = _decode_point_1(padded(data, 0, 64)), _decode_point_1(padded(data, 64, 64))
    # rule: evm.precompile.bn254-add.output
    # source: EIP-196, specification
    return _encode(GROUPS.add(left, right))


def _multiply_gas(data: bytes) -> int:
    # rule: evm.precompile.bn254-multiply.gas
    # source: EIP-1108, specification
    return 6000


def _multiply(data: bytes) -> bytes:
    point, scalar = _decode_point_1(padded(data, 0, 64)), word(data, 64)
    # rule: evm.precompile.bn254-multiply.output
    # source: EIP-196, specification
    return _encode(GROUPS.multiply(point, scalar))


def _pairing_gas(data: bytes) -> int:
    """A length that is no multiple of a pair's fails, but is priced all the same."""
    # rule: evm.precompile.bn254-pairing.gas
    # source: EIP-1108, specification
    return 45000 + 34000 * (len(data) // PAIR_LENGTH)


def _pairing(data: bytes) -> bytes:
    if len(data) % PAIR_LENGTH != 0:
        # rule: evm.precompile.bn254-pairing.failure-length
        raise PrecompileFailure(f"the length of the input must be a multiple of {PAIR_LENGTH}, not {len(data)}")
    pairs = [
        (_decode_point_1(data[start : start + 64]), _decode_point_2(data[start + 64 : start + PAIR_LENGTH]))
        for start in range(0, len(data), PAIR_LENGTH)
    ]
    # rule: evm.precompile.bn254-pairing.output
    return int(GROUPS.product_is_one(pairs)).to_bytes(32, "big")


bn254_add = Precompile("bn254 add", _add_gas, _add)
"""Input: two points, zeros after the input's end. Output: their sum (64 bytes)."""

bn254_multiply = Precompile("bn254 multiply", _multiply_gas, _multiply)
"""Input: a point and a 32-byte number, zeros after the input's end. Output: the multiple (64 bytes)."""

bn254_pairing = Precompile("bn254 pairing", _pairing_gas, _pairing)
"""Input: any number of pairs of a point of the first and one of the second group (128 bytes).
Output: 1 in 32 bytes if the product of their pairings is one, as it is for no pair at all; else 0."""
