"""What executing a transaction gives, wherever in a block it stands."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.spec.svm.admitted import AdmittedTransaction
from samestate.spec.svm.errors import TransactionError
from samestate.spec.svm.fee import TransactionFee


@dataclass(frozen=True, slots=True)
class Outcome:
    """A transaction that was processed: it is in the status cache from now on, and has paid its fee.

    ``is_executed``: whether its instructions ran; if not, it only paid, and ``error`` says why. ``units``: the compute
    units that it took. ``loaded_size``: what its accounts count for, in bytes.
    """

    transaction: AdmittedTransaction
    is_executed: bool
    error: TransactionError | None
    units: int
    fee: TransactionFee
    loaded_size: int
    logs: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        """Whether what it did took effect."""
        return self.error is None
