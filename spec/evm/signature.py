"""Who signed: recovery of senders and authorities on secp256k1 (yellow paper, appendix F; EIP-2, EIP-155, EIP-7702)."""

# source: yellow paper, appendix F

from __future__ import annotations

from dataclasses import replace

from coincurve import PrivateKey, PublicKey

from samestate.spec.evm import rlp
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction import (
    CHAIN_ID_OFFSET,
    Authorization,
    LegacyTransaction,
    Transaction,
    signing_hash,
    with_signature,
)
from samestate.spec.machine import Rejection

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
AUTHORIZATION_MAGIC = b"\x05"


def recover(digest: bytes, y_parity: int, r: int, s: int) -> bytes | None:
    """The address whose key made the signature of ``digest``, or None where there is none.

    Of the two signatures that fit, only the one with the lower ``s`` counts (EIP-2).
    """
    if y_parity not in (0, 1) or not 0 < r < CURVE_ORDER or not 0 < s <= CURVE_ORDER // 2:
        # rule: evm.signature.range
        # source: yellow paper, appendix F; EIP-2, specification
        return None
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([y_parity])
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as error:  # the library raises a bare Exception where no point fits
        if type(error) not in (Exception, ValueError):
            raise
        # rule: evm.signature.no-point
        return None
    return keccak256(key.format(compressed=False)[1:])[12:]


def recover_sender(transaction: Transaction) -> bytes:
    """The address that signed ``transaction``. Raises Rejection where the signature is none."""
    y_parity = signature_parity(transaction)
    sender = recover(signing_hash(transaction), y_parity, transaction.r, transaction.s)
    if sender is None:
        # rule: evm.validity.signature
        raise Rejection(Invalid.INVALID_SIGNATURE)
    return sender


def signature_parity(transaction: Transaction) -> int:
    """Which of two points the signature means: 0 or 1, or anything else where it says neither."""
    if not isinstance(transaction, LegacyTransaction):
        return transaction.y_parity
    if transaction.v in (27, 28):
        # rule: evm.signature.parity-legacy
        return transaction.v - 27
    # rule: evm.signature.parity-replay-protected
    # source: EIP-155, specification
    return (transaction.v - CHAIN_ID_OFFSET) % 2 if transaction.v >= CHAIN_ID_OFFSET else -1


def authorization_hash(authorization: Authorization) -> bytes:
    """The hash that an authority signs (EIP-7702)."""
    items: list[rlp.Item] = [
        rlp.integer(authorization.chain_id),
        authorization.address,
        rlp.integer(authorization.nonce),
    ]
    # rule: evm.authorization.signing-hash
    # source: EIP-7702, Behavior, step 3
    return keccak256(AUTHORIZATION_MAGIC + rlp.encode(items))


def recover_authority(authorization: Authorization) -> bytes | None:
    """The address that signed ``authorization``, or None where the signature is none."""
    return recover(authorization_hash(authorization), authorization.y_parity, authorization.r, authorization.s)


def sign_hash(private_key: bytes, digest: bytes) -> tuple[int, int, int]:
    """A deterministic signature of ``digest``: y parity, r, s (RFC 6979)."""
    signature = PrivateKey(private_key).sign_recoverable(digest, hasher=None)
    return signature[64], int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")


def sign(transaction: Transaction, private_key: bytes, chain_id: int | None = None) -> Transaction:
    """The transaction, signed. A legacy one is protected against replay on other chains if ``chain_id`` is given."""
    unsigned = with_signature(transaction, 0, 0, 0, chain_id)
    return with_signature(transaction, *sign_hash(private_key, signing_hash(unsigned)), chain_id)


def sign_authorization(authorization: Authorization, private_key: bytes) -> Authorization:
    """The authorization, signed."""
    y_parity, r, s = sign_hash(private_key, authorization_hash(authorization))
    return replace(authorization, y_parity=y_parity, r=r, s=s)


def address_of(private_key: bytes) -> bytes:
    """The address of a private key."""
    return keccak256(PrivateKey(private_key).public_key.format(compressed=False)[1:])[12:]
