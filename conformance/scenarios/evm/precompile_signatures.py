"""ECRECOVER and P256VERIFY, asked by several transactions: what is no signature gives nothing, and never fails."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.curve_points import word
from samestate.conformance.scenarios.precompile_questions import Question, ask
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, OSAKA, PRAGUE
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.precompiles import ECRECOVER, P256_VERIFY
from samestate.spec.evm.signature import address_of, sign_hash

ECRECOVER_GAS: Final = 3_000
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEY: Final = keccak256(b"samestate ecrecover")
MESSAGE: Final = keccak256(b"a message that somebody has signed")
SIGNER: Final = address_of(KEY).rjust(32, b"\x00")
NO_X: Final = 5
"""secp256k1 has no point with this x-coordinate."""


def signed(**changes: int) -> bytes:
    """The input that recovers the signer, with some of ``v``, ``r`` and ``s`` changed."""
    parity, r, s = sign_hash(KEY, MESSAGE)
    parts = {"v": 27 + parity, "r": r, "s": s, **changes}
    return MESSAGE + b"".join(word(parts[name]) for name in ("v", "r", "s"))


def recovered(what: str, data: bytes, answer: bytes = b"") -> Question:
    """A question to ECRECOVER, which gives nothing unless ``answer`` says more."""
    return Question(what, data, answer, ECRECOVER_GAS)


@scenario(hazards="H51 H65", forks=(BERLIN, AMSTERDAM))
def signers_are_recovered(block: BlockBuilder) -> None:
    """A signature, the same with a high s, and with more behind it: who signed; without its s nobody."""
    parity, _, s = sign_hash(KEY, MESSAGE)
    right = recovered("a signature", signed(), SIGNER)
    ask(
        block,
        ECRECOVER,
        [
            right,
            right.with_gas(less=1),
            recovered("the signature with the other s", signed(v=28 - parity, s=ORDER - s), SIGNER),
            recovered("the signature and more behind it", signed() + b"\xff" * 33, SIGNER),
            recovered("nothing at all", b""),
            recovered("a signature without its s", signed()[:96]),
        ],
    )


@scenario(hazards="H51 H65", forks=(BERLIN,))
def nobody_is_recovered(block: BlockBuilder) -> None:
    """Recovery identifiers that are neither 27 nor 28, and r and s at both ends of their range: nothing comes back."""
    ask(
        block,
        ECRECOVER,
        [
            *(recovered(f"v = {v}", signed(v=v)) for v in (0, 1, 26, 29, 2**8 + 27, 2**255 + 27)),
            *(recovered(f"r = {r:#x}", signed(r=r)) for r in (0, ORDER, 2**256 - 1)),
            *(recovered(f"s = {s:#x}", signed(s=s)) for s in (0, ORDER)),
            recovered("r of no point", signed(r=NO_X)),
        ],
    )


P256_GAS: Final = 6_900
P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_MODULUS: Final = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
SECRET: Final = int.from_bytes(keccak256(b"samestate p256 secret"), "big") % P256_ORDER
EPHEMERAL: Final = int.from_bytes(keccak256(b"samestate p256 ephemeral"), "big") % P256_ORDER
GOOD: Final = word(1)


def p256_signed(**changes: int) -> bytes:
    """The input of a good signature, with some of ``h``, ``r``, ``s``, ``x`` and ``y`` changed."""
    key = derive_private_key(SECRET, SECP256R1()).public_key().public_numbers()
    digest = int.from_bytes(MESSAGE, "big")
    r = derive_private_key(EPHEMERAL, SECP256R1()).public_key().public_numbers().x % P256_ORDER
    s = pow(EPHEMERAL, -1, P256_ORDER) * (digest + r * SECRET) % P256_ORDER
    parts = {"h": digest, "r": r, "s": s, "x": key.x, "y": key.y, **changes}
    return b"".join(word(parts[name]) for name in ("h", "r", "s", "x", "y"))


def verified(what: str, data: bytes, answer: bytes = b"") -> Question:
    """A question to P256VERIFY, which gives nothing unless ``answer`` says more."""
    return Question(what, data, answer, P256_GAS)


@scenario(hazards="H51 H65", forks=(OSAKA, AMSTERDAM))
def p256_signatures_are_verified(block: BlockBuilder) -> None:
    """A good signature, and its twin with the other s: both hold; for too little gas the call fails (EIP-7951)."""
    s = int.from_bytes(p256_signed()[64:96], "big")
    right = verified("a signature", p256_signed(), GOOD)
    ask(
        block,
        P256_VERIFY,
        [
            right,
            right.with_gas(less=1),
            verified("the signature with the other s", p256_signed(s=P256_ORDER - s), GOOD),
            verified("another message", p256_signed(h=7)),
            verified("the signature with the other key of the same x", p256_signed(y=P256_MODULUS - _y())),
        ],
    )


def _y() -> int:
    return int.from_bytes(p256_signed()[128:160], "big")


@scenario(hazards="H51 H65", forks=(OSAKA,))
def p256_input_that_is_no_signature(block: BlockBuilder) -> None:
    """Numbers at the ends of their range, keys off the curve and wrong lengths: success, and no output (EIP-7951)."""
    ask(
        block,
        P256_VERIFY,
        [
            verified("no input", b""),
            verified("a byte too few", p256_signed()[:-1]),
            verified("a byte too many", p256_signed() + b"\x00"),
            *(verified(f"r = {r:#x}", p256_signed(r=r)) for r in (0, P256_ORDER)),
            *(verified(f"s = {s:#x}", p256_signed(s=s)) for s in (0, P256_ORDER)),
            *(verified(f"x = {x:#x}", p256_signed(x=x)) for x in (P256_MODULUS, 2**256 - 1)),
            verified("y = the modulus", p256_signed(y=P256_MODULUS)),
            verified("a key off the curve", p256_signed(y=1)),
            verified("the key at infinity", p256_signed(x=0, y=0)),
        ],
    )


@scenario(hazards="H45 H51", forks=(PRAGUE,))
def p256_before_it_came(block: BlockBuilder) -> None:
    """Before Osaka the address of P256VERIFY is nobody's: calls to it succeed for no gas, and give nothing."""
    ask(block, P256_VERIFY, [Question("a signature", p256_signed(), b"", 0), Question("nothing", b"", b"", 0)])
