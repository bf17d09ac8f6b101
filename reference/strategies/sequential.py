"""One worker, one transaction after another, without versions: what every speed-up is measured against."""

from __future__ import annotations

from typing import Any

from samestate.reference.commit import Attempt
from samestate.reference.explorer.points import Label, Point
from samestate.reference.journal import Journal
from samestate.reference.strategies.base import Job, Strategy
from samestate.reference.view import ADD, CHECKPOINT, HAS_STORAGE, READ, ROLLBACK, SET, TOUCH, WIPE
from samestate.spec.access import OPEN, StepAccess
from samestate.spec.machine import Key, Rejection, Value
from samestate.spec.transition import BlockResult
from samestate.spec.view import Ledger, StepView

COMMIT = Label("commit")


class WatchedView(StepView):
    """The specification's view of a step, with a point before each call."""

    __slots__ = ("_point",)

    def __init__(self, ledger: Ledger, point: Point) -> None:
        super().__init__(ledger)
        self._point = point

    def get(self, key: Key) -> Value:
        """See :meth:`samestate.spec.machine.View.get`."""
        self._point(READ, key)
        return super().get(key)

    def set(self, key: Key, value: Value) -> None:
        """See :meth:`samestate.spec.machine.View.set`."""
        self._point(SET, key)
        super().set(key, value)

    def add(self, key: Key, amount: int) -> None:
        """See :meth:`samestate.spec.machine.View.add`."""
        self._point(ADD, key)
        super().add(key, amount)

    def touch(self, address: bytes) -> None:
        """See :meth:`samestate.spec.machine.View.touch`."""
        self._point(TOUCH, address)
        super().touch(address)

    def wipe(self, address: bytes) -> None:
        """See :meth:`samestate.spec.machine.View.wipe`."""
        self._point(WIPE, address)
        super().wipe(address)

    def checkpoint(self) -> int:
        """See :meth:`samestate.spec.machine.View.checkpoint`."""
        self._point(CHECKPOINT)
        return super().checkpoint()

    def rollback(self, mark: int) -> None:
        """See :meth:`samestate.spec.machine.View.rollback`."""
        self._point(ROLLBACK)
        super().rollback(mark)

    def has_storage(self, address: bytes) -> bool:
        """See :meth:`samestate.spec.machine.View.has_storage`."""
        self._point(HAS_STORAGE, address)
        return super().has_storage(address)


class Sequential(Strategy):
    """The state transition, with scheduling points. It has no versioned memory, whatever parts it is given."""

    name = "sequential"

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.ledger = Ledger(job.machine, job.state)
        self.steps: list[StepAccess] = []
        self.outcomes: list[Any] = []
        self.receipts: list[Any] = []
        self.failure: Exception | None = None
        self.totals: Any = None

    @classmethod
    def count_workers(cls, job: Job) -> int:
        """Just one."""
        return 1

    def open(self) -> None:
        """See :meth:`Strategy.open`."""
        view = WatchedView(self.ledger, self.point)
        self.machine.open(self.block, view)
        self.steps.append(self.ledger.commit(OPEN, view))
        self.totals = self.machine.start(self.block)

    def work(self, worker: int) -> None:
        """Execute, settle and commit each transaction, up to the first that is rejected."""
        # rule: sequential.in-block-order
        # source: Samestate, the state transition (spec/transition.py)
        for step, transaction in enumerate(self.transactions):
            self.journal.started(worker, step, 0)
            view = WatchedView(self.ledger, self.point)
            try:
                outcome = self.machine.execute(self.block, transaction, view)
                # rule: sequential.settled-before-the-next
                # source: Samestate, the state transition (spec/transition.py)
                receipt, self.totals = self.machine.settle(self.block, outcome, self.totals)
            except Exception as failure:
                if isinstance(failure, Rejection):
                    failure.transaction = step
                self.failure = failure
                return
            self.journal.executed(worker, Attempt(step, 0))
            self.point(COMMIT, step)
            try:
                self.steps.append(self.ledger.commit(step, view))
            except Exception as failure:  # a credit that does not fit, which is nobody's fault alone
                self.failure = failure
                return
            self.outcomes.append(outcome)
            self.receipts.append(receipt)

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """See :meth:`Strategy.close`."""
        if self.failure is not None:
            raise self.failure
        view = WatchedView(self.ledger, self.point)
        closing = self.machine.close(self.block, tuple(self.receipts), view)
        self.steps.append(self.ledger.commit(len(self.transactions), view))
        return BlockResult(
            outcomes=tuple(self.outcomes),
            receipts=tuple(self.receipts),
            totals=self.totals,
            closing=closing,
            steps=tuple(self.steps),
            changes=self.ledger.values,
            wipes=tuple(sorted(self.ledger.wiped)),
            before=self.job.state,
        )
