"""ECRECOVER and P256VERIFY."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.precompiles import ecrecover, p256_verify
from samestate.spec.evm.precompiles.p256 import CURVE_ORDER as P256_ORDER
from samestate.spec.evm.precompiles.p256 import FIELD_MODULUS as P256_MODULUS
from samestate.spec.evm.precompiles.signature_recovery import CURVE_ORDER, recover_address

MESSAGE_HASH = bytes.fromhex("456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3")
R = 0x9242685BF161793CC25603C231BC2F568EB630EA16AA137D2664AC8038825608
S = 0x4F8AE3BD7535248D0BD448298CC2E2071E56992D0774DC340C368AE950852ADA
SIGNER = bytes.fromhex("7156526fbd7a3c72969b54f64e42c10fbb768c8a")

GOOD_P256 = bytes.fromhex(
    "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
    "2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18"
    "4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76"
    "2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838"
    "c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e"
)
YES = (1).to_bytes(32, "big")


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def test_recovers_the_signer() -> None:
    assert ecrecover.run(MESSAGE_HASH + words(28, R, S)) == bytes(12) + SIGNER
    assert ecrecover.gas(b"") == 3000


def test_bytes_after_the_signature_are_ignored() -> None:
    assert ecrecover.run(MESSAGE_HASH + words(28, R, S) + b"more") == bytes(12) + SIGNER


def test_the_other_half_of_s_is_allowed() -> None:
    assert ecrecover.run(MESSAGE_HASH + words(27, R, CURVE_ORDER - S)) == bytes(12) + SIGNER
    assert recover_address(MESSAGE_HASH, 0, R, CURVE_ORDER - S) == SIGNER


@pytest.mark.parametrize("v", [0, 1, 26, 29, 28 + 2**8, 28 + 2**255, 28 << 248])
def test_the_recovery_identifier_is_27_or_28(v: int) -> None:
    assert ecrecover.run(MESSAGE_HASH + words(v, R, S)) == b""


@pytest.mark.parametrize("beyond", [0, CURVE_ORDER, CURVE_ORDER + 1, 2**256 - 1])
def test_both_halves_are_in_range(beyond: int) -> None:
    assert ecrecover.run(MESSAGE_HASH + words(28, beyond, S)) == b""
    assert ecrecover.run(MESSAGE_HASH + words(28, R, beyond)) == b""


def test_no_point_has_the_coordinate() -> None:
    assert ecrecover.run(MESSAGE_HASH + words(28, 5, S)) == b""


def test_a_key_at_infinity_is_none() -> None:
    # With s R = h G the recovered key is (s R - h G) / r = 0: take R = G, s = h.
    generator_x = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
    assert ecrecover.run(words(7, 27, generator_x, 7)) == b""


def test_a_good_p256_signature() -> None:
    assert p256_verify.run(GOOD_P256) == YES
    assert p256_verify.gas(GOOD_P256) == p256_verify.gas(b"") == 6900


@pytest.mark.parametrize("data", [b"", GOOD_P256[:-1], GOOD_P256 + b"\x00"], ids=["empty", "short", "long"])
def test_other_lengths_are_no_signature(data: bytes) -> None:
    assert p256_verify.run(data) == b""


@pytest.mark.parametrize("position", range(5), ids=["hash", "r", "s", "x", "y"])
def test_a_changed_word_is_no_signature(position: int) -> None:
    changed = bytearray(GOOD_P256)
    changed[32 * position + 31] ^= 1
    assert p256_verify.run(bytes(changed)) == b""


@pytest.mark.parametrize("position", [1, 2])
@pytest.mark.parametrize("beyond", [0, P256_ORDER, 2**256 - 1])
def test_p256_halves_are_in_range(position: int, beyond: int) -> None:
    assert p256_verify.run(GOOD_P256[: 32 * position] + words(beyond) + GOOD_P256[32 * position + 32 :]) == b""


def test_p256_keys() -> None:
    signature, x, y = GOOD_P256[:96], *(int.from_bytes(GOOD_P256[start : start + 32], "big") for start in (96, 128))
    assert p256_verify.run(signature + words(0, 0)) == b""
    assert p256_verify.run(signature + words(x, P256_MODULUS - y)) == b""
    assert p256_verify.run(signature + words(P256_MODULUS, y)) == b""
    assert p256_verify.run(signature + words(x, 2**256 - 1)) == b""


@given(st.integers(1, P256_ORDER - 1), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_good_with_either_half(secret: int, message_hash: bytes) -> None:
    key = derive_private_key(secret, SECP256R1())
    r, s = decode_dss_signature(key.sign(message_hash, ECDSA(Prehashed(SHA256()))))
    public = key.public_key().public_numbers()
    assert p256_verify.run(message_hash + words(r, s, public.x, public.y)) == YES
    assert p256_verify.run(message_hash + words(r, P256_ORDER - s, public.x, public.y)) == YES
