"""Signatures on other curves, by libraries that only Python reaches. Precompiles that need them are rare."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from samestate.optimized.words.keccak import keccak

VALID = 0
INVALID_PUBLIC_KEY = 1
"""PrecompileError and one more, as all that is not 0."""
INVALID_SIGNATURE = 3


def recovers_address(signature: bytes, address: bytes, message: bytes) -> int:
    """Whether the key that signed the Keccak hash of a message, with its recovery id behind, has this address."""
    from coincurve import PublicKey

    try:
        key = PublicKey.from_signature_and_message(signature, keccak(message), hasher=None)
    except ValueError:
        return INVALID_SIGNATURE
    return VALID if keccak(key.format(compressed=False)[1:])[12:] == address else INVALID_SIGNATURE


def verifies_secp256r1(signature: bytes, key: bytes, message: bytes) -> int:
    """Whether a signature of a message by a compressed key on P-256 is valid. Its numbers are in their ranges."""
    try:
        point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), key)
    except ValueError:
        return INVALID_PUBLIC_KEY
    numbers = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        point.verify(encode_dss_signature(*numbers), message, ECDSA(SHA256()))
    except InvalidSignature:
        return INVALID_SIGNATURE
    return VALID
