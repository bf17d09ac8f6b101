"""What one transaction reports."""

# source: Samestate: vectors/FORMAT.md, "Solana's machine", of a receipt

from __future__ import annotations

import enum
from dataclasses import dataclass

from samestate.spec.svm.addresses import INCINERATOR
from samestate.spec.svm.errors import TransactionError
from samestate.spec.svm.outcome import Outcome


class TransactionStatus(enum.Enum):
    """How far a processed transaction came. The value is how files write it."""

    SUCCESS = "success"
    FAILED = "failed"
    FEES_ONLY = "fees-only"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction did and paid. Fees in lamports, sizes in bytes.

    ``fee`` is for signatures, ``priority_fee`` beside it. ``cost`` is what it counts for under the limits of the block,
    ``signatures`` what it adds to those that the bank hash counts. ``stores_incinerator``: it succeeded and had locked
    the incinerator for writing, which burns what is there.
    """

    status: TransactionStatus
    error: TransactionError | None
    units: int
    fee: int
    priority_fee: int
    loaded_size: int
    cost: int
    signatures: int
    stores_incinerator: bool
    logs: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        """Whether what it did took effect."""
        return self.error is None


def receipt_of(outcome: Outcome, cost: int) -> Receipt:
    """The receipt of an outcome that a block has room for."""
    if outcome.error is None:
        # rule: svm.receipt.success
        status = TransactionStatus.SUCCESS
    elif outcome.is_executed:
        # rule: svm.receipt.failed
        status = TransactionStatus.FAILED
    else:
        # rule: svm.receipt.fees-only
        status = TransactionStatus.FEES_ONLY
    return Receipt(
        status=status,
        error=outcome.error,
        units=outcome.units,
        fee=outcome.fee.signatures,
        priority_fee=outcome.fee.priority,
        loaded_size=outcome.loaded_size,
        cost=cost,
        signatures=outcome.transaction.resolved.signatures,
        stores_incinerator=outcome.succeeded and outcome.transaction.resolved.locks_for_writing(INCINERATOR),
        logs=outcome.logs,
    )
