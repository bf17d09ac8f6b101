"""One execution, or one validation, with what is counted of it: how many, how long, and the trace."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.arena import reserve_if_room, stop
from cython.cimports.samestate.optimized.core.machine import Machine, machine_of
from cython.cimports.samestate.optimized.core.memory import validate
from cython.cimports.samestate.optimized.core.pausing import wait_for_another
from cython.cimports.samestate.optimized.core.records import (
    BROKEN,
    DONE,
    PREDICTED,
    STOPPED,
    SUSPENDED,
    TRACE_CHUNK_EVENTS,
    TRACE_EXECUTION,
    TRACE_VALIDATION,
    UNMERGEABLE,
    UNMERGED,
    TraceChunk,
    TraceEvent,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def note(
    task: cython.pointer(Task), kind: uint64_t, step: uint64_t, incarnation: uint64_t, begin: uint64_t, result: uint64_t
) -> cython.void:
    """One event for the trace, in chunks of the arena.

    All workers together keep an eighth of it at most, and none stops the block: what does not fit is left out, which
    begins with the latest of a worker.
    """
    worker: cython.pointer(WorkerRecord) = task.worker
    chunk: cython.pointer(TraceChunk) = cython.cast(cython.pointer(TraceChunk), task.session.base + worker.events)
    if worker.events == 0 or chunk.count == TRACE_CHUNK_EVENTS:
        size: uint64_t = cython.sizeof(TraceChunk) + TRACE_CHUNK_EVENTS * cython.sizeof(TraceEvent)
        share: uint64_t = task.session.arena.size // (8 * task.session.record.workers)
        if (worker.event_chunks + 1) * size > share:
            return
        offset: uint64_t = reserve_if_room(task.session.arena, size)
        if offset == 0:
            return
        worker.event_chunks += 1
        chunk = cython.cast(cython.pointer(TraceChunk), task.session.base + offset)
        chunk.previous = worker.events
        chunk.count = 0
        worker.events = offset
    events: cython.pointer(TraceEvent) = cython.cast(
        cython.pointer(TraceEvent), cython.cast(cython.p_char, chunk) + cython.sizeof(TraceChunk)
    )
    event: cython.pointer(TraceEvent) = events + chunk.count
    event.begin = begin
    event.end = task.clock
    event.transaction = step - 1
    event.incarnation = incarnation
    event.kind = kind
    event.result = result
    chunk.count += 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def start_clock(task: cython.pointer(Task)) -> uint64_t:
    """When this piece of work began: when the last one ended, if nothing lay between."""
    return task.clock if task.clock else now_nanoseconds()


def end_unmerged(task: cython.pointer(Task)) -> cython.int:
    """Leave nothing of a step but the verdict that a credit it needs cannot be merged. Gives DONE.

    It is over for as long as its reads stand: if they do in its turn, the block ends here at the latest.
    """
    task.verdict = UNMERGEABLE
    task.outcome = 0
    task.write_count = 0
    return DONE


def run_execution(task: cython.pointer(Task)) -> cython.int:
    """Have the machine execute the step, in the incarnation that the task was begun for. An ExecutionResult.

    The clock is read once a piece of work, so that counting costs little.

    A version has no room for more incarnations than PREDICTED: a block that comes that far is stuck, and is stopped.
    """
    worker: cython.pointer(WorkerRecord) = task.worker
    # rule: block-stm.incarnation.never-rejects
    if task.incarnation >= PREDICTED:
        stop(task.session.arena, BROKEN)
        return STOPPED
    task.session.steps[task.step].executions += 1
    begin: uint64_t = start_clock(task)
    machine: cython.pointer(cython.const[Machine]) = machine_of(task)
    result: cython.int = machine.execute(machine.itself, task)
    task.clock = now_nanoseconds()
    task.began = begin
    task.ended = task.clock
    worker.busy += task.clock - begin
    worker.executions += 1
    if result == UNMERGED:
        result = end_unmerged(task)
    if result == SUSPENDED:
        worker.suspensions += 1
    elif result != DONE:
        stop(task.session.arena, BROKEN)  # no effect where it says STOPPED because the flag is up already
    if task.session.record.tracing:
        note(task, TRACE_EXECUTION, task.step, task.incarnation, begin, result)
    return result


def run_validation(task: cython.pointer(Task), step: uint64_t, execution: cython.pointer(Execution)) -> cython.bint:
    """Say whether what the step's execution has read is still there to be read.

    As :func:`run_execution` does for executions, but for the clock: reading it would take as long as validating.

    Its time counts as busy, with the execution that follows.
    """
    task.worker.validations += 1
    if not task.session.record.tracing:
        return validate(task.session, step, execution)
    begin: uint64_t = start_clock(task)
    valid: cython.bint = validate(task.session, step, execution)
    task.clock = now_nanoseconds()
    task.worker.busy += task.clock - begin
    note(task, TRACE_VALIDATION, step, execution.incarnation, begin, valid)
    return valid


def be_idle(task: cython.pointer(Task), rounds: uint64_t, label: cython.p_const_char) -> cython.void:
    """Wait a little, as there is nothing to do for the ``rounds``th time in a row.

    The machine may look up meanwhile: a signal may have come for this thread.
    """
    task.clock = 0
    machine: cython.pointer(cython.const[Machine]) = machine_of(task)
    if machine.idle != cython.NULL:
        machine.idle(machine.itself, task)
    wait_for_another(rounds, label)
