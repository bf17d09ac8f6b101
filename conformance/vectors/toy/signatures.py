"""Signatures and registrations of the toy machine, as a vector has them."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import hexed, unhexed
from samestate.conformance.vectors.model import text
from samestate.spec.toy.signed.content import Registration, Signature
from samestate.spec.toy.signed.schemes import Scheme

SCHEME_NAMES: Final = {
    Scheme.ED25519: "ed25519",
    Scheme.ML_DSA_44: "ml-dsa-44",
    Scheme.ML_DSA_65: "ml-dsa-65",
    Scheme.HYBRID: "hybrid",
}
SCHEMES: Final = {name: scheme for scheme, name in SCHEME_NAMES.items()}
"""The schemes by the names that vectors have for them."""

ML_DSA: Final = frozenset(SCHEME_NAMES[scheme] for scheme in Scheme if scheme is not Scheme.ED25519)
"""The names of the schemes that ML-DSA is part of."""


def read_signature(entry: Object) -> Signature:
    """A signature. Raises ValueError where the number of the key does not fit."""
    return Signature(int(text(entry, "key")), SCHEMES[text(entry, "scheme")], unhexed(text(entry, "bytes")))


def write_signature(signature: Signature) -> Object:
    """A signature as a vector has it."""
    return {
        "key": str(signature.key),
        "scheme": SCHEME_NAMES[signature.scheme],
        "bytes": hexed(signature.content),
    }


def read_registration(entry: Object) -> Registration:
    """A registration. Raises ValueError where the number of the key does not fit."""
    return Registration(
        account=unhexed(text(entry, "account")),
        key=int(text(entry, "key")),
        scheme=SCHEMES[text(entry, "scheme")],
        public_key=unhexed(text(entry, "public_key")),
        possession=unhexed(text(entry, "possession")),
    )


def write_registration(registration: Registration) -> Object:
    """A registration as a vector has it."""
    return {
        "account": hexed(registration.account),
        "key": str(registration.key),
        "scheme": SCHEME_NAMES[registration.scheme],
        "public_key": hexed(registration.public_key),
        "possession": hexed(registration.possession),
    }
