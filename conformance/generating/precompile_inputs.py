"""Inputs for precompiles: mostly ones that they accept, and each sometimes damaged, or at an edge of what is accepted.

What takes long to make, signatures and points, comes from a few that are made once: a block is to be made quickly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from py_ecc.optimized_bls12_381 import optimized_curve as bls12_381
from py_ecc.optimized_bn128 import optimized_curve as bn254

from samestate.conformance.generating.precompile_edges import BLS_SCALARS, P256_ORDER, edge_input
from samestate.conformance.generating.precompile_edges import word as _word
from samestate.spec.evm.hashing import keccak256
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
    MODULAR_EXPONENTIATION,
    P256_VERIFY,
    POINT_EVALUATION,
)
from samestate.spec.evm.signature import sign_hash

SIGNATURES = 16
"""So many of each kind there are."""
INFINITY_COMMITMENT = b"\xc0" + bytes(47)
SMALL_MULTIPLES = 4
DAMAGED = 0.12
AT_AN_EDGE = 0.25
"""How often an input is not what the precompile wants, or may not be."""


def precompile_input(random: Random, address: bytes) -> bytes:
    """An input for the precompile at ``address``."""
    make = _MAKERS.get(address)
    data = make(random) if make else random.randbytes(random.choice((0, 1, 31, 32, 33, 64, 100)))
    way = random.random()
    if way < DAMAGED:
        return _damaged(random, data)
    return edge_input(random, address, data) if way < DAMAGED + AT_AN_EDGE else data


def _damaged(random: Random, data: bytes) -> bytes:
    """The input cut short, made longer, or with one bit turned over."""
    way = random.randrange(3)
    if way == 0:
        return data[: random.randint(0, len(data))]
    if way == 1 or not data:
        return data + random.randbytes(random.randint(1, 40))
    place = random.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << random.randrange(8))]) + data[place + 1 :]


def _ecrecover(random: Random) -> bytes:
    return _recoverable(random.randrange(SIGNATURES))


@lru_cache(maxsize=SIGNATURES)
def _recoverable(number: int) -> bytes:
    digest = keccak256(b"message %d" % number)
    y_parity, r, s = sign_hash(keccak256(b"signer %d" % number), digest)
    return digest + _word(27 + y_parity) + _word(r) + _word(s)


def _modular_exponentiation(random: Random) -> bytes:
    sizes = [random.choice((0, 1, 8, 31, 32, 33, 64)) for _ in range(3)]
    if random.random() < 0.1:
        sizes[random.randrange(3)] = random.choice((1024, 1025, 2**32, 2**64, 2**255))
        return b"".join(map(_word, sizes)) + random.randbytes(64)
    return b"".join(map(_word, sizes)) + b"".join(random.randbytes(size) for size in sizes)


@lru_cache(maxsize=32)
def _bn254_point(multiple: int) -> bytes:
    if not multiple % bn254.curve_order:
        return bytes(64)
    x, y = bn254.normalize(bn254.multiply(bn254.G1, multiple % bn254.curve_order))
    return _word(int(x)) + _word(int(y))


@lru_cache(maxsize=32)
def _bn254_twist_point(multiple: int) -> bytes:
    if not multiple:
        return bytes(128)
    x, y = bn254.normalize(bn254.multiply(bn254.G2, multiple))
    return b"".join(_word(int(coefficient)) for pair in (x, y) for coefficient in reversed(pair.coeffs))


def _bn254_add(random: Random) -> bytes:
    return b"".join(_bn254_point(random.randrange(SMALL_MULTIPLES)) for _ in range(2))


def _bn254_multiply(random: Random) -> bytes:
    scalar = random.choice((0, 1, 2, 9, bn254.curve_order, 2**256 - 1, random.getrandbits(256)))
    return _bn254_point(random.randrange(SMALL_MULTIPLES)) + _word(scalar)


def _bn254_pairing(random: Random) -> bytes:
    """Two pairs whose product is one, since one is the other's inverse; or a pair alone, or none."""
    first, second = random.randrange(1, SMALL_MULTIPLES), random.randrange(SMALL_MULTIPLES)
    pair = _bn254_point(first) + _bn254_twist_point(second)
    way = random.random()
    if way < 0.5:
        return pair + _bn254_point(-first) + _bn254_twist_point(second)
    return pair if way < 0.9 else b""


def _blake2f(random: Random) -> bytes:
    rounds = random.choice((0, 1, 12, 100))
    return _word(rounds, 4) + random.randbytes(64 + 128 + 16) + bytes([random.randrange(2)])


def _point_evaluation(random: Random) -> bytes:
    """The polynomial that is zero everywhere, at any point."""
    versioned_hash = b"\x01" + hashlib.sha256(INFINITY_COMMITMENT).digest()[1:]
    return versioned_hash + _word(random.randrange(BLS_SCALARS)) + _word(0) + INFINITY_COMMITMENT + INFINITY_COMMITMENT


@lru_cache(maxsize=32)
def _bls_point(multiple: int) -> bytes:
    if not multiple:
        return bytes(128)
    x, y = bls12_381.normalize(bls12_381.multiply(bls12_381.G1, multiple))
    return _word(int(x), 64) + _word(int(y), 64)


@lru_cache(maxsize=32)
def _bls_twist_point(multiple: int) -> bytes:
    if not multiple:
        return bytes(256)
    x, y = bls12_381.normalize(bls12_381.multiply(bls12_381.G2, multiple))
    return b"".join(_word(int(coefficient), 64) for pair in (x, y) for coefficient in pair.coeffs)


def _bls_add(point: Callable[[int], bytes]) -> Callable[[Random], bytes]:
    return lambda random: point(random.randrange(SMALL_MULTIPLES)) + point(random.randrange(SMALL_MULTIPLES))


def _bls_sum(point: Callable[[int], bytes]) -> Callable[[Random], bytes]:
    def make(random: Random) -> bytes:
        terms = range(random.choice((1, 1, 2, 3)))
        return b"".join(point(random.randrange(SMALL_MULTIPLES)) + random.randbytes(32) for _ in terms)

    return make


def _bls_pairing(random: Random) -> bytes:
    pairs = range(random.choice((1, 2)))
    return b"".join(
        _bls_point(random.randrange(SMALL_MULTIPLES)) + _bls_twist_point(random.randrange(SMALL_MULTIPLES))
        for _ in pairs
    )


def _bls_map(coefficients: int) -> Callable[[Random], bytes]:
    return lambda random: b"".join(_word(random.randrange(bls12_381.field_modulus), 64) for _ in range(coefficients))


def _p256_verify(random: Random) -> bytes:
    return _p256_signed(random.randrange(SIGNATURES))


@lru_cache(maxsize=SIGNATURES)
def _p256_signed(number: int) -> bytes:
    random = Random(number)
    secret, ephemeral = random.randrange(1, P256_ORDER), random.randrange(1, P256_ORDER)
    key = derive_private_key(secret, SECP256R1()).public_key().public_numbers()
    digest = random.randbytes(32)
    r = derive_private_key(ephemeral, SECP256R1()).public_key().public_numbers().x % P256_ORDER
    s = pow(ephemeral, -1, P256_ORDER) * (int.from_bytes(digest, "big") + r * secret) % P256_ORDER
    return digest + _word(r) + _word(s) + _word(key.x) + _word(key.y)


_MAKERS: Mapping[bytes, Callable[[Random], bytes]] = {
    ECRECOVER: _ecrecover,
    MODULAR_EXPONENTIATION: _modular_exponentiation,
    BN254_ADD: _bn254_add,
    BN254_MULTIPLY: _bn254_multiply,
    BN254_PAIRING: _bn254_pairing,
    BLAKE2F: _blake2f,
    POINT_EVALUATION: _point_evaluation,
    BLS12_381_ADD_FIRST_GROUP: _bls_add(_bls_point),
    BLS12_381_ADD_SECOND_GROUP: _bls_add(_bls_twist_point),
    BLS12_381_SUM_FIRST_GROUP: _bls_sum(_bls_point),
    BLS12_381_SUM_SECOND_GROUP: _bls_sum(_bls_twist_point),
    BLS12_381_PAIRING: _bls_pairing,
    BLS12_381_MAP_FIRST_GROUP: _bls_map(1),
    BLS12_381_MAP_SECOND_GROUP: _bls_map(2),
    P256_VERIFY: _p256_verify,
}
