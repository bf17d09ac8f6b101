"""The toy machine under the ruleset `signed`: what it has beside the ruleset `toy`, in the order in which it decides.

By itself: the form of the signature, and the length of a key to be registered. On the state: the nonce; the key, its
scheme, the signature; the balance; who may register a key, and that he holds it. Then, paid by gas, the registration
and the operations.
"""

# source: Samestate: vectors/FORMAT.md, "Signatures"

from __future__ import annotations

from typing import Final

from samestate.spec.machine import Rejection, View
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.machine import Toy, check_balance, check_nonce
from samestate.spec.toy.operations import Running
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.signed.content import Registration, Signature
from samestate.spec.toy.signed.registry import (
    FIRST,
    RegisteredKey,
    address_of,
    from_registered,
    registered_key,
    to_registered,
)
from samestate.spec.toy.signed.schemes import (
    ED25519_SIGNATURE,
    KEY_BYTES,
    SIGNATURE_BYTES,
    SIZES_65,
    Scheme,
    is_valid,
    is_well_formed,
)
from samestate.spec.toy.signed.signing import possession_bytes, signed_bytes

REGISTRATION_GAS: Final = 20000
REGISTRATION_BYTE_GAS: Final = 10
"""For each byte of the public key."""


class SignedToy(Toy):
    """The toy machine whose transactions are signed."""

    def admit(self, block: Block, transaction: Transaction, view: View) -> tuple[int, int]:
        """As the toy, and signatures between the nonce and the balance. Raises Rejection."""
        signature, registration, chain_id = parts_of(block, transaction)
        check_form(signature, registration)
        nonce = check_nonce(transaction, view)
        check_signature(transaction, signature, chain_id, view)
        balance = check_balance(transaction, view)
        if registration is not None:
            check_registration(transaction, registration, chain_id, view)
        return nonce, balance

    def begin(self, transaction: Transaction, running: Running) -> None:
        """Register the key that the transaction brings, before its operations and with them undone."""
        registration = transaction.registration
        if registration is None:
            return
        # rule: toy.signed.registration.gas
        running.charge(REGISTRATION_GAS + REGISTRATION_BYTE_GAS * len(registration.public_key))
        # rule: toy.signed.registration
        entry = RegisteredKey(registration.scheme, registration.public_key)
        running.view.set(registered_key(registration.account, registration.key), to_registered(entry))


def parts_of(block: Block, transaction: Transaction) -> tuple[Signature, Registration | None, int]:
    """Signature, registration and chain of a transaction. Raises ValueError where block or transaction has none."""
    if block.chain_id is None or transaction.signature is None:
        raise ValueError("under the ruleset signed a block is of a chain, and each transaction has a signature")
    return transaction.signature, transaction.registration, block.chain_id


def check_form(signature: Signature, registration: Registration | None) -> None:
    """Raise Rejection for what is wrong without looking at the state."""
    length = len(signature.content)
    if signature.scheme is Scheme.HYBRID and length in (ED25519_SIGNATURE, SIZES_65.signature):
        # rule: toy.signed.form.half
        raise Rejection(Invalid.HYBRID_HALF_MISSING, f"{length} bytes of {SIGNATURE_BYTES[signature.scheme]}")
    if length != SIGNATURE_BYTES[signature.scheme]:
        # rule: toy.signed.form.length
        raise Rejection(Invalid.SIGNATURE_LENGTH, f"{length} bytes, and must be {SIGNATURE_BYTES[signature.scheme]}")
    if not is_well_formed(signature.scheme, signature.content):
        # rule: toy.signed.form.malformed
        raise Rejection(Invalid.SIGNATURE_MALFORMED)
    if registration is not None and len(registration.public_key) != KEY_BYTES[registration.scheme]:
        # rule: toy.signed.form.key-length
        raise Rejection(
            Invalid.KEY_LENGTH, f"{len(registration.public_key)} bytes, and must be {KEY_BYTES[registration.scheme]}"
        )


def check_signature(transaction: Transaction, signature: Signature, chain_id: int, view: View) -> None:
    """Raise Rejection unless the signature is by the key that the sender has now."""
    entry = from_registered(view.get(registered_key(transaction.sender, signature.key)))
    if entry is None:
        # rule: toy.signed.key.unknown
        raise Rejection(Invalid.KEY_UNKNOWN, f"key {signature.key} of 0x{transaction.sender.hex()}")
    if entry.scheme is not signature.scheme:
        # rule: toy.signed.key.scheme
        raise Rejection(Invalid.SCHEME_MISMATCH, f"{signature.scheme.name}, and the key is of {entry.scheme.name}")
    if not is_valid(entry.scheme, entry.public_key, signature.content, signed_bytes(transaction, chain_id)):
        # rule: toy.signed.signature
        raise Rejection(Invalid.SIGNATURE_INVALID)


def check_registration(transaction: Transaction, registration: Registration, chain_id: int, view: View) -> None:
    """Raise Rejection unless the sender may register the key, and whoever holds it agrees.

    An account's first key may come from anybody: the account's address is made from it. After that it is the account's
    own affair.
    """
    account, number = registration.account, registration.key
    before = from_registered(view.get(registered_key(account, number)))
    if transaction.sender != account:
        if before is not None or number != FIRST:
            # rule: toy.signed.registration.foreign
            raise Rejection(Invalid.REGISTRATION_FOREIGN, f"key {number} of 0x{account.hex()}")
        if address_of(registration.scheme, registration.public_key) != account:
            # rule: toy.signed.registration.address
            raise Rejection(Invalid.ADDRESS_MISMATCH, f"0x{account.hex()}")
    scheme, possession = registration.scheme, registration.possession
    is_proven = (
        len(possession) == SIGNATURE_BYTES[scheme]
        and is_well_formed(scheme, possession)
        and is_valid(scheme, registration.public_key, possession, possession_bytes(transaction, chain_id))
    )
    if not is_proven:
        # rule: toy.signed.registration.possession
        raise Rejection(Invalid.POSSESSION_INVALID, f"key {number} of 0x{account.hex()}")
