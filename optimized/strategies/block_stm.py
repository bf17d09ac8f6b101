"""Block-STM: execute optimistically, validate in block order, execute again what read something else by now."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.arena import stop_reason
from cython.cimports.samestate.optimized.core.execution import be_idle, run_execution, run_validation
from cython.cimports.samestate.optimized.core.memory import latest_execution, mark_estimates, publish
from cython.cimports.samestate.optimized.core.records import STOPPED, SUSPENDED, Execution
from cython.cimports.samestate.optimized.core.session import begin_task
from cython.cimports.samestate.optimized.core.shim import MUTANT, STALE_WAKE, STATUS_BEFORE_PUBLICATION
from cython.cimports.samestate.optimized.strategies.scheduler import (
    EXECUTE,
    NOTHING,
    VALIDATE,
    add_dependency,
    all_done,
    finish_execution,
    finish_validation,
    next_assignment,
    try_abort,
)


def work_block_stm(task: cython.pointer(Task)) -> cython.void:
    """Take the lowest piece of work there is, until all is done or somebody asks to stop."""
    session: cython.pointer(Session) = task.session
    idle_rounds: uint64_t = 0
    assignment: Assignment = next_assignment(session)
    while not stop_reason(session.arena):
        if assignment.kind == EXECUTE:
            assignment = execute(task, assignment)
        elif assignment.kind == VALIDATE:
            assignment = validate(task, assignment)
        else:
            if all_done(session):
                return
            assignment = next_assignment(session)
            if assignment.kind == NOTHING:
                idle_rounds += 1
                be_idle(task, idle_rounds, b"block_stm.idle")
                continue
        idle_rounds = 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def execute(task: cython.pointer(Task), assignment: Assignment) -> Assignment:
    """Run one incarnation. What it wrote is visible before the transaction counts as executed."""
    session: cython.pointer(Session) = task.session
    wrote_new_location: cython.int = 0
    assignment.kind = NOTHING
    while True:
        begin_task(task, assignment.transaction + 1, assignment.incarnation)
        result: cython.int = run_execution(task)
        if result == STOPPED or stop_reason(session.arena):
            return assignment
        if result != SUSPENDED:
            break
        if add_dependency(session, assignment.transaction, assignment.incarnation, task.blocking - 1):
            return assignment
    if MUTANT(STATUS_BEFORE_PUBLICATION):
        following: Assignment = finish_execution(session, assignment.transaction, assignment.incarnation, False)
        publish(task)
        return following
    # rule: block-stm.publish.before-executed
    wrote_new_location = publish(task)
    if wrote_new_location < 0:
        return assignment
    return finish_execution(session, assignment.transaction, assignment.incarnation, wrote_new_location)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def validate(task: cython.pointer(Task), assignment: Assignment) -> Assignment:
    """Validate. Of the execution looked at only this much is sure: it is this incarnation's or a later one's.

    If it is a later one's, aborting fails, and its own validation is still to come.
    """
    session: cython.pointer(Session) = task.session
    step: uint64_t = assignment.transaction + 1
    execution: cython.pointer(Execution) = latest_execution(session, step)
    valid: cython.bint = run_validation(task, step, execution)
    aborted: cython.bint = not valid and try_abort(session, assignment.transaction, assignment.incarnation)
    if aborted:
        task.worker.aborts += 1
        if MUTANT(STALE_WAKE):
            assignment = finish_validation(session, assignment.transaction, assignment.incarnation, aborted)
            mark_estimates(session, execution)
            return assignment
        # rule: block-stm.estimate.before-ready
        mark_estimates(session, execution)
    return finish_validation(session, assignment.transaction, assignment.incarnation, aborted)
