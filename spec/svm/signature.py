"""Signatures on ed25519, verified as strictly as the main network does: what one verifier takes, all take.

The scalar is below the group's order, neither the key nor R is a point of small order, and the equation holds without
the cofactor. libsodium's criterion is this one.
"""

# source: RFC 8032, section 5.1.7; Agave, ed25519-dalek's verify_strict

from __future__ import annotations

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import base58
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.transaction import SignedTransaction


def verify_strict(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature (64 bytes) of the message is that of the key (32 bytes)."""
    try:
        crypto_sign_open(signature + message, public_key)
    except CryptoError:
        # rule: svm.signature.strict
        return False
    return True


def check_signatures(transaction: SignedTransaction) -> None:
    """Raise Rejection where one of the signatures of a transaction is not valid."""
    signers = transaction.message.keys[: transaction.message.header.required_signatures]
    for address, signature in zip(signers, transaction.signatures, strict=True):
        if not verify_strict(address, signature, transaction.signed):
            # rule: svm.signature.failure
            raise Rejection(Invalid.SIGNATURE_FAILURE, f"the signature of {base58(address)}")


def sign(message: bytes, seed: bytes) -> bytes:
    """The signature of a message with the key that a seed of 32 bytes makes."""
    return SigningKey(seed).sign(message).signature


def address_of(seed: bytes) -> bytes:
    """The address of the key that a seed of 32 bytes makes."""
    return bytes(SigningKey(seed).verify_key)
