"""Signing for generators and scenarios: keys from seeds, and signatures that are the same each time.

ML-DSA is signed without randomness (FIPS 204, algorithm 2, the deterministic variant), so that a vector is the same
whenever it is filled.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from nacl.signing import SigningKey

from samestate.spec.toy.block import Transaction
from samestate.spec.toy.signed.content import Registration, Signature
from samestate.spec.toy.signed.registry import RegisteredKey, address_of
from samestate.spec.toy.signed.schemes import Scheme
from samestate.spec.toy.signed.signing import possession_bytes, signed_bytes


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair of a scheme, which follows from a seed of 32 bytes."""

    scheme: Scheme
    seed: bytes

    @property
    def public_key(self) -> bytes:
        """The public key."""
        return public_key_of(self.scheme, self.seed)

    @property
    def registered(self) -> RegisteredKey:
        """As the state has it."""
        return RegisteredKey(self.scheme, self.public_key)

    @property
    def address(self) -> bytes:
        """The address of the account that begins with it."""
        return address_of(self.scheme, self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        return signature_of(self.scheme, self.seed, message)


def named_key(name: str, scheme: Scheme = Scheme.ED25519) -> KeyPair:
    """The key pair of a name."""
    return KeyPair(scheme, hashlib.sha256(f"samestate toy key {name}".encode()).digest())


@lru_cache(maxsize=1024)
def public_key_of(scheme: Scheme, seed: bytes) -> bytes:
    """The public key that a seed makes."""
    match scheme:
        case Scheme.ED25519:
            return bytes(SigningKey(seed).verify_key)
        case Scheme.ML_DSA_44 | Scheme.ML_DSA_65:
            return ml_dsa_keys(scheme, seed)[0]
        case Scheme.HYBRID:
            return public_key_of(Scheme.ED25519, seed) + public_key_of(Scheme.ML_DSA_65, seed)


@lru_cache(maxsize=1024)
def signature_of(scheme: Scheme, seed: bytes, message: bytes) -> bytes:
    """The signature of a message by the key that a seed makes."""
    match scheme:
        case Scheme.ED25519:
            return SigningKey(seed).sign(message).signature
        case Scheme.ML_DSA_44 | Scheme.ML_DSA_65:
            return sign_ml_dsa(scheme, seed, message)
        case Scheme.HYBRID:
            return signature_of(Scheme.ED25519, seed, message) + signature_of(Scheme.ML_DSA_65, seed, message)


def ml_dsa(scheme: Scheme) -> Any:
    """The parameter set of a scheme. Imported where it is needed, which few runs do."""
    from dilithium_py.ml_dsa import ML_DSA_44, ML_DSA_65

    return ML_DSA_44 if scheme is Scheme.ML_DSA_44 else ML_DSA_65


@lru_cache(maxsize=256)
def ml_dsa_keys(scheme: Scheme, seed: bytes) -> tuple[bytes, bytes]:
    """The public key and the secret key that a seed makes."""
    public, secret = ml_dsa(scheme).key_derive(seed)
    return bytes(public), bytes(secret)


def sign_ml_dsa(scheme: Scheme, seed: bytes, message: bytes) -> bytes:
    """The signature of a message without randomness, and with an empty context."""
    return bytes(ml_dsa(scheme).sign(ml_dsa_keys(scheme, seed)[1], message, deterministic=True))


def unsigned(key: int, scheme: Scheme) -> Signature:
    """The place of a signature that is yet to be made: what is signed says by which key."""
    return Signature(key, scheme, b"")


def signed(transaction: Transaction, chain_id: int, pair: KeyPair, new: KeyPair | None = None) -> Transaction:
    """The transaction, signed by the pair; and by the ``new`` one that it registers, where that holds its key."""
    signature, registration = transaction.signature, transaction.registration
    if signature is None:
        raise ValueError("a transaction to be signed says by which key")
    content = pair.sign(signed_bytes(transaction, chain_id))
    if registration is not None and new is not None:
        registration = replace(registration, possession=new.sign(possession_bytes(transaction, chain_id)))
    return replace(transaction, signature=replace(signature, content=content), registration=registration)


def registering(account: bytes, key: int, pair: KeyPair) -> Registration:
    """The registration of a pair's key, whose possession is yet to be proven."""
    return Registration(account, key, pair.scheme, pair.public_key, b"")
