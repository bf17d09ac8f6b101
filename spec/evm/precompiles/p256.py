"""P256VERIFY: checks an ECDSA signature on the curve secp256r1, also called P-256 (EIP-7951)."""

# source: EIP-7951, specification

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from samestate.spec.evm.precompiles.precompile import Precompile, word

INPUT_LENGTH = 160
FIELD_MODULUS = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _gas(data: bytes) -> int:
    """The same for every input, whether the signature is good or not."""
    # rule: evm.precompile.p256verify.gas
    return 6900


def _run(data: bytes) -> bytes:
    """Never fails: whatever is no good signature gives empty output."""
    if len(data) != INPUT_LENGTH:
        # rule: evm.precompile.p256verify.empty-length
        return b""
    message_hash, r, s, x, y = data[:32], word(data, 32), word(data, 64), word(data, 96), word(data, 128)
    if not (0 < r < CURVE_ORDER and 0 < s < CURVE_ORDER):
        # rule: evm.precompile.p256verify.empty-signature-range
        return b""
    if x >= FIELD_MODULUS or y >= FIELD_MODULUS:
        # rule: evm.precompile.p256verify.empty-coordinate
        return b""
    try:
        public_key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except ValueError:
        # The point at infinity, all zeros in this encoding, ends here too.
        # rule: evm.precompile.p256verify.empty-curve
        return b""
    try:
        # SHA256 only says how long the hash is, which may be that of any function.
        public_key.verify(encode_dss_signature(r, s), message_hash, ECDSA(Prehashed(SHA256())))
    except InvalidSignature:
        # rule: evm.precompile.p256verify.empty-signature
        return b""
    # rule: evm.precompile.p256verify.output
    return (1).to_bytes(32, "big")


p256_verify = Precompile("p256verify", _gas, _run)
"""Input: hash, r, s, and the key's x and y, 32 bytes each.
Output: 1 in 32 bytes if the signature is good, else nothing.
A signature stays good if s is replaced by the curve's order less s."""
