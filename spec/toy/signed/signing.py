"""The bytes that are signed: one encoding of a transaction, under a tag that says what the signature is for.

Two different transactions, chains or purposes never have the same bytes: every part has a fixed length or comes after
its length. Signatures themselves, and what a transaction declares, are no part of them.
"""

# source: Samestate: vectors/FORMAT.md, "Signatures"

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from samestate.spec.toy.word import WORD_BYTES

if TYPE_CHECKING:
    from samestate.spec.toy.block import Transaction

TRANSACTION_TAG: Final = b"samestate/toy/signed/transaction"
POSSESSION_TAG: Final = b"samestate/toy/signed/possession"

SLOAD, SSTORE, SSTORE_ACCUMULATOR, ADD, SUB, KECCAK, NOOP = range(7)
"""The byte with which the encoding of each operation begins."""


def signed_bytes(transaction: Transaction, chain_id: int) -> bytes:
    """What the signature of a transaction is of."""
    # rule: toy.signed.bytes.transaction
    return _under(TRANSACTION_TAG, transaction, chain_id)


def possession_bytes(transaction: Transaction, chain_id: int) -> bytes:
    """What the possession of the key that a transaction registers is proven by signing."""
    # rule: toy.signed.bytes.possession
    return _under(POSSESSION_TAG, transaction, chain_id)


def _under(tag: bytes, transaction: Transaction, chain_id: int) -> bytes:
    """Tag, chain, signature's scheme and key, sender, nonce, gas, operations, registration. Numbers are big-endian."""
    signature, registration = transaction.signature, transaction.registration
    if signature is None:
        raise ValueError("a transaction without a signature has no bytes to sign")
    parts = [
        bytes([len(tag)]) + tag,
        chain_id.to_bytes(8, "big"),
        bytes([signature.scheme.value, signature.key]),
        transaction.sender,
        transaction.nonce.to_bytes(8, "big"),
        transaction.gas_limit.to_bytes(8, "big"),
        transaction.gas_price.to_bytes(8, "big"),
        len(transaction.operations).to_bytes(4, "big"),
        *map(operation_bytes, transaction.operations),
    ]
    if registration is None:
        parts.append(bytes([0]))
    else:
        parts += [
            bytes([1]) + registration.account + bytes([registration.key, registration.scheme.value]),
            len(registration.public_key).to_bytes(4, "big") + registration.public_key,
        ]
    return b"".join(parts)


def operation_bytes(operation: Operation) -> bytes:
    """An operation: the byte of its kind, then words, or data after its length in 4 bytes."""
    match operation:
        case Sload(slot):
            return bytes([SLOAD]) + _word(slot)
        case Sstore(slot, int() as value):
            return bytes([SSTORE]) + _word(slot) + _word(value)
        case Sstore(slot):
            return bytes([SSTORE_ACCUMULATOR]) + _word(slot)
        case Add(value):
            return bytes([ADD]) + _word(value)
        case Sub(value):
            return bytes([SUB]) + _word(value)
        case Keccak(data):
            return bytes([KECCAK]) + len(data).to_bytes(4, "big") + data
        case Noop():
            return bytes([NOOP])


def _word(number: int) -> bytes:
    return number.to_bytes(WORD_BYTES, "big")
