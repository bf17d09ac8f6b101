"""Block-STM: execute everything at once, find out what went wrong, and run that again."""

from __future__ import annotations

from typing import Any

from samestate.reference.commit import Attempt
from samestate.reference.explorer.points import Kind, Label, Point
from samestate.reference.journal import Journal
from samestate.reference.memory import Blocked
from samestate.reference.scheduler import Task, TaskKind
from samestate.reference.strategies.base import Job, Strategy
from samestate.spec.transition import BlockResult

STORE_READS = Label("store what was read")
LOAD_READS = Label("load what was read", Kind.LOOK)


class BlockStm(Strategy):
    """Optimistic execution over versioned memory, with the collaborative scheduler.

    No incarnation is the last one that a transaction may have: a cap would reject valid blocks.
    """

    name = "block-stm"

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.scheduler = job.parts.scheduler(len(self.transactions), point)
        self.attempts: list[Attempt | None] = [None] * len(self.transactions)

    def work(self, worker: int) -> None:
        """Take tasks and do them, until there will be no more. A finished task may give the next one at once."""
        task: Task | None = None
        while not self.scheduler.is_done():
            if task is None:
                task = self.scheduler.next_task()
                if task is not None:
                    self.journal.took(worker, task.step)
            elif task.kind is TaskKind.EXECUTE:
                task = self.execute(worker, task.step, task.incarnation)
            else:
                task = self.validate(worker, task.step, task.incarnation)
            if task is None:
                self.journal.dropped(worker)

    def execute(self, worker: int, step: int, incarnation: int) -> Task | None:
        """Run an incarnation and publish what it does; or have it wait for the transaction whose estimate it met."""
        while True:
            attempt = self.attempt(worker, step, incarnation)
            if isinstance(attempt, Attempt):
                break
            if self.wait_for(step, attempt):
                return None
        self.journal.executed(worker, attempt)
        # rule: block-stm.publish.before-executed
        # source: Block-STM, algorithm 1, try_execute: recorded before the execution is finished
        wrote_new = self.publish(attempt)
        return self.scheduler.finish_execution(step, incarnation, wrote_new)

    def wait_for(self, step: int, blocked: Blocked) -> bool:
        """Have the step wait. False where there is nothing to wait for any more."""
        return self.scheduler.wait_for(step, blocked.step)

    def publish(self, attempt: Attempt) -> bool:
        """Publish the effects, then store the reads. Whether anything was written at a new place."""
        wrote_new = self.memory.publish(attempt.step, attempt.incarnation, attempt.effects)
        self.point(STORE_READS, attempt.step)
        # rule: block-stm.publish.last-incarnation-counts
        # source: Block-STM, algorithm 2, record: the sets of the last incarnation replace those before it
        self.attempts[attempt.step] = attempt
        self.journal.published(attempt)
        return wrote_new

    def validate(self, worker: int, step: int, incarnation: int) -> Task | None:
        """Check what the transaction has read. Where that does not hold, what it published turns into estimates.

        Only then may it be run again: a next incarnation must not find its own old writes looking like values.
        """
        self.point(LOAD_READS, step)
        attempt = self.attempts[step]
        if attempt is None:
            raise RuntimeError(f"transaction {step} is to be validated, and was never executed")
        holds = self.memory.validate(step, attempt.reads)
        self.journal.validated(worker, step, attempt.incarnation, holds)
        aborted = not holds and self.scheduler.try_to_abort(step, incarnation)
        if aborted:
            self.journal.aborted(step, incarnation)
            # rule: block-stm.estimate.before-ready
            # source: Block-STM, algorithm 1, needs_reexecution: marked before the next incarnation may start
            self.memory.mark_estimates(step)
        return self.scheduler.finish_validation(step, aborted)

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """Commit everything in block order, now that all of it is valid."""
        # rule: block-stm.commit.in-block-order
        # source: Samestate: totals, receipts and the access record come about one transaction after another
        for attempt in self.attempts:
            if attempt is None:
                raise RuntimeError("the block is done, and a transaction was never executed")
            self.journal.committing(attempt)
            self.committing().commit_transaction(attempt)
        return super().close()
