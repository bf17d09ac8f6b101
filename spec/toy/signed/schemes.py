"""The signature schemes: how long their keys and signatures are, what encodes one, and whether one is right.

A hybrid key is an ed25519 key followed by an ML-DSA-65 key, and a hybrid signature is a signature by each, in that
order: both have to be right, so that it holds as long as either scheme does.
"""

# source: RFC 8032, section 5.1; FIPS 204, sections 4 and 7.2; Samestate: vectors/FORMAT.md, "Signatures"

from __future__ import annotations

import enum
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""The order of the group of ed25519, which S must be below (RFC 8032, section 5.1.7)."""
HALF: Final = 32
"""Bytes of each half of an ed25519 signature: the point R, then the number S."""


class Scheme(enum.Enum):
    """A signature scheme. The value is the byte that stands for it in encodings."""

    ED25519 = 1
    ML_DSA_44 = 2
    ML_DSA_65 = 3
    HYBRID = 4


@dataclass(frozen=True, slots=True)
class MlDsaSizes:
    """Of a parameter set of ML-DSA: bytes of keys and signatures; and the hint, which is what a signature ends with.

    The hint marks up to ``omega`` coefficients of ``k`` polynomials (FIPS 204, section 4, table 1).
    """

    public_key: int
    signature: int
    omega: int
    k: int


SIZES_44: Final = MlDsaSizes(public_key=1312, signature=2420, omega=80, k=4)
SIZES_65: Final = MlDsaSizes(public_key=1952, signature=3309, omega=55, k=6)
ED25519_KEY: Final = 32
ED25519_SIGNATURE: Final = 64

KEY_BYTES: Final = {
    Scheme.ED25519: ED25519_KEY,
    Scheme.ML_DSA_44: SIZES_44.public_key,
    Scheme.ML_DSA_65: SIZES_65.public_key,
    Scheme.HYBRID: ED25519_KEY + SIZES_65.public_key,
}
SIGNATURE_BYTES: Final = {
    Scheme.ED25519: ED25519_SIGNATURE,
    Scheme.ML_DSA_44: SIZES_44.signature,
    Scheme.ML_DSA_65: SIZES_65.signature,
    Scheme.HYBRID: ED25519_SIGNATURE + SIZES_65.signature,
}


# What encodes a signature


def is_well_formed(scheme: Scheme, signature: bytes) -> bool:
    """Whether bytes of the scheme's length encode a signature at all, by whatever key and of whatever message."""
    match scheme:
        case Scheme.ED25519:
            return is_scalar_reduced(signature)
        case Scheme.ML_DSA_44:
            return is_hint_canonical(signature, SIZES_44)
        case Scheme.ML_DSA_65:
            return is_hint_canonical(signature, SIZES_65)
        case Scheme.HYBRID:
            first, second = halves(signature, ED25519_SIGNATURE)
            return is_scalar_reduced(first) and is_hint_canonical(second, SIZES_65)


def is_scalar_reduced(signature: bytes) -> bool:
    """Whether the number S of an ed25519 signature is below the order of the group."""
    # rule: toy.signed.form.scalar
    return int.from_bytes(signature[HALF:], "little") < GROUP_ORDER


def is_hint_canonical(signature: bytes, sizes: MlDsaSizes) -> bool:
    """Whether the hint of an ML-DSA signature is one, written as it must be (FIPS 204, algorithm 21, HintBitUnpack).

    It is ``omega`` places and ``k`` ends: up to which of the places are those of each polynomial.
    """
    hint = signature[-(sizes.omega + sizes.k) :]
    places, ends = hint[: sizes.omega], hint[sizes.omega :]
    begin = 0
    for end in ends:
        if not begin <= end <= sizes.omega:
            # rule: toy.signed.form.hint-ends
            return False
        mine = places[begin:end]
        if any(earlier >= later for earlier, later in pairwise(mine)):
            # rule: toy.signed.form.hint-order
            return False
        begin = end
    # rule: toy.signed.form.hint-padding
    return not any(places[begin:])


# Whether a signature is right


def is_valid(scheme: Scheme, public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a well-formed signature of the message is that of the key, both of the scheme's length."""
    match scheme:
        case Scheme.ED25519:
            return verify_ed25519(public_key, signature, message)
        case Scheme.ML_DSA_44:
            return verify_ml_dsa_44(public_key, signature, message)
        case Scheme.ML_DSA_65:
            return verify_ml_dsa_65(public_key, signature, message)
        case Scheme.HYBRID:
            keys = halves(public_key, ED25519_KEY)
            signatures = halves(signature, ED25519_SIGNATURE)
            # rule: toy.signed.verify.hybrid
            return verify_ed25519(keys[0], signatures[0], message) and verify_ml_dsa_65(keys[1], signatures[1], message)


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """By the strict criterion, libsodium's: neither key nor R is of small order, the equation is without cofactor."""
    from nacl.bindings import crypto_sign_open  # imported where it is needed: the toy is, where no signature is
    from nacl.exceptions import CryptoError

    try:
        crypto_sign_open(signature + message, public_key)
    except CryptoError:
        # rule: toy.signed.verify.ed25519
        return False
    return True


def verify_ml_dsa_44(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """FIPS 204, algorithm 3, with an empty context: what a signature is for stands in the message."""
    from dilithium_py.ml_dsa import ML_DSA_44  # imported where it is needed, which few runs do

    # rule: toy.signed.verify.ml-dsa-44
    return bool(ML_DSA_44.verify(public_key, message, signature))


def verify_ml_dsa_65(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """As :func:`verify_ml_dsa_44`, of the other parameter set."""
    from dilithium_py.ml_dsa import ML_DSA_65

    # rule: toy.signed.verify.ml-dsa-65
    return bool(ML_DSA_65.verify(public_key, message, signature))


def halves(content: bytes, first: int) -> tuple[bytes, bytes]:
    """The two parts of a hybrid key or signature, of which the first has so many bytes."""
    return content[:first], content[first:]
