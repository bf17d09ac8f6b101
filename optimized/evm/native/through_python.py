"""Precompiles for where a C library is not there: slower, and holding the interpreter lock.

Packages are imported at the first call, since most installations never come here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

BN254_MODULUS = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
BLS12_381_MODULUS = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
BLS12_381_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
SECRET_IN_SECOND_GROUP = bytes.fromhex(
    "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d"
    "2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2"
    "3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2"
)
"""As in point_evaluation.hpp."""


class _Failure(Exception):  # noqa: N818
    """The precompile fails."""


def _numbers(data: bytes, count: int) -> list[int]:
    """So many numbers of 32 bytes, zeros after the end of the data."""
    return [int.from_bytes(data[32 * i : 32 * i + 32].ljust(32, b"\0"), "big") for i in range(count)]


def _signature_recovery(data: bytes) -> bytes:
    from coincurve import PublicKey
    from Crypto.Hash import keccak

    try:
        signature = data[64:128] + bytes([data[63] - 27])
        point = PublicKey.from_signature_and_message(signature, data[:32], hasher=None).format(compressed=False)
    except ValueError:
        return b""
    return bytes(12) + keccak.new(digest_bits=256, data=point[1:]).digest()[12:]


def _modular_exponentiation(data: bytes) -> bytes:
    """Lengths were checked, and the modulus is not zero."""
    *lengths, size = _numbers(data, 3)
    place, operands = 96, []
    for length in (*lengths, size):
        operands.append(int.from_bytes(data[place : place + length].ljust(length, b"\0"), "big"))
        place += length
    return pow(*operands).to_bytes(size, "big")


def _bn254_point_1(x: int, y: int) -> Any:
    from py_ecc.fields import optimized_bn128_FQ as Field

    if max(x, y) >= BN254_MODULUS or ((x or y) and (y * y - x**3 - 3) % BN254_MODULUS):
        raise _Failure
    return (Field(x), Field(y), Field(1)) if x or y else (Field(1), Field(1), Field(0))


def _bn254_point_2(x_imaginary: int, x_real: int, y_imaginary: int, y_real: int) -> Any:
    from py_ecc.fields import optimized_bn128_FQ2 as Field
    from py_ecc.optimized_bn128 import optimized_curve as curve

    parts = (x_real, x_imaginary, y_real, y_imaginary)
    if max(parts) >= BN254_MODULUS:
        raise _Failure
    if not any(parts):
        return Field.one(), Field.one(), Field.zero()
    point = Field(parts[:2]), Field(parts[2:]), Field.one()
    if not curve.is_on_curve(point, curve.b2) or not curve.is_inf(curve.multiply(point, curve.curve_order)):
        raise _Failure
    return point


def _bn254_encoded(point: Any) -> bytes:
    from py_ecc.optimized_bn128 import optimized_curve as curve

    if curve.is_inf(point):
        return bytes(64)
    return b"".join(int(coordinate).to_bytes(32, "big") for coordinate in curve.normalize(point))


def _bn254_add(data: bytes) -> bytes:
    from py_ecc.optimized_bn128 import optimized_curve as curve

    a, b, c, d = _numbers(data, 4)
    return _bn254_encoded(curve.add(_bn254_point_1(a, b), _bn254_point_1(c, d)))


def _bn254_multiply(data: bytes) -> bytes:
    from py_ecc.optimized_bn128 import optimized_curve as curve

    x, y, factor = _numbers(data, 3)
    return _bn254_encoded(curve.multiply(_bn254_point_1(x, y), factor))


def _bn254_pairing(data: bytes) -> bytes:
    from py_ecc.fields import optimized_bn128_FQ12 as Product
    from py_ecc.optimized_bn128 import optimized_pairing

    if len(data) % 192:
        raise _Failure
    product = Product.one()
    for start in range(0, len(data), 192):
        numbers = _numbers(data[start:], 6)
        first, second = _bn254_point_1(*numbers[:2]), _bn254_point_2(*numbers[2:])
        product *= optimized_pairing.pairing(second, first, final_exponentiate=False)
    return int(optimized_pairing.final_exponentiate(product) == Product.one()).to_bytes(32, "big")


def _bls_elements(data: bytes) -> bytes:
    """Field elements of 64 bytes in 48 each."""
    numbers = [int.from_bytes(data[start : start + 64], "big") for start in range(0, len(data), 64)]
    if max(numbers) >= BLS12_381_MODULUS:
        raise _Failure
    return b"".join(number.to_bytes(48, "big") for number in numbers)


def _bls_point(data: bytes, in_group: bool) -> Any:
    """A point of the first group in 128 bytes, or of the second in 256."""
    from py_arkworks_bls12381 import G1Point, G2Point

    try:
        point = (G1Point if len(data) == 128 else G2Point).from_xy_bytes_unchecked_be(_bls_elements(data))
    except ValueError:
        raise _Failure from None
    if in_group and not point.is_in_subgroup():
        raise _Failure
    return point


def _bls_encoded(point: Any) -> bytes:
    compact = point.to_xy_bytes_be()
    return b"".join(bytes(16) + compact[start : start + 48] for start in range(0, len(compact), 48))


def _bls_items(data: bytes, length: int) -> list[bytes]:
    if not data or len(data) % length:
        raise _Failure
    return [data[start : start + length] for start in range(0, len(data), length)]


def _bls_add(size: int) -> Callable[[bytes], bytes]:
    def add(data: bytes) -> bytes:
        if len(data) != 2 * size:
            raise _Failure
        return _bls_encoded(_bls_point(data[:size], False) + _bls_point(data[size:], False))

    return add


def _bls_sum(size: int) -> Callable[[bytes], bytes]:
    def total(data: bytes) -> bytes:
        from py_arkworks_bls12381 import G1Point, G2Point, Scalar

        terms = _bls_items(data, size + 32)
        points = [_bls_point(term[:size], True) for term in terms]
        scalars = [Scalar.from_be_bytes_mod_order(term[size:]) for term in terms]
        return _bls_encoded((G1Point if size == 128 else G2Point).multiexp_unchecked(points, scalars))

    return total


def _bls_pairing(data: bytes) -> bytes:
    from py_arkworks_bls12381 import GT

    pairs = _bls_items(data, 384)
    firsts = [_bls_point(pair[:128], True) for pair in pairs]
    seconds = [_bls_point(pair[128:], True) for pair in pairs]
    return int(GT.pairing_check(firsts, seconds)).to_bytes(32, "big")


def _bls_map_1(data: bytes) -> bytes:
    from py_arkworks_bls12381 import G1Point

    if len(data) != 64:
        raise _Failure
    return _bls_encoded(G1Point.map_from_fp_be(_bls_elements(data)))


def _bls_map_2(data: bytes) -> bytes:
    from py_arkworks_bls12381 import G2Point

    if len(data) != 128:
        raise _Failure
    return _bls_encoded(G2Point.map_from_fp2_be(_bls_elements(data)))


def _compressed_point(data: bytes) -> Any:
    from py_arkworks_bls12381 import G1Point

    try:
        point = G1Point.from_compressed_bytes(data)
    except ValueError:
        raise _Failure from None
    if point.to_compressed_bytes() != data:  # infinity with other bits set than its own
        raise _Failure
    return point


def _point_evaluation(data: bytes) -> bytes:
    from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

    if len(data) != 192 or data[:32] != b"\x01" + hashlib.sha256(data[96:144]).digest()[1:]:
        raise _Failure
    z, y = _numbers(data[32:96], 2)
    if max(z, y) >= BLS12_381_ORDER:
        raise _Failure
    commitment, proof = _compressed_point(data[96:144]), _compressed_point(data[144:])
    left = commitment - G1Point() * Scalar(y) + proof * Scalar(z)
    if not GT.pairing_check([left, -proof], [G2Point(), G2Point.from_compressed_bytes(SECRET_IN_SECOND_GROUP)]):
        raise _Failure
    return (4096).to_bytes(32, "big") + BLS12_381_ORDER.to_bytes(32, "big")


BY_NUMBER: dict[int, Callable[[bytes], bytes]] = {
    0x01: _signature_recovery,
    0x05: _modular_exponentiation,
    0x06: _bn254_add,
    0x07: _bn254_multiply,
    0x08: _bn254_pairing,
    0x0A: _point_evaluation,
    0x0B: _bls_add(128),
    0x0C: _bls_sum(128),
    0x0D: _bls_add(256),
    0x0E: _bls_sum(256),
    0x0F: _bls_pairing,
    0x10: _bls_map_1,
    0x11: _bls_map_2,
}


def run(precompile: int, data: bytes) -> bytes | None:
    """The output of the precompile at an address, or None where it fails."""
    try:
        return BY_NUMBER[precompile](data)
    except _Failure:
        return None
