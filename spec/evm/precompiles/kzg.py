"""POINT EVALUATION: a blob's polynomial has the value y at z (EIP-4844)."""

# source: EIP-4844, Point evaluation precompile

from __future__ import annotations

import hashlib

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from samestate.spec.evm.precompiles.precompile import Precompile, PrecompileFailure

INPUT_LENGTH = 192
FIELD_ELEMENTS_PER_BLOB = 4096
VERSION = b"\x01"
"""The first byte of a blob's versioned hash."""

GROUP_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""The order of the groups of BLS12-381, the modulus of the field that blobs are made of."""

GENERATOR_1 = G1Point()
GENERATOR_2 = G2Point()

SECRET_TIMES_GENERATOR_2 = G2Point.from_compressed_bytes(
    bytes.fromhex(
        "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d"
        "2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2"
        "3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2"
    )
)
"""From the trusted setup of the mainnet: the generator of the second group times the secret that nobody knows."""


def _decode_scalar(data: bytes) -> Scalar:
    """The field element in the 32 bytes. Raises PrecompileFailure unless it is below the modulus."""
    number = int.from_bytes(data, "big")
    if number >= GROUP_ORDER:
        # rule: evm.precompile.point-evaluation.failure-field-element
        raise PrecompileFailure(f"a field element must be below the modulus, not {number:#x}")
    return Scalar(number)


def _decode_point(data: bytes) -> G1Point:
    """The point of the first group in the 48 bytes. Raises PrecompileFailure if there is none.

    A point is x, below three flags: this is a compressed point, it is the one at infinity, y is the larger one.
    """
    try:
        point = G1Point.from_compressed_bytes(data)
    except ValueError as error:
        # rule: evm.precompile.point-evaluation.failure-point
        # source: EIP-4844, Type aliases (KZGCommitment, KZGProof)
        raise PrecompileFailure(f"no compressed point of the first group: {data.hex()}") from error
    if point.to_compressed_bytes() != data:
        # The library takes anything for the point at infinity that has its flag.
        # rule: evm.precompile.point-evaluation.failure-infinity
        # source: EIP-4844, Type aliases (KZGCommitment, KZGProof)
        raise PrecompileFailure(f"after its flag the point at infinity is all zeros, not {data.hex()}")
    return point


def _gas(data: bytes) -> int:
    # rule: evm.precompile.point-evaluation.gas
    return 50000


def _run(data: bytes) -> bytes:
    if len(data) != INPUT_LENGTH:
        # rule: evm.precompile.point-evaluation.failure-length
        raise PrecompileFailure(f"the input must have {INPUT_LENGTH} bytes, not {len(data)}")
    versioned_hash, commitment = data[:32], data[96:144]
    if versioned_hash != VERSION + hashlib.sha256(commitment).digest()[1:]:
        # rule: evm.precompile.point-evaluation.failure-versioned-hash
        # source: EIP-4844, Helpers
        raise PrecompileFailure("the versioned hash is not that of the commitment")
    z, y = _decode_scalar(data[32:64]), _decode_scalar(data[64:96])
    polynomial, quotient = _decode_point(commitment), _decode_point(data[144:192])
    # p has the value y at z if p - y is a multiple of (X - z), at the secret as everywhere: p - y = q (X - z).
    polynomial_less_y = polynomial - GENERATOR_1 * y
    secret_less_z = SECRET_TIMES_GENERATOR_2 - GENERATOR_2 * z
    if not GT.pairing_check([polynomial_less_y, -quotient], [GENERATOR_2, secret_less_z]):
        # rule: evm.precompile.point-evaluation.failure-proof
        raise PrecompileFailure("the proof does not hold")
    # rule: evm.precompile.point-evaluation.output
    return FIELD_ELEMENTS_PER_BLOB.to_bytes(32, "big") + GROUP_ORDER.to_bytes(32, "big")


point_evaluation = Precompile("point evaluation", _gas, _run)
"""Input: versioned hash, z, y (32 bytes each), commitment, proof (48 bytes each).
Output: the number of field elements in a blob and the field's modulus, 32 bytes each."""
