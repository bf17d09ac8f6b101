"""Signing transactions of the toy anew, after something in them was changed: as far as their keys have names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from samestate.conformance.generating.signed_blocks import ACCOUNT, FRESH, NEW
from samestate.conformance.generating.toy_signing import KeyPair, named_key, signed
from samestate.spec.toy.block import Transaction
from samestate.spec.toy.signed.schemes import SIGNATURE_BYTES, Scheme, is_valid, is_well_formed
from samestate.spec.toy.signed.signing import possession_bytes, signed_bytes

NAMES: Final = 64
"""How many of each name are known: blocks whose signatures are to stay right are not longer."""


@lru_cache(maxsize=8)
def known_pairs(scheme: Scheme) -> tuple[KeyPair, ...]:
    """Key pairs of a scheme that generators make."""
    return tuple(named_key(f"{name} {number}", scheme) for name in (ACCOUNT, NEW, FRESH) for number in range(NAMES))


def signer_of(transaction: Transaction, chain_id: int, public_keys: Sequence[bytes]) -> KeyPair | None:
    """Whose signature a transaction has, of the pairs with these public keys; None where it is nobody's."""
    signature = transaction.signature
    if signature is None or len(signature.content) != SIGNATURE_BYTES[signature.scheme]:
        return None
    if not is_well_formed(signature.scheme, signature.content):
        return None
    message = signed_bytes(transaction, chain_id)
    for pair in known_pairs(signature.scheme):
        if pair.public_key in public_keys and is_valid(pair.scheme, pair.public_key, signature.content, message):
            return pair
    return None


def holder_of(transaction: Transaction, chain_id: int) -> KeyPair | None:
    """Who has proven to hold the key that a transaction registers; None where it is nobody who is known."""
    registration = transaction.registration
    if registration is None or len(registration.possession) != SIGNATURE_BYTES[registration.scheme]:
        return None
    for pair in known_pairs(registration.scheme):
        if pair.public_key == registration.public_key:
            message = possession_bytes(transaction, chain_id)
            is_right = is_well_formed(pair.scheme, registration.possession) and is_valid(
                pair.scheme, pair.public_key, registration.possession, message
            )
            return pair if is_right else None
    return None


def signed_anew(before: Transaction, after: Transaction, chain_id: int, public_keys: Sequence[bytes]) -> Transaction:
    """The changed transaction with signatures that are right where they were before; others stay as they are."""
    by, held_by = signer_of(before, chain_id, public_keys), holder_of(before, chain_id)
    if by is None:
        return after
    return signed(after, chain_id, by, held_by)


def without_others(
    transactions: Sequence[Transaction], kept: Sequence[int], chain_id: int, public_keys: Sequence[bytes]
) -> list[Transaction]:
    """Those at the places ``kept``, with the nonces that are then right, and signed anew for them."""
    fewer: dict[bytes, int] = {}
    left = []
    for place, transaction in enumerate(transactions):
        if place not in kept:
            fewer[transaction.sender] = fewer.get(transaction.sender, 0) + 1
            continue
        earlier = fewer.get(transaction.sender, 0)
        if earlier and transaction.nonce >= earlier:
            changed = replace(transaction, nonce=transaction.nonce - earlier)
            transaction = signed_anew(transaction, changed, chain_id, public_keys)
        left.append(transaction)
    return left
