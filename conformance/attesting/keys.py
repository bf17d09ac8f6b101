"""Keys of parties: a pair of an ed25519 and an ML-DSA-65 key, of which both sign, so that either may be broken.

A party is its fingerprint: SHA-256 over the canonical form of its public key. Files are canonical JSON and a newline.
"""

# source: RFC 8032, section 5.1; FIPS 204, algorithms 1 to 3, with an empty context

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeGuard

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from samestate.conformance.attesting.canonical import canonical
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document
from samestate.conformance.output.targets import remove, write_new
from samestate.spec.toy.signed.schemes import (
    ED25519_KEY,
    ED25519_SIGNATURE,
    SIZES_65,
    Scheme,
    is_valid,
    is_well_formed,
)

PRIVATE: Final = "samestate-private-key/1"
PUBLIC: Final = "samestate-public-key/1"
ED25519: Final = "ed25519"
ML_DSA_65: Final = "ml-dsa-65"
SEED: Final = 32
SIZE_LIMIT: Final = 1 << 16
"""The most bytes that the file of a key may have."""
FINGERPRINT: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
HEX: Final = re.compile(r"0x(?:[0-9a-f]{2})+")
SECRET_MODE: Final = 0o600
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public keys of a party, as both schemes encode them."""

    ed25519: bytes
    ml_dsa_65: bytes

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {ED25519: f"0x{self.ed25519.hex()}", ML_DSA_65: f"0x{self.ml_dsa_65.hex()}"}

    @property
    def fingerprint(self) -> str:
        """By which the party is known."""
        return hashlib.sha256(canonical(self.document())).hexdigest()

    def verify(self, message: bytes, signatures: SignaturePair) -> str:
        """The name of the scheme by which the message is not signed, or nothing."""
        ours = {
            ED25519: (Scheme.ED25519, self.ed25519, signatures.ed25519),
            ML_DSA_65: (Scheme.ML_DSA_65, self.ml_dsa_65, signatures.ml_dsa_65),
        }
        for name, (scheme, key, signature) in ours.items():
            if not (is_well_formed(scheme, signature) and is_valid(scheme, key, signature, message)):
                return name
        return ""


@dataclass(frozen=True, slots=True)
class SignaturePair:
    """A signature by each scheme, of one message."""

    ed25519: bytes
    ml_dsa_65: bytes

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {ED25519: f"0x{self.ed25519.hex()}", ML_DSA_65: f"0x{self.ml_dsa_65.hex()}"}


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """The seeds from which both key pairs follow. They are never shown."""

    ed25519: bytes = field(repr=False)
    ml_dsa_65: bytes = field(repr=False)

    @classmethod
    def random(cls) -> PrivateKey:
        """A new key."""
        return cls(secrets.token_bytes(SEED), secrets.token_bytes(SEED))

    @property
    def public(self) -> PublicKey:
        """The public part."""
        ed25519, _ = crypto_sign_seed_keypair(self.ed25519)
        return PublicKey(ed25519, _public_ml_dsa(self.ml_dsa_65))

    def sign(self, message: bytes) -> SignaturePair:
        """The message, signed by both schemes."""
        _, secret = crypto_sign_seed_keypair(self.ed25519)
        signed = crypto_sign(message, secret)[:ED25519_SIGNATURE]
        return SignaturePair(signed, _sign_ml_dsa(self.ml_dsa_65, message))


def _public_ml_dsa(seed: bytes) -> bytes:
    """The public ML-DSA-65 key of a seed."""
    from dilithium_py.ml_dsa import ML_DSA_65 as SCHEME  # imported where it is needed: it takes a while

    public, _ = SCHEME.key_derive(seed)
    return bytes(public)


def _sign_ml_dsa(seed: bytes, message: bytes) -> bytes:
    """The ML-DSA-65 signature of a message: in native code where `cryptography` has it, and else in Python."""
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa  # type: ignore[attr-defined,unused-ignore]
    except ImportError:  # before version 47
        from dilithium_py.ml_dsa import ML_DSA_65 as SCHEME

        _, secret = SCHEME.key_derive(seed)
        return bytes(SCHEME.sign(secret, message))
    return bytes(mldsa.MLDSA65PrivateKey.from_seed_bytes(seed).sign(message))


# Files


def make_key(path: Path) -> PublicKey:
    """A new key in a file that nobody else may read, and its public part beside it. Raises InputError.

    Neither file is written over.
    """
    if path.name in ("", ".."):
        raise InputError(f"{path}: must be the name of a file, which is not there yet")
    public_path = public_file(path)
    if os.path.lexists(public_path):
        raise InputError(f"{public_path}: is there already, and a key is never written over; give another name")
    key = PrivateKey.random()
    secret = {ED25519: f"0x{key.ed25519.hex()}", ML_DSA_65: f"0x{key.ml_dsa_65.hex()}", "format": PRIVATE}
    write_new("", path, canonical(secret) + b"\n", SECRET_MODE)
    try:
        write_new("", public_path, canonical({**key.public.document(), "format": PUBLIC}) + b"\n", 0o644)
    except BaseException:  # half a pair would be in the way of the next try
        with contextlib.suppress(InputError):
            remove("", path)
        raise
    return key.public


def public_file(path: Path) -> Path:
    """Where the public part of a key lies."""
    return path.with_name(f"{path.name}.pub")


def read_private(option: str, path: Path) -> PrivateKey:
    """The key in a file. Raises InputError where it is none, or others may read it."""
    values = _read(option, path, PRIVATE, (SEED, SEED))
    if path.stat().st_mode & OTHERS:
        raise InputError(f"{option} {path}: others may read this key; keep it to yourself: chmod 600 {path}")
    return PrivateKey(*values)


def fingerprint_of(option: str, text: str) -> str:
    """The party that an option names: by its fingerprint, or by the file of its public key. Raises InputError."""
    said = FINGERPRINT.fullmatch(text)
    if said is not None:
        return said[1]
    return PublicKey(*_read(option, Path(text), PUBLIC, (ED25519_KEY, SIZES_65.public_key))).fingerprint


def _read(option: str, path: Path, format: str, sizes: tuple[int, int]) -> tuple[bytes, bytes]:
    """The two parts of a key in a file. Raises InputError."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise InputError(f"{option} {path}: cannot be read: {error.strerror or error}") from error
    try:
        value = Document(str(path), content[:SIZE_LIMIT]).json()
    except InputError as error:
        raise InputError(f"{option} {path}: is no key: it must be what `samestate keygen` writes") from error
    if not isinstance(value, dict) or set(value) != {"format", ED25519, ML_DSA_65}:
        raise InputError(f"{option} {path}: is no key: it must be what `samestate keygen` writes")
    if value["format"] != format:
        raise InputError(f"{option} {path}: is of the format {value['format']!r}, and must be a {format}")
    ed25519, ml_dsa_65 = (data_of(value[name]) for name in (ED25519, ML_DSA_65))
    if ed25519 is None or ml_dsa_65 is None or (len(ed25519), len(ml_dsa_65)) != sizes:
        raise InputError(f"{option} {path}: is no key: {ED25519} and {ML_DSA_65} must have {sizes} bytes, in hex")
    return ed25519, ml_dsa_65


def data_of(value: object) -> bytes | None:
    """Bytes that are written as ``0x`` and small hex digits, or None."""
    return bytes.fromhex(value[2:]) if _is_text(value) and HEX.fullmatch(value) is not None else None


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)
