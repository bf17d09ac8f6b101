"""Durable nonces: a value in an account that stands for a blockhash, so that a transaction does not expire."""

# source: Solana SDK, nonce/src/state.rs, nonce/src/versions.rs

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from typing import Final

from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import SYSTEM
from samestate.spec.svm.resolved import ResolvedMessage

NONCE_BYTES: Final = 80
"""The size of an initialized nonce."""

ADVANCE_NONCE_TAG: Final = b"\x04\x00\x00\x00"
"""How the data of the instruction begins that makes a transaction a durable one."""

_LEGACY: Final = 0
_CURRENT: Final = 1
_UNINITIALIZED: Final = 0
_INITIALIZED: Final = 1
_HEAD: Final = struct.Struct("<II")
_BODY: Final = struct.Struct("<32s32sQ")


@dataclass(frozen=True, slots=True)
class Nonce:
    """An initialized nonce.

    ``authority`` is the address that may use it; ``value`` is what a transaction names in the place of a blockhash;
    ``lamports_per_signature`` is what a signature cost when the value was stored. A legacy nonce has a value that is
    a plain blockhash, and no transaction can use it until it is upgraded.
    """

    authority: bytes
    value: bytes
    lamports_per_signature: int
    is_legacy: bool = False


class UndecodableNonce(Exception):  # noqa: N818 - it is the data that is so
    """The data of an account is no nonce, not even an uninitialized one."""


def durable_nonce(blockhash: bytes) -> bytes:
    """The value that a nonce takes from a blockhash. No blockhash can be mistaken for it."""
    # rule: svm.nonce.value
    return hashlib.sha256(b"DURABLE_NONCE" + blockhash).digest()


def decode_nonce(data: bytes) -> Nonce | None:
    """The nonce in the data of an account, None where it is uninitialized; what follows it does not matter.

    Raises UndecodableNonce where there is none.
    """
    if len(data) < _HEAD.size:
        # rule: svm.nonce.undecodable-short
        raise UndecodableNonce
    version, state = _HEAD.unpack_from(data)
    if version not in (_LEGACY, _CURRENT) or state not in (_UNINITIALIZED, _INITIALIZED):
        # rule: svm.nonce.undecodable-tag
        raise UndecodableNonce
    if state == _UNINITIALIZED:
        # rule: svm.nonce.uninitialized
        return None
    if len(data) < NONCE_BYTES:
        # rule: svm.nonce.undecodable-body
        raise UndecodableNonce
    authority, value, lamports_per_signature = _BODY.unpack_from(data, _HEAD.size)
    return Nonce(authority, value, lamports_per_signature, is_legacy=version == _LEGACY)


def encode_nonce(nonce: Nonce | None) -> bytes:
    """The bytes of a nonce; None is an uninitialized one, which is as short as its head."""
    # rule: svm.nonce.encoding
    if nonce is None:
        return _HEAD.pack(_CURRENT, _UNINITIALIZED)
    version = _LEGACY if nonce.is_legacy else _CURRENT
    body = _BODY.pack(nonce.authority, nonce.value, nonce.lamports_per_signature)
    return _HEAD.pack(version, _INITIALIZED) + body


def store_nonce(data: bytes, nonce: Nonce | None) -> bytes:
    """The data of an account once the nonce has been written over its beginning."""
    encoded = encode_nonce(nonce)
    # rule: svm.nonce.rest-of-data-stays
    return encoded + data[len(encoded) :]


def nonce_index(transaction: ResolvedMessage) -> int | None:
    """The key of the nonce whose value a transaction may name for a blockhash, None where it has none.

    Its first instruction advances a nonce that is writable and stands in the message itself.
    """
    if not transaction.instructions:
        # rule: svm.nonce.no-instruction
        return None
    first = transaction.instructions[0]
    if transaction.program_of(first) != SYSTEM or not first.data.startswith(ADVANCE_NONCE_TAG) or not first.accounts:
        # rule: svm.nonce.first-instruction
        # source: Agave, svm-transaction/src/svm_message.rs, get_durable_nonce
        return None
    index = first.accounts[0]
    if not transaction.is_writable(index):
        # rule: svm.nonce.readonly
        # source: Agave, svm-transaction/src/svm_message.rs, get_durable_nonce
        return None
    if not transaction.is_static(index):
        # rule: svm.nonce.from-lookup
        # source: SIMD-0242
        return None
    return index


def usable_nonce(account: Account, transaction: ResolvedMessage, next_value: bytes) -> Nonce | None:
    """The nonce of an account, where it stands for the blockhash that the transaction names; else None.

    ``next_value`` is what it would become in this block.
    """
    if account.owner != SYSTEM:
        # rule: svm.nonce.owner
        return None
    try:
        nonce = decode_nonce(account.data)
    except UndecodableNonce:
        # rule: svm.nonce.unusable-data
        return None
    if nonce is None or nonce.is_legacy:
        # rule: svm.nonce.unusable-state
        return None
    if nonce.value != transaction.message.blockhash:
        # rule: svm.nonce.other-value
        return None
    if nonce.value == next_value:
        # rule: svm.nonce.advanced-in-this-slot
        # source: Agave, svm/src/transaction_processor.rs, validate_transaction_nonce
        return None
    first = transaction.instructions[0]
    if nonce.authority not in {transaction.keys[index] for index in first.accounts if transaction.is_signer(index)}:
        # rule: svm.nonce.authority-signs
        # source: Agave, svm/src/transaction_processor.rs, validate_transaction_nonce
        return None
    return nonce


def advance(account: Account, nonce: Nonce, next_value: bytes, lamports_per_signature: int) -> Account:
    """The account of a nonce that has been used."""
    # rule: svm.nonce.advanced
    used = replace(nonce, value=next_value, lamports_per_signature=lamports_per_signature, is_legacy=False)
    return replace(account, data=store_nonce(account.data, used))
