"""What all strategies share: the block is opened, workers execute its transactions, then it is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from samestate.reference.commit import AnyMachine, Attempt, Committer, estimate_left
from samestate.reference.estimators import Estimate
from samestate.reference.explorer.points import Kind, Label, Point
from samestate.reference.journal import Journal
from samestate.reference.memory import NO_EFFECTS, Blocked, VersionedMemory
from samestate.reference.predicted import PredictedView, Predictions
from samestate.reference.scheduler import Scheduler
from samestate.reference.strategies.lock_table import LockTable
from samestate.reference.strategies.wave_queue import WaveQueue
from samestate.reference.view import SpeculativeView
from samestate.spec.access import OPEN
from samestate.spec.machine import State
from samestate.spec.transition import BlockResult

EXECUTE = Label("execute", Kind.OWN)


@dataclass(frozen=True, slots=True)
class Parts:
    """The classes that a strategy is made of. A mutant of a strategy replaces one by a subclass.

    ``strategy`` replaces the strategy itself, with its worker loop.
    """

    memory: type[VersionedMemory] = VersionedMemory
    view: type[SpeculativeView] = SpeculativeView
    predicted_view: type[PredictedView] = PredictedView
    committer: type[Committer] = Committer
    scheduler: type[Scheduler] = Scheduler
    locks: type[LockTable] = LockTable
    waves: type[WaveQueue] = WaveQueue
    strategy: type[Strategy] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A block to execute, and with what. ``estimates``: one for each transaction; only some strategies use them."""

    machine: AnyMachine
    block: Any
    state: State
    workers: int = 2
    parts: Parts = field(default_factory=Parts)
    estimates: tuple[Estimate, ...] = ()
    predictions: Predictions | None = None


class Strategy:
    """One run of a block: :meth:`open`, then every worker's :meth:`work` side by side, then :meth:`close`."""

    name: ClassVar[str]

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        self.job = job
        self.point = point
        self.journal = journal
        self.machine = job.machine
        self.block = job.block
        self.transactions = tuple(job.machine.transactions(job.block))
        self.memory = job.parts.memory(job.machine, job.state, point)
        self.committer: Committer | None = None

    @classmethod
    def count_workers(cls, job: Job) -> int:
        """How many workers the strategy uses."""
        return job.workers

    def open(self) -> None:
        """The step before the first transaction, alone. Raises Rejection."""
        attempt = self.run_alone(OPEN, lambda view: self.machine.open(self.block, view))
        self.memory.publish(OPEN, 0, attempt.effects)
        self.committer = self.job.parts.committer(self.machine, self.block, self.memory)
        self.committer.record(attempt)

    def work(self, worker: int) -> None:
        """What one worker does, until the block is executed."""
        raise NotImplementedError

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """Commit what is not committed yet; then the step after the last transaction, alone. Raises Rejection."""
        committer = self.committing()
        step = len(self.transactions)
        # rule: block-stm.commit.closing-step-last
        # source: Samestate: the closing step sees what every transaction has left
        attempt = self.run_alone(step, lambda view: self.machine.close(self.block, tuple(committer.receipts), view))
        self.memory.publish(step, 0, attempt.effects)
        committer.record(attempt)
        return committer.result(attempt.outcome)

    def committing(self) -> Committer:
        """The committer, which there is from when the block was opened."""
        if self.committer is None:
            raise RuntimeError("the block is not open yet")
        return self.committer

    def run_alone(self, step: int, run: Callable[[SpeculativeView], Any]) -> Attempt:
        """A step at which nobody else runs. What it raises is final."""
        view = self.view(step, 0)
        try:
            outcome = run(view)
        except Blocked as blocked:
            raise estimate_left(blocked, f"read by step {step}") from None
        return Attempt(step, 0, outcome, None, view.reads, view.effects(), tuple(view.touches))

    def view(self, step: int, incarnation: int) -> SpeculativeView:
        """A fresh view for one incarnation of a step. Nothing of the last incarnation is left in it."""
        # rule: block-stm.incarnation.starts-afresh
        # source: Block-STM, algorithm 3, execute: both sets are empty at the start
        return self.job.parts.view(self.memory, step, self.point)

    def attempt(self, worker: int, step: int, incarnation: int) -> Attempt | Blocked:
        """Run an incarnation of a transaction to its end, or to the estimate that it meets."""
        self.journal.started(worker, step, incarnation)
        self.point(EXECUTE, (step, incarnation))
        view = self.view(step, incarnation)
        try:
            outcome = self.machine.execute(self.block, self.transactions[step], view)
        except Blocked as blocked:
            self.journal.suspended(worker, step, blocked.step)
            return blocked
        except Exception as failure:
            self._note_reads(step, view)
            # rule: block-stm.incarnation.failure-is-speculative
            # source: Block-STM: a speculative run may see an inconsistent state, and fail because of that
            return Attempt(step, incarnation, None, failure, view.reads)
        self._note_reads(step, view)
        touches = tuple(view.touches)
        try:
            return Attempt(step, incarnation, outcome, None, view.reads, view.effects(), touches)
        except Exception as refused:
            return Attempt(step, incarnation, outcome, None, view.reads, NO_EFFECTS, touches, refused)

    def _note_reads(self, step: int, view: SpeculativeView) -> None:
        for key, observation in view.reads.items():
            self.journal.observed(step, key, observation.chain)
