"""Mutants that are wrong about what an aborted incarnation leaves behind, or when a new one can be seen."""

from __future__ import annotations

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.commit import Attempt
from samestate.reference.memory import PUBLISH, Effects, Version, VersionedMemory
from samestate.reference.scheduler import Task
from samestate.reference.strategies.block_stm import BlockStm


@mutant("block-stm", "block-stm.estimate.marks-every-write", "H59")
class DroppedEstimate(VersionedMemory):
    """What an aborted incarnation has written stays there as if it were still true."""

    def mark_estimates(self, step: int) -> None:
        """Wrong: marks nothing."""


@mutant("block-stm", "block-stm.read.estimate-suspends", "H59")
class EstimateReadAsValue(VersionedMemory):
    """A read that meets an estimate takes the value that the aborted incarnation had written."""

    def refuse_estimate(self, version: Version) -> None:
        """Wrong: lets it pass."""


@mutant("block-stm", "block-stm.estimate.before-ready", "H59", shown_by="two_wait_for_one")
class StaleWake(BlockStm):
    """An aborted transaction is made ready to run again before its writes have become estimates."""

    def validate(self, worker: int, step: int, incarnation: int) -> Task | None:
        """Wrong: wakes first and marks afterwards."""
        attempt = self.attempts[step]
        holds = attempt is not None and self.memory.validate(step, attempt.reads)
        self.journal.validated(worker, step, incarnation, holds)
        if holds or not self.scheduler.try_to_abort(step, incarnation):
            return self.scheduler.finish_validation(step, False)
        self.journal.aborted(step, incarnation)
        self.scheduler.resume([step])
        self.memory.mark_estimates(step)
        self.scheduler.lower_validation_index(step + 1)
        self.scheduler.one_less_active()
        return None


@mutant("block-stm", "block-stm.publish.removes-what-is-no-longer-written", "H27")
class RemovedWriteLeftStanding(VersionedMemory):
    """What the last incarnation wrote and the new one does not write is still there."""

    def publish(self, step: int, incarnation: int, effects: Effects) -> bool:
        """Wrong: adds and never removes."""
        versions = self.versions_of(step, incarnation, effects)
        before = self.places.get(step, {})
        for place, version in versions.items():
            self.point(PUBLISH, place)
            self.put(place, version)
        self.places[step] = dict.fromkeys((*before, *versions))
        return any(place not in before for place in versions)


@mutant("block-stm", "block-stm.publish.tells-of-new-places", "H62")
class NewPlaceMissed(VersionedMemory):
    """A new incarnation that writes where the last one did not has no later transaction validated again."""

    def publish(self, step: int, incarnation: int, effects: Effects) -> bool:
        """Wrong: nothing is ever new."""
        super().publish(step, incarnation, effects)
        return False


@mutant("block-stm", "block-stm.publish.before-executed", "H62", shown_by="write_that_comes_late")
class FinishedBeforePublished(BlockStm):
    """A transaction counts as executed, and wakes who waits for it, before what it wrote can be read."""

    def execute(self, worker: int, step: int, incarnation: int) -> Task | None:
        """Wrong: finishes first and publishes afterwards."""
        while True:
            attempt = self.attempt(worker, step, incarnation)
            if isinstance(attempt, Attempt):
                break
            if self.wait_for(step, attempt):
                return None
        self.journal.executed(worker, attempt)
        self.scheduler.one_more_active()
        task = self.scheduler.finish_execution(step, incarnation, wrote_new=True)
        self.publish(attempt)
        self.scheduler.one_less_active()
        return task
