"""Precompiles: instructions that verify signatures, whose data may lie in any instruction of the transaction."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import Final

from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.signing import SigningKey

from samestate.conformance.generating.svm.instructions import ProgramCall, system, transfer
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, SOL
from samestate.spec.evm.hashing import keccak256
from samestate.spec.svm.addresses import ED25519, SECP256K1
from samestate.spec.svm.addresses import SECP256R1 as SECP256R1_PROGRAM
from samestate.spec.svm.precompiles.secp256r1 import CURVE_ORDER

MESSAGE: Final = b"what was signed"
OWN: Final = 0xFFFF
KEY: Final = SigningKey(hashlib.sha256(b"samestate precompile").digest())
KEY_K1: Final = PrivateKey(hashlib.sha256(b"samestate precompile k1").digest())
NAMES: Final = {
    ED25519: "ed25519_program",
    SECP256K1: "secp256k1_program",
    SECP256R1_PROGRAM: "secp256r1_program",
}


# What signers make


def ed25519_parts() -> tuple[bytes, bytes]:
    """A signature and its key."""
    return KEY.sign(MESSAGE).signature, bytes(KEY.verify_key)


def r1_parts() -> tuple[bytes, bytes]:
    """A signature with s in the lower half, and its compressed key. It is the same at every filling."""
    secret = int.from_bytes(hashlib.sha256(b"samestate precompile r1").digest(), "big") % CURVE_ORDER
    key = derive_private_key(secret, SECP256R1())
    r, s = decode_dss_signature(key.sign(MESSAGE, ECDSA(SHA256(), deterministic_signing=True)))
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return r.to_bytes(32, "big") + min(s, CURVE_ORDER - s).to_bytes(32, "big"), public


def with_offsets(
    program: bytes,
    signature: bytes,
    key: bytes,
    message: bytes = MESSAGE,
    *,
    count: int = 1,
    instruction: int = OWN,
    shift: int = 0,
    more_message: int = 0,
) -> ProgramCall:
    """An instruction of ed25519 or secp256r1 with its data behind the offsets, which may be spoilt."""
    begin = 2 + 14
    offsets = struct.pack(
        "<7H",
        begin + shift,
        instruction,
        begin + len(signature),
        instruction,
        begin + len(signature) + len(key),
        len(message) + more_message,
        instruction,
    )
    return ProgramCall(program, (), bytes([count, 0]) + offsets + signature + key + message)


def k1(
    *,
    signature: bytes | None = None,
    recovery: int | None = None,
    address: bytes | None = None,
    count: int = 1,
    instruction: int = 0,
    signature_instruction: int | None = None,
    shift: int = 0,
    more_message: int = 0,
) -> ProgramCall:
    """An instruction of secp256k1 with its data behind the offsets, which may be spoilt."""
    recoverable = KEY_K1.sign_recoverable(MESSAGE, hasher=keccak256)
    signer = keccak256(KEY_K1.public_key.format(compressed=False)[1:])[-20:]
    begin = 1 + 11
    offsets = struct.pack(
        "<HBHBHHB",
        begin + shift,
        instruction if signature_instruction is None else signature_instruction,
        begin + 65,
        instruction,
        begin + 65 + 20,
        len(MESSAGE) + more_message,
        instruction,
    )
    body = (
        (recoverable[:64] if signature is None else signature)
        + bytes([recoverable[64] if recovery is None else recovery])
        + (signer if address is None else address)
        + MESSAGE
    )
    return ProgramCall(SECP256K1, (), bytes([count]) + offsets + body)


def add_call(
    name: str, sentence: str, call: Callable[[], ProgramCall], code: int | None, fee: int | None = None
) -> None:
    """A precompile's instruction, and the code with which it fails."""

    def story(block: SvmBlockBuilder) -> None:
        made = call()
        block.builtin(made.program, NAMES[made.program])
        payer = block.wallet("payer")
        block.send(payer, made)
        block.expect_errors("" if code is None else f"InstructionError(0, Custom({code}))")
        block.expect_numbers("units", 0)
        if fee is not None:
            block.expect_numbers("fee", fee)
            block.expect_lamports(payer, 10 * SOL - fee)

    add_svm_scenario(__name__, name, sentence, story)


PUBLIC_KEY, RECOVERY_ID, SIGNATURE, OFFSETS, SIZE = range(5)
"""The codes of the runtime's PrecompileError."""

ED, ED_KEY = ed25519_parts()
R1, R1_KEY = r1_parts()
ORDER_25519: Final = 2**252 + 27742317777372353535851937790883648493


def e(instruction: int = OWN, more_message: int = 0) -> Callable[[], ProgramCall]:
    """An ed25519 instruction, spoilt."""
    return lambda: with_offsets(ED25519, ED, ED_KEY, instruction=instruction, more_message=more_message)


def r(shift: int = 0) -> Callable[[], ProgramCall]:
    """A secp256r1 instruction, spoilt."""
    return lambda: with_offsets(SECP256R1_PROGRAM, R1, R1_KEY, shift=shift)


def of(program: bytes, data: bytes) -> Callable[[], ProgramCall]:
    """An instruction with such data."""
    return lambda: ProgramCall(program, (), data)


def larger_s() -> ProgramCall:
    """An ed25519 signature to whose scalar the order of the group is added."""
    scalar = int.from_bytes(ED[32:], "little") + ORDER_25519
    return with_offsets(ED25519, ED[:32] + scalar.to_bytes(32, "little"), ED_KEY)


def high_s() -> ProgramCall:
    """A secp256r1 signature with s in the upper half."""
    s = CURVE_ORDER - int.from_bytes(R1[32:], "big")
    return with_offsets(SECP256R1_PROGRAM, R1[:32] + s.to_bytes(32, "big"), R1_KEY)


add_call("ed25519", "A signature of ed25519 is right, and is paid for.", e(), None, 2 * FEE)
add_call("ed25519_of_nothing", "No signature is verified: two bytes say so.", of(ED25519, bytes(2)), None, FEE)
add_call(
    "ed25519_of_nothing_and_more", "No signature is verified, and there is more data.", of(ED25519, bytes(3)), SIZE
)
add_call("ed25519_without_data", "There is no data.", of(ED25519, b""), SIZE)
add_call("ed25519_without_offsets", "The offsets of a signature are missing.", of(ED25519, b"\x01\x00"), SIZE)
add_call(
    "ed25519_of_two",
    "Two signatures are to be verified, and one has offsets.",
    of(ED25519, b"\x02\x00" + bytes(14)),
    SIZE,
)
add_call(
    "ed25519_of_another",
    "The message is not what was signed.",
    lambda: with_offsets(ED25519, ED, ED_KEY, b"another"),
    SIGNATURE,
)
add_call("ed25519_large_scalar", "The scalar is above the order of the group.", larger_s, SIGNATURE)
add_call("ed25519_no_key", "The key is no point.", lambda: with_offsets(ED25519, ED, b"\x02" + bytes(31)), PUBLIC_KEY)
add_call(
    "ed25519_small_key",
    "The key is of small order.",
    lambda: with_offsets(ED25519, b"\x01" + bytes(63), b"\x01" + bytes(31)),
    SIGNATURE,
)
add_call("ed25519_no_instruction", "The data lies in an instruction that there is not.", e(instruction=1), OFFSETS)
add_call("ed25519_beyond", "The message ends behind the data.", e(more_message=1), OFFSETS)
add_call(
    "ed25519_in_itself",
    "The data lies in the instruction of that number, which is its own.",
    e(instruction=0),
    None,
    2 * FEE,
)
add_call("secp256k1", "A signature of secp256k1 gives the signer's address.", k1, None, 2 * FEE)
add_call("secp256k1_of_nothing", "No signature is verified: one byte says so.", of(SECP256K1, bytes(1)), None, FEE)
add_call(
    "secp256k1_of_nothing_and_more", "No signature is verified, and there is more data.", of(SECP256K1, bytes(2)), SIZE
)
add_call("secp256k1_without_data", "There is no data.", of(SECP256K1, b""), SIZE)
add_call(
    "secp256k1_without_offsets", "The offsets of a signature are missing.", of(SECP256K1, b"\x01" + bytes(10)), SIZE
)
add_call("secp256k1_another_signer", "The address is not the signer's.", lambda: k1(address=bytes(20)), SIGNATURE)
add_call("secp256k1_recovery_4", "The recovery id is 4.", lambda: k1(recovery=4), RECOVERY_ID)
add_call("secp256k1_recovery_27", "The recovery id is Ethereum's 27.", lambda: k1(recovery=27), RECOVERY_ID)
add_call("secp256k1_zero", "The signature is zero.", lambda: k1(signature=bytes(64)), SIGNATURE)
add_call(
    "secp256k1_beyond_the_order",
    "r is above the order of the curve.",
    lambda: k1(signature=b"\xff" * 32 + b"\x01" * 32),
    SIGNATURE,
)
add_call(
    "secp256k1_no_instruction",
    "Address and message lie in an instruction that there is not.",
    lambda: k1(instruction=9, signature_instruction=0),
    OFFSETS,
)
add_call(
    "secp256k1_no_instruction_of_the_signature",
    "The signature lies in an instruction that there is not.",
    lambda: k1(signature_instruction=9),
    SIZE,
)
add_call("secp256k1_signature_beyond", "The signature lies behind the data.", lambda: k1(shift=500), SIGNATURE)
add_call("secp256k1_message_beyond", "The message ends behind the data.", lambda: k1(more_message=1), SIGNATURE)
add_call("secp256r1", "A signature of secp256r1 is right.", r(), None, 2 * FEE)
add_call("secp256r1_of_nothing", "No signature is verified.", of(SECP256R1_PROGRAM, bytes(2)), SIZE)
add_call(
    "secp256r1_of_nine",
    "Nine signatures are to be verified, and eight are allowed.",
    of(SECP256R1_PROGRAM, b"\x09\x00" + bytes(126)),
    SIZE,
)
add_call("secp256r1_without_data", "There is no data.", of(SECP256R1_PROGRAM, b""), SIZE)
add_call(
    "secp256r1_without_offsets",
    "The offsets of a signature are missing.",
    of(SECP256R1_PROGRAM, b"\x01\x00" + bytes(13)),
    SIZE,
)
add_call("secp256r1_high_s", "s is in the upper half of its range.", high_s, SIGNATURE)
add_call(
    "secp256r1_of_another",
    "The message is not what was signed.",
    lambda: with_offsets(SECP256R1_PROGRAM, R1, R1_KEY, b"another"),
    SIGNATURE,
)
add_call(
    "secp256r1_no_key",
    "The key is no point.",
    lambda: with_offsets(SECP256R1_PROGRAM, R1, b"\x05" + R1_KEY[1:]),
    PUBLIC_KEY,
)
add_call(
    "secp256r1_zero", "r is zero.", lambda: with_offsets(SECP256R1_PROGRAM, bytes(32) + R1[32:], R1_KEY), SIGNATURE
)
add_call("secp256r1_beyond", "The signature lies behind the data.", r(shift=500), OFFSETS)


@svm_scenario()
def data_in_another_instruction(block: SvmBlockBuilder) -> None:
    """Signature, key and message lie in the data of the transaction's other instruction, which itself fails."""
    block.builtin(ED25519, NAMES[ED25519])
    payer = block.wallet("payer")
    body = with_offsets(ED25519, ED, ED_KEY).data
    only_offsets = ProgramCall(ED25519, (), with_offsets(ED25519, ED, ED_KEY, instruction=1).data[:16])
    block.send(payer, only_offsets, system(int.from_bytes(body[:4], "little"), body[4:]))
    block.expect_errors("InstructionError(1, InvalidInstructionData)")


@svm_scenario()
def behind_an_instruction_that_failed(block: SvmBlockBuilder) -> None:
    """The instruction before a precompile's fails: that is the error, though the signature is wrong as well."""
    block.builtin(ED25519, NAMES[ED25519])
    payer, shop = block.wallets("payer", "shop")
    wrong = with_offsets(ED25519, ED, ED_KEY, b"another")
    block.send(payer, transfer(payer.address, shop.address, 100 * SOL), wrong)
    block.expect_errors("InstructionError(0, Custom(1))")
    block.expect_numbers("fee", 2 * FEE)
