"""Admitted transactions: those that may be in a block as far as they and the lookup tables can tell."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.spec.svm.resolved import ResolvedMessage
from samestate.spec.svm.transaction import SignedTransaction


@dataclass(frozen=True, slots=True)
class AdmittedTransaction:
    """A transaction that is well formed, resolved, lockable and signed. Nothing of it depends on earlier transactions.

    ``message_hash`` is what the status cache knows it by. ``is_repeated``: an earlier transaction of the block has the
    same message, which makes it one that was already processed.
    """

    transaction: SignedTransaction
    resolved: ResolvedMessage
    message_hash: bytes
    is_repeated: bool = False
