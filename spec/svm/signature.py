"""Signatures on ed25519, verified as strictly as the main network does: what one verifier takes, all take.

The scalar is below the group's order, neither the key nor R is a point of small order, and the equation holds without
the cofactor. libsodium's criterion is this one.
"""

# source: RFC 8032, section 5.1.7; Agave, ed25519-dalek's verify_strict

from __future__ import annotations

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError


def verify_strict(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature (64 bytes) of the message is that of the key (32 bytes)."""
    try:
        crypto_sign_open(signature + message, public_key)
    except CryptoError:
        # rule: svm.signature.strict
        return False
    return True
