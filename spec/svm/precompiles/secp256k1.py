"""The secp256k1 precompile: who signed is an Ethereum address, recovered from the signature over a Keccak-256 hash.

A byte with the number of signatures, and for each eleven bytes: offset and instruction of the signature, of the
address, of the message with its length between. Offsets and length have 2 bytes, instructions one, and none stands for
the precompile's own.
"""

# source: Agave, precompiles/src/secp256k1.rs

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from coincurve import PublicKey
from Crypto.Hash import keccak

from samestate.spec.svm.errors import custom
from samestate.spec.svm.precompiles import errors

SIGNATURE_BYTES: Final = 64
ETHEREUM_ADDRESS_BYTES: Final = 20
CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_OFFSETS: Final = struct.Struct("<HBHBHHB")


def check_secp256k1(data: bytes, every_data: Sequence[bytes]) -> None:
    """Recover the signer of each signature that the data names. Raises InstructionError."""
    if not data:
        # rule: svm.secp256k1.empty
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    count = data[0]
    if count == 0 and len(data) > 1:
        # rule: svm.secp256k1.nothing-and-more
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    if len(data) < 1 + count * _OFFSETS.size:
        # rule: svm.secp256k1.offsets-missing
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    for place in range(count):
        _check(_OFFSETS.unpack_from(data, 1 + place * _OFFSETS.size), every_data)


def _check(offsets: tuple[int, ...], every_data: Sequence[bytes]) -> None:
    signature_at, signature_in, address_at, address_in, message_at, message_bytes, message_in = offsets
    if signature_in >= len(every_data):
        # rule: svm.secp256k1.no-such-instruction-for-the-signature
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    signature_end = signature_at + SIGNATURE_BYTES
    if signature_end >= len(every_data[signature_in]):
        # rule: svm.secp256k1.signature-beyond-data
        raise custom(errors.INVALID_SIGNATURE)
    signature = every_data[signature_in][signature_at:signature_end]
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if r >= CURVE_ORDER or s >= CURVE_ORDER:
        # rule: svm.secp256k1.signature-out-of-range
        raise custom(errors.INVALID_SIGNATURE)
    recovery_id = every_data[signature_in][signature_end]
    if recovery_id > 3:
        # rule: svm.secp256k1.recovery-id
        raise custom(errors.INVALID_RECOVERY_ID)
    address = _read(every_data, address_in, address_at, ETHEREUM_ADDRESS_BYTES)
    message = _read(every_data, message_in, message_at, message_bytes)
    try:
        public_key = PublicKey.from_signature_and_message(signature + bytes([recovery_id]), message, hasher=_keccak256)
    except ValueError:
        # rule: svm.secp256k1.no-key
        raise custom(errors.INVALID_SIGNATURE) from None
    if _keccak256(public_key.format(compressed=False)[1:])[-ETHEREUM_ADDRESS_BYTES:] != address:
        # rule: svm.secp256k1.other-signer
        raise custom(errors.INVALID_SIGNATURE)


def _read(every_data: Sequence[bytes], instruction: int, offset: int, length: int) -> bytes:
    if instruction >= len(every_data):
        # rule: svm.secp256k1.no-such-instruction
        raise custom(errors.INVALID_DATA_OFFSETS)
    if offset + length > len(every_data[instruction]):
        # rule: svm.secp256k1.beyond-data
        raise custom(errors.INVALID_SIGNATURE)
    return every_data[instruction][offset : offset + length]


def _keccak256(content: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=content).digest()
