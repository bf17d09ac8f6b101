"""What happens in a run, as it happens: counted for the metrics, and handed to whoever checks invariants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from samestate.reference.commit import Attempt
from samestate.reference.explorer.violation import LIVELOCK, Violation
from samestate.reference.memory import VersionChain
from samestate.reference.metrics import Metrics
from samestate.spec.machine import Key

MOST_STARTS: Final = 1_000
"""So many times, and once more for each transaction of the block, one may be started. More often is a livelock.

That is no cap on incarnations as an engine must not have it: it does not reject the block, it says that the engine is
wrong. Each of the transactions before it can abort it again, but in a right engine they do so a few times and not a
thousand.
"""


class Journal:
    """Counts events. Strategies call it from the parts that nobody replaces."""

    def __init__(self, strategy: str, transactions: int, workers: int) -> None:
        self.strategy = strategy
        self.transactions = transactions
        self.workers = workers
        self.starts = [0] * transactions
        self.per_worker = [0] * workers
        self.validations = self.aborts = self.suspensions = 0
        self.waves: list[int] = []

    def started(self, worker: int, step: int, incarnation: int) -> None:
        """A worker starts to run an incarnation. Raises Violation where that goes on and on."""
        self.starts[step] += 1
        # rule: block-stm.incarnation.never-rejects
        # source: Samestate: no number of incarnations makes a block invalid
        if self.starts[step] > MOST_STARTS + self.transactions:
            raise Violation(LIVELOCK, f"transaction {step} was started {self.starts[step]} times")

    def observed(self, step: int, key: Key, chain: VersionChain | None) -> None:
        """A running step has read these versions of a key."""

    def suspended(self, worker: int, step: int, blocking: int) -> None:
        """An incarnation met an estimate of ``blocking`` and ended there."""
        self.suspensions += 1

    def executed(self, worker: int, attempt: Attempt) -> None:
        """An incarnation ran to its end. Its effects are about to be published."""
        self.per_worker[worker] += 1

    def published(self, attempt: Attempt) -> None:
        """All effects of an incarnation, and nothing of the one before, stand in memory."""

    def validated(self, worker: int, step: int, incarnation: int, holds: bool) -> None:
        """A worker has checked the reads of an incarnation."""
        self.validations += 1

    def aborted(self, step: int, incarnation: int) -> None:
        """An incarnation was aborted: its reads did not hold. Its effects are about to be marked as estimates."""
        self.aborts += 1

    def took(self, worker: int, step: int) -> None:
        """A worker has a task in its hands."""

    def dropped(self, worker: int) -> None:
        """A worker has nothing in its hands."""

    def wave(self, members: Sequence[int]) -> None:
        """A wave of transactions starts."""
        self.waves.append(len(members))

    def committing(self, attempt: Attempt) -> None:
        """A transaction is about to be committed."""

    def inspect(self) -> None:
        """Called at every point that follows an action which others can notice, when nobody is in the middle of one."""

    def metrics(self, points: int, precision: float | None = None, recall: float | None = None) -> Metrics:
        """All that was counted."""
        return Metrics(
            strategy=self.strategy,
            workers=self.workers,
            transactions=self.transactions,
            executions=sum(self.per_worker),
            validations=self.validations,
            aborts=self.aborts,
            suspensions=self.suspensions,
            re_executions=tuple(max(0, starts - 1) for starts in self.starts),
            executions_per_worker=tuple(self.per_worker),
            waves=tuple(self.waves),
            points=points,
            precision=precision,
            recall=recall,
        )
