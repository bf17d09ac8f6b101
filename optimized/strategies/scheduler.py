"""The collaborative scheduler of Block-STM (Gelashvili and others, 2022): who executes or validates what next.

Lower transactions come first, by two indices that everybody takes from and that are lowered whenever a transaction
below has to be looked at again. The block is done when both are past the end, nobody is at work, and neither index was
lowered while that was being looked up. There is no mutex: the status of a transaction is one word (its incarnation and
what is going on), and those who wait for it hang in a stack that is closed by the very exchange that takes it.

Who may do what: READY → EXECUTING by whoever wins the compare-and-swap; EXECUTING → EXECUTED or ABORTING by its
executor alone; EXECUTED → ABORTING by the one validator that wins; ABORTING → READY by whoever aborted it or, where it
waits, by whoever closed the stack it hangs in.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.records import (
    ABORTING,
    EXECUTED,
    EXECUTING,
    READY,
    SessionRecord,
    StepRecord,
)
from cython.cimports.samestate.optimized.core.shim import (
    COUNTER_AFTER_INDEX,
    DONE_CHECK_ONCE,
    LOST_DEPENDENCY,
    MUTANT,
    VALIDATION_INDEX_NOT_LOWERED,
    WAITER_AFTER_CLOSE,
    atomic_add,
    atomic_exchange,
    atomic_load,
    atomic_lower,
    atomic_replace,
    atomic_store,
)

CLOSED = cython.declare(uint64_t, 0xFFFFFFFFFFFFFFFF)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def step_record(session: cython.pointer(Session), transaction: uint64_t) -> cython.pointer(StepRecord):
    """Transactions stand behind the opening step."""
    return cython.address(session.steps[transaction + 1])


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def nothing() -> Assignment:
    """No work at the moment."""
    assignment: Assignment
    assignment.kind = NOTHING
    assignment.transaction = 0
    assignment.incarnation = 0
    return assignment


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def assign(kind: uint64_t, transaction: uint64_t, incarnation: uint64_t) -> Assignment:
    """One piece of work."""
    assignment: Assignment
    assignment.kind = kind
    assignment.transaction = transaction
    assignment.incarnation = incarnation
    return assignment


def all_done(session: cython.pointer(Session)) -> cython.bint:
    """Say whether the block is done.

    The marker is set once and stays.
    """
    return atomic_load(cython.address(session.record.done), b"scheduler.done.load") != 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def check_done(session: cython.pointer(Session)) -> cython.void:
    """Done if both indices are past the end and nobody is active, and no index was lowered in between."""
    record: cython.pointer(SessionRecord) = session.record
    decreases: uint64_t = atomic_load(cython.address(record.decreases), b"scheduler.decreases.load")
    if atomic_load(cython.address(record.execution_index), b"scheduler.execution_index.load") < record.transactions:
        return
    if atomic_load(cython.address(record.validation_index), b"scheduler.validation_index.load") < record.transactions:
        return
    # rule: block-stm.scheduler.done-when-nobody-is-active
    if atomic_load(cython.address(record.active), b"scheduler.active.load"):
        return
    # rule: block-stm.scheduler.done-unless-decreased
    if (
        MUTANT(DONE_CHECK_ONCE)
        or atomic_load(cython.address(record.decreases), b"scheduler.decreases.again") == decreases
    ):
        atomic_store(cython.address(record.done), 1, b"scheduler.done.store")


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def rest(session: cython.pointer(Session)) -> cython.void:
    """One active worker less."""
    atomic_add(cython.address(session.record.active), -1, b"scheduler.active.subtract")


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def lower_execution_index(session: cython.pointer(Session), target: uint64_t) -> cython.void:
    """Look for executions from ``target`` on again. First the index, then the count of decreases."""
    # rule: block-stm.scheduler.execution-decrease-counted-last
    atomic_lower(cython.address(session.record.execution_index), target, b"scheduler.execution_index.lower")
    atomic_add(cython.address(session.record.decreases), 1, b"scheduler.decreases.add")


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def lower_validation_index(session: cython.pointer(Session), target: uint64_t) -> cython.void:
    """Validate from ``target`` on again. First the index, then the count of decreases."""
    if MUTANT(VALIDATION_INDEX_NOT_LOWERED):
        return
    # rule: block-stm.scheduler.validation-decrease-counted-last
    atomic_lower(cython.address(session.record.validation_index), target, b"scheduler.validation_index.lower")
    atomic_add(cython.address(session.record.decreases), 1, b"scheduler.decreases.add")


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def try_incarnate(session: cython.pointer(Session), transaction: uint64_t) -> Assignment:
    """Take the transaction if it is ready. The caller counts as active, unless nothing comes of it."""
    if transaction < session.record.transactions:
        status: cython.pointer(uint64_t) = cython.address(step_record(session, transaction).status)
        seen: uint64_t = atomic_load(status, b"scheduler.status.load")
        # rule: block-stm.scheduler.one-starts
        if seen & 3 == READY and atomic_replace(status, seen, seen | EXECUTING, b"scheduler.status.take"):
            return assign(EXECUTE, transaction, seen >> 2)
    rest(session)
    return nothing()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def next_to_execute(session: cython.pointer(Session)) -> Assignment:
    """Active first, index second: otherwise there is a moment at which work is held by nobody."""
    record: cython.pointer(SessionRecord) = session.record
    if atomic_load(cython.address(record.execution_index), b"scheduler.execution_index.load") >= record.transactions:
        check_done(session)
        return nothing()
    # rule: block-stm.scheduler.execution-counted-first
    if not MUTANT(COUNTER_AFTER_INDEX):
        atomic_add(cython.address(record.active), 1, b"scheduler.active.add")
    taken: uint64_t = atomic_add(cython.address(record.execution_index), 1, b"scheduler.execution_index.take")
    if MUTANT(COUNTER_AFTER_INDEX):
        atomic_add(cython.address(record.active), 1, b"scheduler.active.add")
    return try_incarnate(session, taken)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def next_to_validate(session: cython.pointer(Session)) -> Assignment:
    """A transaction that is not executed is passed by: whoever finishes it sees to its validation."""
    record: cython.pointer(SessionRecord) = session.record
    if atomic_load(cython.address(record.validation_index), b"scheduler.validation_index.load") >= record.transactions:
        check_done(session)
        return nothing()
    # rule: block-stm.scheduler.validation-counted-first
    if not MUTANT(COUNTER_AFTER_INDEX):
        atomic_add(cython.address(record.active), 1, b"scheduler.active.add")
    taken: uint64_t = atomic_add(cython.address(record.validation_index), 1, b"scheduler.validation_index.take")
    if MUTANT(COUNTER_AFTER_INDEX):
        atomic_add(cython.address(record.active), 1, b"scheduler.active.add")
    if taken < record.transactions:
        seen: uint64_t = atomic_load(cython.address(step_record(session, taken).status), b"scheduler.status.load")
        # rule: block-stm.scheduler.validates-what-is-executed
        if seen & 3 == EXECUTED:
            return assign(VALIDATE, taken, seen >> 2)
    rest(session)
    return nothing()


def next_assignment(session: cython.pointer(Session)) -> Assignment:
    """Give the next piece of work, or NOTHING.

    Validate before executing, where validation is behind: the lower transaction first.
    """
    record: cython.pointer(SessionRecord) = session.record
    validation: uint64_t = atomic_load(cython.address(record.validation_index), b"scheduler.validation_index.load")
    execution: uint64_t = atomic_load(cython.address(record.execution_index), b"scheduler.execution_index.load")
    # rule: block-stm.scheduler.lowest-first
    if validation < execution:
        return next_to_validate(session)
    return next_to_execute(session)


def add_dependency(
    session: cython.pointer(Session), transaction: uint64_t, incarnation: uint64_t, blocking: uint64_t
) -> cython.bint:
    """Let the transaction wait until ``blocking`` has finished. False where it has by now: execute again at once.

    The status says ABORTING before the transaction hangs in the stack, because it may be woken as soon as it does.
    """
    waiter: cython.pointer(StepRecord) = step_record(session, transaction)
    waiters: cython.pointer(uint64_t) = cython.address(step_record(session, blocking).waiters)
    head: uint64_t = atomic_load(waiters, b"scheduler.waiters.load")
    # rule: block-stm.scheduler.waits-for-the-unfinished
    if head == CLOSED and not MUTANT(WAITER_AFTER_CLOSE):
        return False
    atomic_store(cython.address(waiter.status), incarnation << 2 | ABORTING, b"scheduler.status.wait")
    while True:
        waiter.next_waiter = 0 if head == CLOSED else head
        # rule: block-stm.scheduler.task-dropped-once
        if atomic_replace(waiters, head, transaction + 1, b"scheduler.waiters.push"):
            rest(session)
            return True
        head = atomic_load(waiters, b"scheduler.waiters.load")
        if head == CLOSED and not MUTANT(WAITER_AFTER_CLOSE):
            atomic_store(cython.address(waiter.status), incarnation << 2 | EXECUTING, b"scheduler.status.resume")
            return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def set_ready(session: cython.pointer(Session), transaction: uint64_t, incarnation: uint64_t) -> cython.void:
    """Ready for the next incarnation; the caller has the transaction to itself, and loses it here."""
    # rule: block-stm.scheduler.counts-incarnations
    status: uint64_t = (incarnation + 1) << 2 | READY
    atomic_store(cython.address(step_record(session, transaction).status), status, b"scheduler.status.ready")


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def wake(session: cython.pointer(Session), waiter: uint64_t) -> cython.void:
    """Make all ready that hung in a stack taken whole. The link is read before its owner is let go."""
    lowest: uint64_t = CLOSED
    # rule: block-stm.scheduler.wakes-all
    while waiter:
        woken: uint64_t = waiter - 1
        following: uint64_t = step_record(session, woken).next_waiter
        seen: uint64_t = atomic_load(cython.address(step_record(session, woken).status), b"scheduler.status.load")
        set_ready(session, woken, seen >> 2)
        if woken < lowest:
            lowest = woken
        if MUTANT(LOST_DEPENDENCY):
            break
        waiter = following
    if lowest != CLOSED:
        lower_execution_index(session, lowest)


def finish_execution(
    session: cython.pointer(Session), transaction: uint64_t, incarnation: uint64_t, wrote_new_location: cython.bint
) -> Assignment:
    """Say that a transaction was executed. What its worker does next: validate it, or nothing.

    Executed. If validation has passed by already, validate it and, where it wrote something new, all above.

    The stack is closed before the status says so: as soon as it does the incarnation may be aborted, which opens the
    stack anew, and would lose who hangs in it.
    """
    record: cython.pointer(StepRecord) = step_record(session, transaction)
    waiters: uint64_t = atomic_exchange(cython.address(record.waiters), CLOSED, b"scheduler.waiters.close")
    atomic_store(cython.address(record.status), incarnation << 2 | EXECUTED, b"scheduler.status.executed")
    if waiters != CLOSED:
        wake(session, waiters)
    if atomic_load(cython.address(session.record.validation_index), b"scheduler.validation_index.load") > transaction:
        # rule: block-stm.scheduler.known-places-validate-itself
        if not wrote_new_location:
            return assign(VALIDATE, transaction, incarnation)
        # rule: block-stm.scheduler.new-place-validates-all-above
        lower_validation_index(session, transaction)
    rest(session)
    return nothing()


def try_abort(session: cython.pointer(Session), transaction: uint64_t, incarnation: uint64_t) -> cython.bint:
    """Abort an incarnation that was found invalid. False where somebody else has.

    Of all who find the incarnation invalid, one aborts it. Its stack opens before anybody can meet an estimate.
    """
    record: cython.pointer(StepRecord) = step_record(session, transaction)
    executed: uint64_t = incarnation << 2 | EXECUTED
    aborting: uint64_t = incarnation << 2 | ABORTING
    # rule: block-stm.scheduler.one-aborts
    if not atomic_replace(cython.address(record.status), executed, aborting, b"scheduler.status.abort"):
        return False
    atomic_store(cython.address(record.waiters), 0, b"scheduler.waiters.open")
    return True


def finish_validation(
    session: cython.pointer(Session), transaction: uint64_t, incarnation: uint64_t, aborted: cython.bint
) -> Assignment:
    """Say that a transaction was validated. What its worker does next: execute it again, or nothing.

    After an abort all above are validated again, and the transaction is executed again, at once if possible.
    """
    if aborted:
        set_ready(session, transaction, incarnation)
        # rule: block-stm.scheduler.abort-validates-all-above
        lower_validation_index(session, transaction + 1)
        if atomic_load(cython.address(session.record.execution_index), b"scheduler.execution_index.load") > transaction:
            return try_incarnate(session, transaction)
    rest(session)
    return nothing()
