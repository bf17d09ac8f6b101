"""What transactions say they will access, as keys of their machine: hints for `locks` and `waves`, never trusted."""

from __future__ import annotations

from typing import Any

from samestate.spec.evm.keys import slot_key as evm_slot_key
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.transaction import Transaction
from samestate.spec.machine import Key
from samestate.spec.toy.block import Block
from samestate.spec.toy.block import Transaction as ToyTransaction
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.signed.registry import registered_key

Declared = tuple[tuple[Key, ...], tuple[Key, ...]]
"""Keys that a transaction may read, and keys that it may write."""

NOTHING: Declared = ((), ())


def declared_access(block: Any, index: int) -> Declared:
    """What transaction ``index`` of a block of any machine declares."""
    if isinstance(block, Block):
        return toy_declared(block.transactions[index])
    if isinstance(block, Payload):
        return evm_declared(block.transactions[index])
    from samestate.spec.svm.block import Block as SvmBlock  # which other machines do not need
    from samestate.spec.svm.declared import declared_accounts

    return declared_accounts(block, block.transactions[index]) if isinstance(block, SvmBlock) else NOTHING


def toy_declared(transaction: ToyTransaction) -> Declared:
    """The slots that a toy transaction declares; its sender's nonce and balance, and registered keys, which follow."""
    own = (nonce_key(transaction.sender), balance_key(transaction.sender))
    keys, registered = registered_keys(transaction)
    if transaction.declared is None:
        return own + keys, own + registered
    reads = tuple(slot_key(slot) for slot in transaction.declared.reads)
    writes = tuple(slot_key(slot) for slot in transaction.declared.writes)
    return own + keys + reads, own + registered + writes


def registered_keys(transaction: ToyTransaction) -> Declared:
    """The key that its signature is to be by; and, where it registers one, that, which it may write."""
    if transaction.signature is None:
        return NOTHING
    signing = registered_key(transaction.sender, transaction.signature.key)
    if transaction.registration is None:
        return (signing,), ()
    registered = registered_key(transaction.registration.account, transaction.registration.key)
    return (signing, registered), (registered,)


def evm_declared(transaction: Transaction) -> Declared:
    """The slots in the access list of an EVM transaction (EIP-2930). It does not say which are written: any may be."""
    slots = tuple(evm_slot_key(address, slot) for address, slots in transaction.access_list for slot in slots)
    return slots, slots
