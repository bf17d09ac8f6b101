"""Mutants of the collaborative scheduler."""

from __future__ import annotations

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.commit import Attempt
from samestate.reference.explorer.points import Kind, Label
from samestate.reference.scheduler import (
    DEPEND,
    FINISH,
    LOOK_ACTIVE,
    LOOK_DECREASES,
    LOOK_EXECUTION_INDEX,
    LOOK_STATUS,
    LOOK_VALIDATION_INDEX,
    MAKE_READY,
    MARK_DONE,
    Scheduler,
    Status,
    Task,
    TaskKind,
)
from samestate.reference.strategies.block_stm import BlockStm

LOOK_AT_BLOCKING = Label("look at the one to wait for", Kind.LOOK)


@mutant("block-stm", "block-stm.scheduler.execution-counted-first", shown_by="three_increments")
class ExecutionCountedAfterIndex(Scheduler):
    """A task to execute is counted as active only after the execution index was raised."""

    def next_to_execute(self) -> Task | None:
        """Wrong: for a moment the index is past the transaction, and nobody is known to have it."""
        self.point(LOOK_EXECUTION_INDEX)
        if self.execution_index >= self.transactions:
            self.find_nothing()
            return None
        step = self.take_execution_index()
        self.one_more_active()
        task = self.try_to_start(step)
        if task is None:
            self.one_less_active()
        return task


@mutant("block-stm", "block-stm.scheduler.validation-counted-first")
class ValidationCountedAfterIndex(Scheduler):
    """A task to validate is counted as active only after the validation index was raised."""

    def next_to_validate(self) -> Task | None:
        """Wrong: for a moment the index is past the transaction, and nobody is known to have it."""
        self.point(LOOK_VALIDATION_INDEX)
        if self.validation_index >= self.transactions:
            self.find_nothing()
            return None
        step = self.take_validation_index()
        self.one_more_active()
        if step < self.transactions:
            self.point(LOOK_STATUS, step)
            if self.status[step] is Status.EXECUTED:
                return Task(TaskKind.VALIDATE, step, self.incarnation[step])
        self.one_less_active()
        return None


@mutant("block-stm", "block-stm.scheduler.validation-decrease-counted-last", shown_by="there_and_back")
class DecreaseCountedFirst(Scheduler):
    """A decrease of the validation index is counted before the index is lowered."""

    def lower_validation_index(self, step: int) -> None:
        """Wrong: who looks in between sees the count, and not yet the index."""
        self.count_decrease()
        self.set_validation_index(step)


@mutant("block-stm", "block-stm.scheduler.done-unless-decreased", shown_by="fee_that_depends")
class DecreasesReadOnce(Scheduler):
    """The block is done when both indices are past its end and no task is active, as seen one after another."""

    def check_done(self) -> None:
        """Wrong: an index may have been lowered after it was looked at."""
        self.point(LOOK_DECREASES)
        self.point(LOOK_EXECUTION_INDEX)
        if self.execution_index < self.transactions:
            return
        self.point(LOOK_VALIDATION_INDEX)
        if self.validation_index < self.transactions:
            return
        self.point(LOOK_ACTIVE)
        if self.active != 0:
            return
        self.point(MARK_DONE)
        self.done = True


@mutant("block-stm", "block-stm.scheduler.abort-validates-all-above", "H62")
class LaterNotValidatedAgain(Scheduler):
    """After an abort the later transactions are not validated again."""

    def finish_validation(self, step: int, aborted: bool) -> Task | None:
        """Wrong: leaves the validation index where it is."""
        if aborted:
            self.make_ready(step)
            self.lower_execution_index(step)
        self.one_less_active()
        return None


@mutant("block-stm", "block-stm.scheduler.wakes-all", "H57", shown_by="two_wait_for_one")
class OnlyTheFirstWoken(Scheduler):
    """Whoever finishes wakes only the first of those who wait for him."""

    def resume(self, steps: list[int]) -> None:
        """Wrong: forgets the others."""
        super().resume(steps[:1])


@mutant("block-stm", "block-stm.scheduler.waits-for-the-unfinished", "H57", shown_by="fee_that_depends")
class WaitsForTheFinished(Scheduler):
    """A transaction that looks before it waits may wait for one that has finished in between."""

    def wait_for(self, step: int, blocking: int) -> bool:
        """Wrong: looking and entering are two actions."""
        self.point(LOOK_AT_BLOCKING, (step, blocking))
        if self.status[blocking] is Status.EXECUTED:
            return False
        self.point(DEPEND, (step, blocking))
        self.status[step] = Status.ABORTING
        self.dependents[blocking].append(step)
        self.one_less_active()
        return True


@mutant("block-stm", "block-stm.scheduler.waits-for-the-unfinished", "H57", shown_by="two_wait_for_one")
class WaitersTakenTooEarly(BlockStm):
    """Those who wait for a transaction are taken before it publishes: who meets its estimate later is not woken."""

    def execute(self, worker: int, step: int, incarnation: int) -> Task | None:
        """Wrong: takes the list while others may still enter it."""
        while True:
            attempt = self.attempt(worker, step, incarnation)
            if isinstance(attempt, Attempt):
                break
            if self.wait_for(step, attempt):
                return None
        self.journal.executed(worker, attempt)
        waiting = self.scheduler.take_dependents(step)
        self.publish(attempt)
        self.point(FINISH, step)
        self.scheduler.status[step] = Status.EXECUTED
        self.scheduler.resume(waiting)
        self.scheduler.lower_validation_index(step)
        self.scheduler.one_less_active()
        return None


@mutant("block-stm", "block-stm.scheduler.counts-incarnations", "H59")
class IncarnationsNotCounted(Scheduler):
    """A transaction that is run again has the number of the incarnation before, and so have its versions."""

    def make_ready(self, step: int) -> None:
        """Wrong: nobody can tell what it writes now from what it wrote then."""
        self.point(MAKE_READY, step)
        self.status[step] = Status.READY


@mutant("block-stm", "block-stm.scheduler.task-dropped-once", "H57")
class WaiterTakenOffTwice(Scheduler):
    """A task whose transaction has to wait is taken off the count by who has it wait, and by who had it in hands."""

    def wait_for(self, step: int, blocking: int) -> bool:
        """Wrong: then the task of somebody else is not counted."""
        waits = super().wait_for(step, blocking)
        if waits:
            self.one_less_active()
        return waits


@mutant("block-stm", "block-stm.scheduler.done-when-nobody-is-active")
class DoneWhileActive(Scheduler):
    """The block is done when both indices are past its end, whoever is still at work."""

    def check_done(self) -> None:
        """Wrong: what is still executed or validated may lower them again."""
        self.point(LOOK_EXECUTION_INDEX)
        if self.execution_index < self.transactions:
            return
        self.point(LOOK_VALIDATION_INDEX)
        if self.validation_index < self.transactions:
            return
        self.point(MARK_DONE)
        self.done = True


@mutant("block-stm", "block-stm.scheduler.validates-what-is-executed", "H62", shown_by="three_increments")
class PassedByForGood(Scheduler):
    """A transaction that validation passes by while it is executed is not validated when that is over."""

    def finish_execution(self, step: int, incarnation: int, wrote_new: bool) -> Task | None:
        """Wrong: leaves it to a sweep that has come and gone."""
        self.point(FINISH, step)
        self.status[step] = Status.EXECUTED
        self.resume(self.take_dependents(step))
        self.one_less_active()
        return None
