"""Instructions of the three precompiles with a good signature each, to be spoilt."""

from __future__ import annotations

import struct

from coincurve import PrivateKey
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from samestate.spec.svm.precompiles.secp256r1 import CURVE_ORDER
from samestate.spec.svm.signature import address_of, sign

OWN = 0xFFFF
MESSAGE = b"what is signed"
HEAD = 2 + 14
"""Where the data begins behind the offsets of one signature on ed25519 or secp256r1."""


def keccak256(content: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=content).digest()


def with_offsets(signature: bytes, key: bytes, message: bytes, instruction: int = OWN) -> bytes:
    """One signature, its key and its message, in the data itself."""
    key_at, message_at = HEAD + len(signature), HEAD + len(signature) + len(key)
    offsets = (HEAD, instruction, key_at, instruction, message_at, len(message), instruction)
    return b"\x01\x00" + struct.pack("<7H", *offsets) + signature + key + message


def ed25519_data(message: bytes = MESSAGE, seed: bytes = b"\x21" * 32) -> bytes:
    return with_offsets(sign(message, seed), address_of(seed), message)


def secp256r1_parts(message: bytes = MESSAGE, secret: int = 12345) -> tuple[bytes, bytes]:
    """A signature with s in the lower half, and the compressed key."""
    key = derive_private_key(secret, SECP256R1())
    r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
    s = min(s, CURVE_ORDER - s)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big"), point


def secp256r1_data(message: bytes = MESSAGE) -> bytes:
    signature, key = secp256r1_parts(message)
    return with_offsets(signature, key, message)


def secp256k1_parts(message: bytes = MESSAGE, secret: bytes = b"\x05" * 32) -> tuple[bytes, bytes]:
    """A signature with its recovery id, and the Ethereum address of the signer."""
    key = PrivateKey(secret)
    address = keccak256(key.public_key.format(compressed=False)[1:])[12:]
    return key.sign_recoverable(message, hasher=keccak256), address


def secp256k1_data(message: bytes = MESSAGE) -> bytes:
    signature, address = secp256k1_parts(message)
    start = 1 + 11
    offsets = (start, 0, start + len(signature), 0, start + len(signature) + len(address), len(message), 0)
    return b"\x01" + struct.pack("<HBHBHHB", *offsets) + signature + address + message
