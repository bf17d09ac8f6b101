"""What a block of Solana's machine did, or why it is invalid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from samestate.optimized.metrics import Metrics
from samestate.optimized.record import Step
from samestate.optimized.result import Rejection
from samestate.optimized.svm.block_job import BlockJob


class Receipt(NamedTuple):
    """What became of a transaction. Fees in lamports; ``error`` as the runtime prints it for debugging.

    ``status``: "success"; "failed", executed and rolled back; "fees-only", not executed. ``loaded_size``: bytes of
    accounts, as they count against its limit.
    """

    status: str
    error: str | None
    units: int
    fee: int
    priority_fee: int
    loaded_size: int
    cost: int
    logs: tuple[str, ...]


class Totals(NamedTuple):
    """What the transactions of a block have paid and cost together; lamports, but for signatures and cost."""

    signature_count: int = 0
    signature_fees: int = 0
    priority_fees: int = 0
    deposited: int = 0
    burnt: int = 0
    cost: int = 0


class Receipts(Sequence[Receipt]):
    """The receipts of a block, each made when it is asked for."""

    def __init__(self, job: BlockJob) -> None:
        self._job = job

    def __len__(self) -> int:
        return self._job.count()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return Receipt(*self._job.receipt(index % len(self)))


class SvmResult:
    """See :class:`samestate.optimized.result.Result`. What is not asked for is not computed.

    ``workers``: how many threads the commitment may take.
    """

    def __init__(self, job: BlockJob, recording: bool, workers: int, rebuild_from: int) -> None:
        self.job = job
        self.trace: tuple[Any, ...] = ()
        self.make_metrics: Callable[[SvmResult], Metrics]
        self._recording = recording
        self._workers = workers
        self._rebuild_from = rebuild_from
        self._changes: Mapping[bytes, bytes | None] | None = None
        self._steps: Sequence[Step] | None = None
        self._bank_hash: bytes | None = None
        self._metrics: Metrics | None = None
        found = job.rejection()
        self.rejection = None if found is None else Rejection(*found)

    @property
    def receipts(self) -> Sequence[Receipt]:
        """By transaction."""
        return Receipts(self.job) if self.rejection is None else ()

    @property
    def outcomes(self) -> Sequence[Receipt]:
        """What each transaction did is all in its receipt."""
        return self.receipts

    @property
    def totals(self) -> Totals:
        """Of all transactions."""
        return Totals(*self.job.totals()) if self.rejection is None else Totals()

    @property
    def changes(self) -> Mapping[bytes, bytes | None]:
        """Every account that is another after the block, with its value."""
        if self._changes is None:
            self._changes = self.job.changes() if self.rejection is None else {}
        return self._changes

    @property
    def wipes(self) -> Sequence[bytes]:
        """Nothing is ever wiped."""
        return ()

    @property
    def steps(self) -> Sequence[Step]:
        """The access record: open, each transaction, close."""
        if self._steps is None:
            self._steps = tuple(self.job.steps()) if self._recording and self.rejection is None else ()
        return self._steps

    @property
    def state_root(self) -> bytes:
        """The checksum of the lattice after the block."""
        return self.job.state_root(self._workers, self._rebuild_from)

    @property
    def bank_hash(self) -> bytes:
        """The bank hash of the slot."""
        if self._bank_hash is None:
            self._bank_hash = self.job.bank_hash(self._workers, self._rebuild_from)
        return self._bank_hash

    @property
    def blockhash(self) -> bytes:
        """What the last tick registers."""
        return self.job.blockhash()

    @property
    def metrics(self) -> Metrics:
        """Figures of the run."""
        if self._metrics is None:
            self._metrics = self.make_metrics(self)
        return self._metrics

    def apply(self) -> None:
        """Have the state go on to what the block has left; commitments and receipts can still be asked for."""
        self._bank_hash = self.bank_hash
        self.job.apply(self._workers, self._rebuild_from)
