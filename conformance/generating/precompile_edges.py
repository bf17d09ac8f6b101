"""Inputs of precompiles at the edges of what they accept: on either side of every condition that an EIP names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from random import Random

from py_ecc.fields import optimized_bls12_381_FQ as FQ
from py_ecc.optimized_bls12_381 import optimized_curve as bls12_381
from py_ecc.optimized_bn128 import optimized_curve as bn254

from samestate.spec.evm.precompiles import (
    BLAKE2F,
    BLS12_381_ADD_FIRST_GROUP,
    BLS12_381_ADD_SECOND_GROUP,
    BLS12_381_MAP_FIRST_GROUP,
    BLS12_381_MAP_SECOND_GROUP,
    BLS12_381_PAIRING,
    BLS12_381_SUM_FIRST_GROUP,
    BLS12_381_SUM_SECOND_GROUP,
    BN254_ADD,
    BN254_MULTIPLY,
    BN254_PAIRING,
    ECRECOVER,
    IDENTITY,
    MODULAR_EXPONENTIATION,
    P256_VERIFY,
    POINT_EVALUATION,
    RIPEMD160,
    SHA256,
)
from samestate.spec.evm.signature import CURVE_ORDER

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_FIELD = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
BLS_SCALARS = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
BLOCKS_OF_HASHES = (0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129)
"""Sizes around which the padding of SHA-256 and RIPEMD-160 takes another block."""
WORD = 32


def edge_input(random: Random, address: bytes, fine: bytes) -> bytes:
    """An input at an edge for the precompile at ``address``, or ``fine``, which it accepts, with other length."""
    make = _EDGES.get(address)
    if make is None or random.random() < 0.2:
        return _of_other_length(random, fine)
    return make(random, fine)


def word(number: int, size: int = WORD) -> bytes:
    """A number in so many bytes."""
    return number.to_bytes(size, "big")


def _of_other_length(random: Random, fine: bytes) -> bytes:
    """Nothing, a byte less, a byte more, or a word of zeros more."""
    return random.choice((b"", fine[:-1], fine + b"\x00", fine + bytes(WORD)))


def _with(fine: bytes, place: int, part: bytes) -> bytes:
    return fine[:place] + part + fine[place + len(part) :]


def _hashed(random: Random, fine: bytes) -> bytes:
    return random.randbytes(random.choice(BLOCKS_OF_HASHES))


def _ecrecover(random: Random, fine: bytes) -> bytes:
    way = random.randrange(3)
    if way == 0:
        return _with(fine, WORD, word(random.choice((0, 1, 26, 29, 27 + 2**64, 28 + 2**255))))
    if way == 1:
        return _with(fine, 2 * WORD, word(random.choice((0, 1, CURVE_ORDER - 1, CURVE_ORDER, 2**256 - 1))))
    return _with(fine, 3 * WORD, word(random.choice((0, 1, CURVE_ORDER // 2 + 1, CURVE_ORDER - 1, CURVE_ORDER))))


def _modular_exponentiation(random: Random, fine: bytes) -> bytes:
    """Modulus nothing, one or even; no base; no exponent; an exponent that begins with zeros."""
    base, exponent, modulus = random.choice(
        (
            (b"\x03", b"\x05", b""),
            (b"\x03", b"\x05", bytes(WORD)),
            (b"\x03", b"\x05", b"\x01"),
            (random.randbytes(WORD), b"\x00", random.randbytes(WORD)),
            (b"", random.randbytes(8), word(2**64)),
            (b"", b"", b"\x07"),
            (random.randbytes(33), bytes(WORD) + b"\x01", word(2**200)),
            (bytes(40), bytes(5), random.randbytes(31)),
        )
    )
    return b"".join(map(word, map(len, (base, exponent, modulus)))) + base + exponent + modulus


def _bn254(random: Random, fine: bytes) -> bytes:
    """A coordinate that is the modulus or one less, zeros for a point that has none, or a point beside the curve."""
    field = bn254.field_modulus
    place = WORD * random.randrange(2)
    return _with(fine, place, word(random.choice((0, 1, 3, field - 1, field, 2**256 - 1))))


def _bn254_pairing(random: Random, fine: bytes) -> bytes:
    place = WORD * random.randrange(6)
    return _with(fine or bytes(192), place, word(random.choice((0, 1, bn254.field_modulus, 2**256 - 1))))


def _blake2f(random: Random, fine: bytes) -> bytes:
    if random.random() < 0.5:
        return fine[:-1] + bytes([random.choice((2, 255))])
    return word(random.choice((0, 1, 2**16, 2**32 - 1)), 4) + fine[4:]


def _point_evaluation(random: Random, fine: bytes) -> bytes:
    """Another version, a point or a value that is no scalar, or another value."""
    way = random.randrange(4)
    if way == 0:
        return b"\x02" + fine[1:]
    if way == 1:
        return _with(fine, WORD, word(random.choice((BLS_SCALARS - 1, BLS_SCALARS, 2**256 - 1))))
    if way == 2:
        return _with(fine, 2 * WORD, word(random.choice((1, BLS_SCALARS - 1, BLS_SCALARS, 2**256 - 1))))
    return _with(fine, random.choice((96, 144)), bytes([random.choice((0x40, 0x80, 0xA0, 0xE0))]))


@functools.cache
def outside_the_group() -> bytes:
    """A point of the curve of BLS12-381 that is not in the group of the right order."""
    field = bls12_381.field_modulus
    for x in range(1, 100):
        square = (x**3 + 4) % field
        y = pow(square, (field + 1) // 4, field)
        if y * y % field == square:
            point = (FQ(x), FQ(y), FQ(1))
            if not bls12_381.is_inf(bls12_381.multiply(point, bls12_381.curve_order)):
                return word(x, 64) + word(y, 64)
    raise AssertionError("one number in two is the abscissa of a point, and hardly any point is in the group")


def _bls_first_group(random: Random, fine: bytes) -> bytes:
    """A point outside the group, at no place of the curve, or encoded otherwise than it should be."""
    way = random.randrange(4)
    if way == 0:
        return _with(fine, 0, outside_the_group())
    if way == 1:
        return b"\x01" + fine[1:]
    if way == 2:
        return _with(fine, 0, word(random.choice((bls12_381.field_modulus, bls12_381.field_modulus - 1, 1)), 64))
    return _with(fine, 0, bytes(128))


def _bls_second_group(random: Random, fine: bytes) -> bytes:
    place = 64 * random.randrange(4)
    return _with(fine, place, word(random.choice((0, 1, bls12_381.field_modulus, 2**400)), 64))


def _bls_sum(point_size: int, damage: Callable[[Random, bytes], bytes]) -> Callable[[Random, bytes], bytes]:
    """A scalar of nothing, one, the order and beyond; or a point as for an addition."""

    def make(random: Random, fine: bytes) -> bytes:
        if random.random() < 0.5:
            return damage(random, fine)
        return _with(fine, point_size, word(random.choice((0, 1, BLS_SCALARS - 1, BLS_SCALARS, 2**256 - 1))))

    return make


def _bls_map(random: Random, fine: bytes) -> bytes:
    field = bls12_381.field_modulus
    return _with(fine, len(fine) - 64, word(random.choice((0, 1, field - 1, field, 2**384, 2**511)), 64))


def _p256_verify(random: Random, fine: bytes) -> bytes:
    """r or s nothing, one, the order; a key at infinity, beside the curve, or with a coordinate beyond the field."""
    way = random.randrange(3)
    if way == 0:
        return _with(fine, WORD * random.randint(1, 2), word(random.choice((0, 1, P256_ORDER - 1, P256_ORDER))))
    if way == 1:
        return _with(fine, 3 * WORD, bytes(2 * WORD))
    return _with(fine, WORD * random.randint(3, 4), word(random.choice((0, 1, P256_FIELD, 2**256 - 1))))


_EDGES: Mapping[bytes, Callable[[Random, bytes], bytes]] = {
    ECRECOVER: _ecrecover,
    SHA256: _hashed,
    RIPEMD160: _hashed,
    IDENTITY: _hashed,
    MODULAR_EXPONENTIATION: _modular_exponentiation,
    BN254_ADD: _bn254,
    BN254_MULTIPLY: _bn254,
    BN254_PAIRING: _bn254_pairing,
    BLAKE2F: _blake2f,
    POINT_EVALUATION: _point_evaluation,
    BLS12_381_ADD_FIRST_GROUP: _bls_first_group,
    BLS12_381_ADD_SECOND_GROUP: _bls_second_group,
    BLS12_381_SUM_FIRST_GROUP: _bls_sum(128, _bls_first_group),
    BLS12_381_SUM_SECOND_GROUP: _bls_sum(256, _bls_second_group),
    BLS12_381_PAIRING: _bls_first_group,
    BLS12_381_MAP_FIRST_GROUP: _bls_map,
    BLS12_381_MAP_SECOND_GROUP: _bls_map,
    P256_VERIFY: _p256_verify,
}
