"""Points of curves as precompiles take and give them, made by a library that the specification does not use for it."""

from __future__ import annotations

import functools
from typing import Any, Final

from py_ecc.bls.hash_to_curve import clear_cofactor_G1, clear_cofactor_G2, map_to_curve_G1, map_to_curve_G2
from py_ecc.bls.point_compression import compress_G1
from py_ecc.fields import optimized_bls12_381_FQ as Field
from py_ecc.fields import optimized_bls12_381_FQ2 as Field2
from py_ecc.fields import optimized_bn128_FQ2 as BnField2
from py_ecc.optimized_bls12_381 import optimized_curve as bls12_381
from py_ecc.optimized_bn128 import optimized_curve as bn254

BLS_MODULUS: Final[int] = bls12_381.field_modulus
BLS_ORDER: Final[int] = bls12_381.curve_order
BN_MODULUS: Final[int] = bn254.field_modulus
BN_ORDER: Final[int] = bn254.curve_order
BLS_COORDINATE: Final = 64
BLS_INFINITY: Final = bytes(2 * BLS_COORDINATE)
BLS_INFINITY_2: Final = bytes(4 * BLS_COORDINATE)
BN_INFINITY: Final = bytes(64)
BN_INFINITY_2: Final = bytes(128)


def word(number: int) -> bytes:
    """A number in 32 bytes."""
    return number.to_bytes(32, "big")


def element(number: int) -> bytes:
    """A field element of BLS12-381 in 64 bytes (EIP-2537)."""
    return number.to_bytes(BLS_COORDINATE, "big")


def encode_bls(point: Any) -> bytes:
    """A point of the first group of BLS12-381."""
    if bls12_381.is_inf(point):
        return BLS_INFINITY
    x, y = bls12_381.normalize(point)
    return element(int(x)) + element(int(y))


def encode_bls_2(point: Any) -> bytes:
    """A point of the second group of BLS12-381."""
    if bls12_381.is_inf(point):
        return BLS_INFINITY_2
    return b"".join(element(int(part)) for coordinate in bls12_381.normalize(point) for part in coordinate.coeffs)


@functools.lru_cache(maxsize=64)
def bls_point(multiple: int) -> bytes:
    """A multiple of the generator of the first group of BLS12-381."""
    return encode_bls(bls12_381.multiply(bls12_381.G1, multiple % BLS_ORDER))


@functools.lru_cache(maxsize=64)
def bls_point_2(multiple: int) -> bytes:
    """A multiple of the generator of the second group of BLS12-381."""
    return encode_bls_2(bls12_381.multiply(bls12_381.G2, multiple % BLS_ORDER))


@functools.lru_cache(maxsize=64)
def bls_mapped(number: int) -> bytes:
    """The point of the first group of BLS12-381 that a field element is mapped to."""
    return encode_bls(clear_cofactor_G1(map_to_curve_G1(Field(number))))


@functools.lru_cache(maxsize=64)
def bls_mapped_2(real: int, imaginary: int) -> bytes:
    """The point of the second group of BLS12-381 that an element of the second field is mapped to."""
    return encode_bls_2(clear_cofactor_G2(map_to_curve_G2(Field2((real, imaginary)))))


@functools.lru_cache(maxsize=64)
def bls_compressed(multiple: int) -> bytes:
    """A multiple of the generator of the first group of BLS12-381 in 48 bytes, as blobs' commitments are written."""
    return int(compress_G1(bls12_381.multiply(bls12_381.G1, multiple % BLS_ORDER))).to_bytes(48, "big")


@functools.lru_cache(maxsize=64)
def bn_point(multiple: int) -> bytes:
    """A multiple of the generator of the first group of BN254."""
    if not multiple % BN_ORDER:
        return BN_INFINITY
    x, y = bn254.normalize(bn254.multiply(bn254.G1, multiple % BN_ORDER))
    return word(int(x)) + word(int(y))


@functools.lru_cache(maxsize=64)
def bn_point_2(multiple: int) -> bytes:
    """A multiple of the generator of the second group of BN254: of each coordinate the imaginary part goes first."""
    if not multiple % BN_ORDER:
        return BN_INFINITY_2
    coordinates = bn254.normalize(bn254.multiply(bn254.G2, multiple % BN_ORDER))
    return b"".join(word(int(part)) for coordinate in coordinates for part in reversed(coordinate.coeffs))


@functools.lru_cache(maxsize=64)
def bls_point_outside() -> bytes:
    """A point on the curve of the first group of BLS12-381 that is not in the group: the curve has more points."""
    x = 0
    while True:
        x += 1
        square = (x**3 + 4) % BLS_MODULUS
        y = pow(square, (BLS_MODULUS + 1) // 4, BLS_MODULUS)
        if y * y % BLS_MODULUS == square:
            point = (Field(x), Field(y), Field(1))
            if not bls12_381.is_inf(bls12_381.multiply(point, BLS_ORDER)):
                return encode_bls(point)


@functools.lru_cache(maxsize=64)
def bls_point_2_outside() -> bytes:
    """A point on the curve of the second group of BLS12-381 that is not in the group."""
    x, y = _on_twist(Field2, BLS_MODULUS, Field2((4, 4)))
    point = (x, y, Field2((1, 0)))
    if bls12_381.is_inf(bls12_381.multiply(point, BLS_ORDER)):
        raise ValueError("the point is in the group after all")
    return encode_bls_2(point)


@functools.lru_cache(maxsize=64)
def bn_point_2_outside() -> bytes:
    """A point on the curve of the second group of BN254 that is not in the group."""
    x, y = _on_twist(BnField2, BN_MODULUS, bn254.b2)
    if bn254.is_inf(bn254.multiply((x, y, BnField2.one()), BN_ORDER)):
        raise ValueError("the point is in the group after all")
    return b"".join(word(int(part)) for coordinate in (x, y) for part in reversed(coordinate.coeffs))


def _on_twist(field: Any, modulus: int, constant: Any) -> tuple[Any, Any]:
    """The first point of the curve ``y² = x³ + constant`` over the second field with a small x."""
    real = 0
    while True:
        real += 1
        x = field((real, 1))
        y = _square_root(field, modulus, x * x * x + constant)
        if y is not None:
            return x, y


def _square_root(field: Any, modulus: int, square: Any) -> Any:
    """A root in the second field of a modulus that is 3 modulo 4, or None where there is none (complex method)."""
    a, b = (int(part) % modulus for part in square.coeffs)
    norm = _root(modulus, a * a + b * b)
    if norm is None:
        return None
    half = pow(2, -1, modulus)
    for sign in (1, -1):
        real = _root(modulus, (a + sign * norm) * half)
        if real:
            candidate = field((real, b * half * pow(real, -1, modulus) % modulus))
            if candidate * candidate == square:
                return candidate
    return None


def _root(modulus: int, square: int) -> int | None:
    root: int = pow(square % modulus, (modulus + 1) // 4, modulus)
    return root if root * root % modulus == square % modulus else None
