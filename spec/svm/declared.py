"""Declared accounts: what a transaction says it will read and write, which is all that it can."""

# source: Agave, unified-scheduler-logic/src/lib.rs

from __future__ import annotations

from samestate.spec.machine import Key, Rejection
from samestate.spec.svm.account import account_key
from samestate.spec.svm.block import Block
from samestate.spec.svm.locks import resolve
from samestate.spec.svm.lookup_table import resolve_lookups
from samestate.spec.svm.transaction import SignedTransaction


def declared_accounts(block: Block, transaction: SignedTransaction) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """The keys that a transaction may read, and those that it may write: reserved accounts and programs are only read.

    The accounts with the code of upgradeable programs are read too, and not among them: who changes one has to lock the
    program for writing. Nothing is declared where lookups bring no keys: such a transaction is in no block.
    """
    message = transaction.message
    try:
        resolved = resolve(message, *resolve_lookups(block, message))
    except Rejection:
        return (), ()
    keys = tuple(account_key(address) for address in resolved.keys)
    # rule: svm.locks.declared
    return keys, tuple(key for key, is_writable in zip(keys, resolved.writable, strict=True) if is_writable)
