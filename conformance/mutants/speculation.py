"""Mutants that take something of a speculative run for final, or keep something of one that was aborted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.commit import Attempt
from samestate.reference.explorer.points import Point
from samestate.reference.journal import Journal
from samestate.reference.memory import Blocked, Observation
from samestate.reference.scheduler import Task
from samestate.reference.strategies.base import Job
from samestate.reference.strategies.block_stm import BlockStm
from samestate.spec.machine import Key, Rejection, RejectionCode, View
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.machine import Outcome, Totals, Toy
from samestate.spec.toy.operations import Operation, Running
from samestate.spec.transition import BlockResult

CAP = 2
"""How many incarnations the engine with a cap allows."""


class GaveUp(RejectionCode):
    """What an engine says that gives up."""

    TOO_MANY_INCARNATIONS = "a transaction was executed too often"


@mutant("block-stm", "block-stm.incarnation.failure-is-speculative", "H58")
class SpeculativeErrorFinal(BlockStm):
    """A transaction that fails is not validated: its failure is taken for a real one."""

    def validate(self, worker: int, step: int, incarnation: int) -> Task | None:
        """Wrong: trusts whatever has failed."""
        attempt = self.attempts[step]
        if attempt is not None and isinstance(attempt.outcome, Outcome) and attempt.outcome.error is not None:
            self.journal.validated(worker, step, attempt.incarnation, True)
            return self.scheduler.finish_validation(step, False)
        return super().validate(worker, step, incarnation)


@mutant("block-stm", "block-stm.incarnation.failure-is-speculative", "H02 H04 H58")
class SpeculativeRejectionFinal(BlockStm):
    """A transaction that is rejected in a speculative run has the whole block rejected."""

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.rejected: Attempt | None = None

    def publish(self, attempt: Attempt) -> bool:
        """Wrong: remembers the first rejection, whether or not its reads hold."""
        if isinstance(attempt.failure, Rejection) and self.rejected is None:
            self.rejected = attempt
        return super().publish(attempt)

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """Wrong: rejects."""
        if self.rejected is not None and isinstance(self.rejected.failure, Rejection):
            self.rejected.failure.transaction = self.rejected.step
            raise self.rejected.failure
        return super().close()


@mutant("block-stm", "block-stm.incarnation.never-rejects", "H60")
class IncarnationCap(BlockStm):
    """A block is rejected once one of its transactions was executed three times."""

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """Wrong: no number of incarnations is too many."""
        for attempt in self.attempts:
            if attempt is not None and attempt.incarnation >= CAP:
                raise Rejection(GaveUp.TOO_MANY_INCARNATIONS, transaction=attempt.step)
        return super().close()


@mutant("block-stm", "block-stm.publish.last-incarnation-counts", "H51")
class FirstOutcomeKept(BlockStm):
    """A transaction's state is that of its last incarnation, and its receipt that of the first."""

    def publish(self, attempt: Attempt) -> bool:
        """Wrong: keeps the outcome that it had."""
        before = self.attempts[attempt.step]
        if before is not None and before.failure is None:
            attempt = replace(attempt, outcome=before.outcome)
        return super().publish(attempt)


@mutant("block-stm", "block-stm.publish.last-incarnation-counts", "H69")
class LeakedReads(BlockStm):
    """The access record of a transaction has what any of its incarnations has read."""

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.leaked: list[dict[Key, None]] = [{} for _ in self.transactions]

    def attempt(self, worker: int, step: int, incarnation: int) -> Attempt | Blocked:
        """Wrong: keeps a record that outlives the incarnation."""
        attempt = super().attempt(worker, step, incarnation)
        if isinstance(attempt, Attempt):
            self.leaked[step].update(dict.fromkeys(attempt.reads))
        return attempt

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """Wrong: adds what the last incarnation has not read."""
        for step, attempt in enumerate(self.attempts):
            if attempt is not None:
                self.attempts[step] = replace(attempt, reads={**attempt.reads, **self.missing_reads(attempt)})
        return super().close()

    def missing_reads(self, attempt: Attempt) -> dict[Key, Observation]:
        """What earlier incarnations read, with the values that it has in the end."""
        found = {}
        for key in self.leaked[attempt.step]:
            if key not in attempt.reads:
                chain = self.memory.look(key, attempt.step)
                found[key] = Observation(self.memory.value(key, chain), chain)
        return found


@dataclass(frozen=True, slots=True)
class KeepWarm:
    """What stands in for an operation: the transaction goes on with slots that were warm before."""

    warm: set[int]

    def run(self, running: Running) -> None:
        """Nothing is charged."""
        running.warm = self.warm


@mutant("block-stm", "block-stm.incarnation.starts-afresh", "H54")
class WarmSetKept(Toy):
    """Slots that one incarnation of a transaction has accessed are warm for the next one."""

    def __init__(self) -> None:
        self.warm: dict[Transaction, set[int]] = {}

    def start(self, block: Block) -> Totals:
        """A new run of the block."""
        self.warm.clear()
        return super().start(block)

    def execute(self, block: Block, transaction: Transaction, view: View) -> Outcome:
        """Wrong: the machine has kept state between calls."""
        kept = cast(Operation, KeepWarm(self.warm.setdefault(transaction, set())))
        return super().execute(block, replace(transaction, operations=(kept, *transaction.operations)), view)
