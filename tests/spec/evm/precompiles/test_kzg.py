"""POINT EVALUATION."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_arkworks_bls12381 import G1Point, Scalar

from samestate.spec.evm.precompiles import PrecompileFailure, point_evaluation
from samestate.spec.evm.precompiles.kzg import GROUP_ORDER

# A proof of the consensus layer's tests for verify_kzg_proof.
VERSIONED_HASH = bytes.fromhex("01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b")
Z = bytes.fromhex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000")
Y = bytes.fromhex("1522a4a7f34e1ea350ae07c29c96c7e79655aa926122e95fe69fcbd932ca49e9")
COMMITMENT = bytes.fromhex(
    "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7"
)
PROOF = bytes.fromhex(
    "a62ad71d14c5719385c0686f1871430475bf3a00f0aa3f7b8dd99a9abc2160744faf0070725e00b60ad9a026a15b1a8c"
)
OUTPUT = (4096).to_bytes(32, "big") + GROUP_ORDER.to_bytes(32, "big")
INFINITY = b"\xc0" + bytes(47)


def call(z: bytes = Z, y: bytes = Y, commitment: bytes = COMMITMENT, proof: bytes = PROOF) -> bytes:
    return b"\x01" + hashlib.sha256(commitment).digest()[1:] + z + y + commitment + proof


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_a_proof_that_holds() -> None:
    assert call()[:32] == VERSIONED_HASH
    assert point_evaluation.run(call()) == OUTPUT
    assert point_evaluation.gas(call()) == point_evaluation.gas(b"") == 50000


@pytest.mark.parametrize(
    "data",
    [
        call(y=word(int.from_bytes(Y, "big") - 1)),
        call(z=word(int.from_bytes(Z, "big") - 1)),
        call(proof=COMMITMENT),
        call(proof=INFINITY),
        call(commitment=INFINITY),
    ],
    ids=["y", "z", "proof", "proof at infinity", "commitment at infinity"],
)
def test_a_proof_that_does_not_hold(data: bytes) -> None:
    with pytest.raises(PrecompileFailure, match=r"^the proof does not hold$"):
        point_evaluation.run(data)


@given(st.integers(0, GROUP_ORDER - 1), st.integers(0, GROUP_ORDER - 1))
def test_a_constant_has_its_value_everywhere(constant: int, z: int) -> None:
    commitment = (G1Point() * Scalar(constant)).to_compressed_bytes()
    assert point_evaluation.run(call(word(z), word(constant), commitment, INFINITY)) == OUTPUT


@pytest.mark.parametrize("length", [0, 191, 193])
def test_length(length: int) -> None:
    with pytest.raises(PrecompileFailure, match=f"^the input must have 192 bytes, not {length}$"):
        point_evaluation.run(call().ljust(193, b"\x00")[:length])


def test_versioned_hash() -> None:
    for wrong in (b"\x02" + call()[1:], call()[:31] + b"\x00" + call()[32:]):
        with pytest.raises(PrecompileFailure, match=r"^the versioned hash is not that of the commitment$"):
            point_evaluation.run(wrong)


def test_field_elements() -> None:
    for wrong in (call(z=word(GROUP_ORDER)), call(y=word(GROUP_ORDER)), call(y=word(2**256 - 1))):
        with pytest.raises(PrecompileFailure, match=r"^a field element must be below the modulus, not 0x"):
            point_evaluation.run(wrong)


@pytest.mark.parametrize(
    "point",
    [
        bytes(48),
        b"\x80" + bytes(47),
        bytes([COMMITMENT[0] & 0x7F]) + COMMITMENT[1:],
        b"\x40" + bytes(47),
        bytes.fromhex(
            "9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"
        ),
    ],
    ids=["zeros", "not in the group", "not compressed", "infinity, not compressed", "x = modulus"],
)
def test_no_point(point: bytes) -> None:
    for data in (call(commitment=point), call(proof=point)):
        with pytest.raises(PrecompileFailure, match=r"^no compressed point of the first group: "):
            point_evaluation.run(data)


@pytest.mark.parametrize("point", [b"\xe0" + bytes(47), INFINITY[:-1] + b"\x01"], ids=["sign", "not all zeros"])
def test_infinity_has_one_form(point: bytes) -> None:
    for data in (call(commitment=point, z=word(0), y=word(0)), call(proof=point)):
        with pytest.raises(PrecompileFailure, match=r"^after its flag the point at infinity is all zeros, not "):
            point_evaluation.run(data)
