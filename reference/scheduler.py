"""The collaborative scheduler of Block-STM: who executes or validates which transaction next.

After Gelashvili et al., "Block-STM: Scaling Blockchain Execution by Turning Ordering Curse to a Performance Blessing"
(2022), algorithms 4 and 5. It knows neither state nor machine. There is no lock and no queue: two counters sweep over
the block, one of transactions to execute and one of transactions to validate, and are set back when something has
changed.

Differences from the paper: a task is counted as active by whoever took it, and taken off the count exactly once by
whoever drops it (in the paper a validation that aborts and then finds nothing to start takes it off twice).
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from samestate.reference.explorer.points import IDLE, Kind, Label, Point

LOOK_DONE = Label("done?", Kind.LOOK)
LOOK_EXECUTION_INDEX = Label("look at the execution index", Kind.LOOK)
LOOK_VALIDATION_INDEX = Label("look at the validation index", Kind.LOOK)
LOOK_DECREASES = Label("look at the number of decreases", Kind.LOOK)
LOOK_ACTIVE = Label("look at the number of active tasks", Kind.LOOK)
LOOK_STATUS = Label("look at the status", Kind.LOOK)
ONE_MORE_ACTIVE = Label("one more active task")
ONE_LESS_ACTIVE = Label("one less active task")
TAKE_EXECUTION_INDEX = Label("take the execution index")
TAKE_VALIDATION_INDEX = Label("take the validation index")
LOWER_EXECUTION_INDEX = Label("lower the execution index")
LOWER_VALIDATION_INDEX = Label("lower the validation index")
COUNT_DECREASE = Label("count a decrease")
START = Label("start an incarnation")
FINISH = Label("finish an incarnation")
ABORT = Label("abort an incarnation")
MAKE_READY = Label("make ready")
DEPEND = Label("wait for another transaction")
TAKE_DEPENDENTS = Label("take those who wait")
MARK_DONE = Label("mark as done")


class Status(enum.Enum):
    """The life of an incarnation."""

    READY = "ready"
    EXECUTING = "executing"
    EXECUTED = "executed"
    ABORTING = "aborting"


class TaskKind(enum.Enum):
    """What a worker can be given to do."""

    EXECUTE = "execute"
    VALIDATE = "validate"


class Task(NamedTuple):
    """One thing to do, to one incarnation of a transaction."""

    kind: TaskKind
    step: int
    incarnation: int


class Scheduler:
    """The shared state of all workers. Every action on it has a point right before it.

    An action is what a real engine does in one step: one atomic instruction on a counter or the mark, or what is done
    under the lock of one transaction, which guards its status, its incarnation and those who wait for it.
    """

    def __init__(self, transactions: int, point: Point) -> None:
        self.transactions = transactions
        self.point = point
        self.execution_index = 0
        self.validation_index = 0
        self.decreases = 0
        self.active = 0
        self.done = False
        self.status = [Status.READY] * transactions
        self.incarnation = [0] * transactions
        self.dependents: list[list[int]] = [[] for _ in range(transactions)]

    # Taking tasks

    def is_done(self) -> bool:
        """Whether every transaction has been executed and validated for good."""
        self.point(LOOK_DONE)
        return self.done

    def next_task(self) -> Task | None:
        """The task with the lowest index; or None, where there is nothing to do, or an index led to nothing."""
        self.point(LOOK_VALIDATION_INDEX)
        to_validate = self.validation_index
        self.point(LOOK_EXECUTION_INDEX)
        # rule: block-stm.scheduler.lowest-first
        # source: Block-STM, algorithm 4, next_task
        if to_validate < self.execution_index:
            return self.next_to_validate()
        return self.next_to_execute()

    def next_to_execute(self) -> Task | None:
        """The next transaction to execute. The task is counted before it is taken: see :meth:`check_done`."""
        self.point(LOOK_EXECUTION_INDEX)
        if self.execution_index >= self.transactions:
            self.find_nothing()
            return None
        # rule: block-stm.scheduler.execution-counted-first
        # source: Block-STM, algorithm 4, next_version_to_execute: active before the index is taken
        self.one_more_active()
        step = self.take_execution_index()
        task = self.try_to_start(step)
        if task is None:
            self.one_less_active()
        return task

    def next_to_validate(self) -> Task | None:
        """The next transaction to validate, where it has been executed; if not, its execution will see to that."""
        self.point(LOOK_VALIDATION_INDEX)
        if self.validation_index >= self.transactions:
            self.find_nothing()
            return None
        # rule: block-stm.scheduler.validation-counted-first
        # source: Block-STM, algorithm 4, next_version_to_validate: active before the index is taken
        self.one_more_active()
        step = self.take_validation_index()
        if step < self.transactions:
            self.point(LOOK_STATUS, step)
            # rule: block-stm.scheduler.validates-what-is-executed
            # source: Block-STM, algorithm 4, next_version_to_validate
            if self.status[step] is Status.EXECUTED:
                return Task(TaskKind.VALIDATE, step, self.incarnation[step])
        self.one_less_active()
        return None

    def find_nothing(self) -> None:
        """There is nothing to do at the moment, perhaps because there will be no more."""
        self.check_done()
        if not self.is_done():
            self.point(IDLE)

    def try_to_start(self, step: int) -> Task | None:
        """Start the next incarnation of the transaction, where it is ready: only one worker succeeds."""
        if step >= self.transactions:
            return None
        self.point(START, step)
        # rule: block-stm.scheduler.one-starts
        # source: Block-STM, algorithm 4, try_incarnate
        if self.status[step] is not Status.READY:
            return None
        self.status[step] = Status.EXECUTING
        return Task(TaskKind.EXECUTE, step, self.incarnation[step])

    # Dropping tasks

    def finish_execution(self, step: int, incarnation: int, wrote_new: bool) -> Task | None:
        """The incarnation has published all that it does. Wakes those who wait for it, and sees to its validation.

        Where it wrote at a new place, all later transactions are validated again; otherwise it alone is, right here.
        """
        self.point(FINISH, step)
        self.status[step] = Status.EXECUTED
        self.resume(self.take_dependents(step))
        self.point(LOOK_VALIDATION_INDEX)
        if self.validation_index > step:
            # rule: block-stm.scheduler.known-places-validate-itself
            # source: Block-STM, algorithm 5, finish_execution
            if not wrote_new:
                return Task(TaskKind.VALIDATE, step, incarnation)
            # rule: block-stm.scheduler.new-place-validates-all-above
            # source: Block-STM, algorithm 5, finish_execution
            self.lower_validation_index(step)
        self.one_less_active()
        return None

    def try_to_abort(self, step: int, incarnation: int) -> bool:
        """Abort that incarnation, where it is still the current one: of many validations only one succeeds."""
        self.point(ABORT, step)
        # rule: block-stm.scheduler.one-aborts
        # source: Block-STM, algorithm 5, try_validation_abort
        if self.status[step] is not Status.EXECUTED or self.incarnation[step] != incarnation:
            return False
        self.status[step] = Status.ABORTING
        return True

    def finish_validation(self, step: int, aborted: bool) -> Task | None:
        """The incarnation was validated. Where it was aborted, and all it wrote marked, the next one may start."""
        if aborted:
            self.make_ready(step)
            # rule: block-stm.scheduler.abort-validates-all-above
            # source: Block-STM, algorithm 5, finish_validation
            self.lower_validation_index(step + 1)
            self.point(LOOK_EXECUTION_INDEX)
            if self.execution_index > step:
                task = self.try_to_start(step)
                if task is not None:
                    return task
        self.one_less_active()
        return None

    # Waiting

    def wait_for(self, step: int, blocking: int) -> bool:
        """Have ``step`` wait until ``blocking`` has been executed. False where that has happened in the meantime.

        Looking and entering are one action: whoever finishes ``blocking`` either is seen, or sees.
        """
        self.point(DEPEND, (step, blocking))
        # rule: block-stm.scheduler.waits-for-the-unfinished
        # source: Block-STM, algorithm 5, add_dependency: nobody waits for what has been executed
        if self.status[blocking] is Status.EXECUTED:
            return False
        self.status[step] = Status.ABORTING
        # rule: block-stm.scheduler.task-dropped-once
        # source: Block-STM, algorithm 5, add_dependency: who waits is active no longer
        self.dependents[blocking].append(step)
        self.one_less_active()
        return True

    def take_dependents(self, step: int) -> list[int]:
        """Those who wait for ``step``, who from now on wait no more."""
        self.point(TAKE_DEPENDENTS, step)
        dependents, self.dependents[step] = self.dependents[step], []
        return dependents

    def resume(self, steps: list[int]) -> None:
        """Have them executed again."""
        # rule: block-stm.scheduler.wakes-all
        # source: Block-STM, algorithm 5, resume_dependencies
        for step in steps:
            self.make_ready(step)
        if steps:
            self.lower_execution_index(min(steps))

    def make_ready(self, step: int) -> None:
        """The next incarnation may start."""
        self.point(MAKE_READY, step)
        # rule: block-stm.scheduler.counts-incarnations
        # source: Block-STM, algorithm 5, set_ready_status
        self.incarnation[step] += 1
        self.status[step] = Status.READY

    # The counters

    def take_execution_index(self) -> int:
        """Fetch the execution index and raise it by one."""
        self.point(TAKE_EXECUTION_INDEX)
        step = self.execution_index
        self.execution_index += 1
        return step

    def take_validation_index(self) -> int:
        """Fetch the validation index and raise it by one."""
        self.point(TAKE_VALIDATION_INDEX)
        step = self.validation_index
        self.validation_index += 1
        return step

    def lower_execution_index(self, step: int) -> None:
        """Have everything from ``step`` on looked at again. It is counted after that: see :meth:`check_done`."""
        # rule: block-stm.scheduler.execution-decrease-counted-last
        # source: Block-STM, algorithm 4, decrease_execution_idx
        self.set_execution_index(step)
        self.count_decrease()

    def lower_validation_index(self, step: int) -> None:
        """Have everything from ``step`` on validated again. The decrease is counted after it."""
        # rule: block-stm.scheduler.validation-decrease-counted-last
        # source: Block-STM, algorithm 4, decrease_validation_idx
        self.set_validation_index(step)
        self.count_decrease()

    def set_execution_index(self, step: int) -> None:
        """Lower the execution index, never raise it."""
        self.point(LOWER_EXECUTION_INDEX, step)
        self.execution_index = min(self.execution_index, step)

    def set_validation_index(self, step: int) -> None:
        """Lower the validation index, never raise it."""
        self.point(LOWER_VALIDATION_INDEX, step)
        self.validation_index = min(self.validation_index, step)

    def count_decrease(self) -> None:
        """One more decrease of either index."""
        self.point(COUNT_DECREASE)
        self.decreases += 1

    def one_more_active(self) -> None:
        """One more task is, or is about to be, in some worker's hands."""
        self.point(ONE_MORE_ACTIVE)
        self.active += 1

    def one_less_active(self) -> None:
        """One task less is in a worker's hands."""
        self.point(ONE_LESS_ACTIVE)
        self.active -= 1

    def check_done(self) -> None:
        """Mark the block as done where both indices are past its end, and no task is left that could lower them.

        The four numbers are read one after another. It suffices that the number of decreases is the same before and
        after, because a decrease lowers the index first, and is counted before its task is dropped: where the task was
        still active, its count shows; where it was dropped before, either the index shows it, or the count has changed.
        """
        self.point(LOOK_DECREASES)
        decreases = self.decreases
        self.point(LOOK_EXECUTION_INDEX)
        if self.execution_index < self.transactions:
            return
        self.point(LOOK_VALIDATION_INDEX)
        if self.validation_index < self.transactions:
            return
        self.point(LOOK_ACTIVE)
        # rule: block-stm.scheduler.done-when-nobody-is-active
        # source: Block-STM, algorithm 4, check_done
        if self.active != 0:
            return
        self.point(LOOK_DECREASES)
        # rule: block-stm.scheduler.done-unless-decreased
        # source: Block-STM, algorithm 4, check_done: the count of decreases is read twice
        if self.decreases != decreases:
            return
        self.point(MARK_DONE)
        self.done = True
