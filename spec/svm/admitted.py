"""Admitted transactions: those that may be in a block as far as they and the lookup tables can tell."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.spec.svm.compute_budget import ComputeBudget
from samestate.spec.svm.resolved import ResolvedMessage
from samestate.spec.svm.transaction import SignedTransaction


@dataclass(frozen=True, slots=True)
class AdmittedTransaction:
    """A transaction that is well formed, resolved, lockable and signed. Nothing of it depends on earlier transactions.

    ``is_repeated``: an earlier transaction of the block has the same message, so that this one was already processed.
    """

    transaction: SignedTransaction
    resolved: ResolvedMessage
    budget: ComputeBudget
    is_repeated: bool = False

    @property
    def message_hash(self) -> bytes:
        """What the status cache knows it by."""
        return self.transaction.message_hash
