"""The secp256r1 precompile: ECDSA over SHA-256 on the curve P-256, with s in the lower half of its range."""

# source: Agave, precompiles/src/secp256r1.rs; SIMD-0075

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from samestate.spec.svm.errors import custom
from samestate.spec.svm.precompiles import errors
from samestate.spec.svm.precompiles.offsets import HEAD_BYTES, SignatureOffsets, has_room

SIGNATURE_BYTES: Final = 64
COMPRESSED_KEY_BYTES: Final = 33
MAXIMUM_SIGNATURES: Final = 8
CURVE_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def check_secp256r1(data: bytes, every_data: Sequence[bytes]) -> None:
    """Verify each signature that the data names. Raises InstructionError."""
    if len(data) < HEAD_BYTES:
        # rule: svm.secp256r1.too-short
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    count = data[0]
    if not 1 <= count <= MAXIMUM_SIGNATURES:
        # rule: svm.secp256r1.count
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    if not has_room(data, count):
        # rule: svm.secp256r1.offsets-missing
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    for place in range(count):
        offsets = SignatureOffsets.decode(data, place, SIGNATURE_BYTES, COMPRESSED_KEY_BYTES)
        signature = offsets.signature.read(data, every_data)
        public_key = offsets.public_key.read(data, every_data)
        message = offsets.message.read(data, every_data)
        _check(signature, public_key, message)


def _check(signature: bytes, public_key: bytes, message: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (1 <= r < CURVE_ORDER and 1 <= s <= CURVE_ORDER // 2):
        # rule: svm.secp256r1.signature-out-of-range
        raise custom(errors.INVALID_SIGNATURE)
    try:
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    except ValueError:
        # rule: svm.secp256r1.public-key
        raise custom(errors.INVALID_PUBLIC_KEY) from None
    try:
        key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except InvalidSignature:
        # rule: svm.secp256r1.signature
        raise custom(errors.INVALID_SIGNATURE) from None
