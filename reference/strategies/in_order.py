"""Strategies that commit as they go: whoever finds the next transaction executed commits it, in block order.

What they differ in is which transaction is executed first, second, and so on, and what it reads. All of them may be
wrong about that: a transaction whose reads do not hold when its turn comes is run again on what is committed.
"""

from __future__ import annotations

from typing import Any

from samestate.reference.commit import Attempt
from samestate.reference.explorer.points import IDLE, Kind, Label, Point
from samestate.reference.journal import Journal
from samestate.reference.strategies.base import Job, Strategy
from samestate.spec.transition import BlockResult

LOOK_ENDED = Label("all committed?", Kind.LOOK)
LOOK_WITHDRAWN = Label("is it being run again?", Kind.LOOK)
LOOK_GATE = Label("is there something to commit?", Kind.LOOK)
ENTER_GATE = Label("enter the commit gate")
LEAVE_GATE = Label("leave the commit gate")
FINISH = Label("finish an execution")
WITHDRAW = Label("withdraw an execution")
COMMIT = Label("commit")
FAIL = Label("give up the block")


class InOrder(Strategy):
    """Execution in an order of the strategy's own, then validation and commit in block order, both by all workers.

    ``attempts`` holds the execution of each transaction that has one; ``committed`` counts those committed. One worker
    at a time is inside the gate, and commits; the others do not wait for it.
    """

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.attempts: list[Attempt | None] = [None] * len(self.transactions)
        self.committed = 0
        self.gate_taken = False
        self.failure: Exception | None = None

    # What the strategies differ in

    def claim(self, worker: int) -> int | None:
        """The next transaction to execute for the first time, or None where there is none at the moment."""
        raise NotImplementedError

    def release(self, step: int) -> None:
        """The transaction has been executed for the first time."""

    # The loop

    def work(self, worker: int) -> None:
        """Execute what can be executed, commit what can be committed, until everything is committed."""
        while not self.has_ended():
            step = self.claim(worker)
            if step is not None:
                self.execute_first(worker, step)
            committed = self.commit_some(worker)
            if step is None and not committed:
                self.point(IDLE)

    def has_ended(self) -> bool:
        """Whether all is committed, or the block has turned out to be invalid."""
        self.point(LOOK_ENDED)
        return self.failure is not None or self.committed == len(self.transactions)

    # Executing

    def execute_first(self, worker: int, step: int) -> None:
        """The first execution of a transaction. Nobody else executes it, until it is committed or withdrawn."""
        attempt = self.run_to_the_end(worker, step, 0)
        if attempt is None:
            return
        self.journal.executed(worker, attempt)
        self.publish_first(attempt)
        self.finish(attempt)
        self.journal.dropped(worker)
        self.release(step)

    def run_to_the_end(self, worker: int, step: int, incarnation: int) -> Attempt | None:
        """Run the transaction, again and again, as long as it meets estimates. None where the block is over.

        It meets one only where an earlier transaction is being run again, and that one waits for nobody: all before it
        are committed.
        """
        while True:
            attempt = self.attempt(worker, step, incarnation)
            if isinstance(attempt, Attempt):
                return attempt
            while self.is_withdrawn(attempt.step):
                if self.has_ended():
                    return None
                self.point(IDLE)

    def is_withdrawn(self, step: int) -> bool:
        """Whether the transaction is being run again."""
        self.point(LOOK_WITHDRAWN, step)
        return self.attempts[step] is None

    def publish_first(self, attempt: Attempt) -> None:
        """What becomes of the effects of a first execution: the others see them at once."""
        self.publish(attempt)

    def publish(self, attempt: Attempt) -> None:
        """Let the others see what the transaction does."""
        self.memory.publish(attempt.step, attempt.incarnation, attempt.effects)
        self.journal.published(attempt)

    def finish(self, attempt: Attempt) -> None:
        """The transaction is executed: it may be validated and committed when its turn comes."""
        self.point(FINISH, attempt.step)
        self.attempts[attempt.step] = attempt

    # Committing

    def commit_some(self, worker: int) -> bool:
        """Commit as many transactions as can be; whether it was any. Leaves that to whoever is at it already.

        A transaction that is finished just after somebody has looked, and before he has left the gate, is found by its
        own worker, or by anybody next time round: nobody sleeps.
        """
        self.point(LOOK_GATE)
        if self.gate_taken or not self.can_commit():
            return False
        self.point(ENTER_GATE)
        # rule: rolling-commit.one-at-a-time
        # source: Samestate: whoever is not let in goes on with something else
        if self.gate_taken:
            return False
        self.gate_taken = True
        committed = 0
        while self.look_for_next():
            committed += 1
            self.commit_next(worker)
        self.point(LEAVE_GATE)
        self.gate_taken = False
        return committed > 0

    def look_for_next(self) -> bool:
        """Whether the next transaction can be committed, seen from inside the gate."""
        self.point(LOOK_GATE)
        return self.can_commit()

    def can_commit(self) -> bool:
        """Whether the next transaction is executed."""
        if self.failure is not None or self.committed == len(self.transactions):
            return False
        return self.attempts[self.next_to_commit()] is not None

    def next_to_commit(self) -> int:
        """The first transaction that is not committed."""
        # rule: rolling-commit.in-block-order
        # source: Samestate: a transaction is committed when all before it are
        return self.committed

    def commit_next(self, worker: int) -> None:
        """Validate the next transaction, run it again where it does not hold, and commit it.

        Its own failure counts from here on, and makes the block invalid.
        """
        step = self.next_to_commit()
        attempt = self.attempts[step]
        if attempt is None:
            raise RuntimeError(f"transaction {step} is not executed")
        # rule: rolling-commit.validated-in-turn
        # source: Samestate: declarations and lists may be wrong
        holds = self.holds(attempt)
        self.journal.validated(worker, step, attempt.incarnation, holds)
        if holds:
            self.accept(attempt)
        else:
            attempt = self.run_again(worker, attempt)
        self.journal.committing(attempt)
        try:
            self.committing().commit_transaction(attempt)
        except Exception as failure:
            self.point(FAIL, step)
            self.failure = failure
            return
        self.committed_one(attempt)
        self.point(COMMIT, step)
        self.committed += 1

    def holds(self, attempt: Attempt) -> bool:
        """Whether what the transaction has read is what the committed ones have left."""
        return self.memory.validate(attempt.step, attempt.reads)

    def accept(self, attempt: Attempt) -> None:
        """The transaction holds as it is."""

    def run_again(self, worker: int, attempt: Attempt) -> Attempt:
        """Run a transaction again, all before it being committed. What it published is marked first."""
        step = attempt.step
        self.journal.aborted(step, attempt.incarnation)
        self.point(WITHDRAW, step)
        self.attempts[step] = None
        self.memory.mark_estimates(step)
        # rule: rolling-commit.second-run-is-final
        # source: Samestate: run again on what is committed, a transaction needs no validation
        again = self.run_last(worker, step, attempt.incarnation + 1)
        self.journal.executed(worker, again)
        self.publish(again)
        self.finish(again)
        return again

    def run_last(self, worker: int, step: int, incarnation: int) -> Attempt:
        """An execution on nothing but what is committed."""
        attempt = self.run_to_the_end(worker, step, incarnation)
        if attempt is None:
            raise RuntimeError("the block ended while the gate was taken")
        return attempt

    def committed_one(self, attempt: Attempt) -> None:
        """The transaction was committed."""

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """See :meth:`Strategy.close`. Raises what made the block invalid."""
        if self.failure is not None:
            raise self.failure
        return super().close()
