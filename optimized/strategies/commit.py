"""The rolling commit in block order.

`locks`, `waves` and `access-list` differ only in when a transaction is executed for the first time. After that it
waits for its turn: whoever gets the lock validates the lowest transaction that is not committed yet, and executes it
again where what it read has changed, which is final, since all below it is. So a declaration or a list that is wrong
costs time and changes nothing. The lock is only ever tried for: nobody waits for it, and whoever has it looks again
after letting it go.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.arena import stop, stop_reason
from cython.cimports.samestate.optimized.core.execution import run_execution, run_validation
from cython.cimports.samestate.optimized.core.memory import latest_execution, publish, publish_execution
from cython.cimports.samestate.optimized.core.records import (
    ACCESS_LIST,
    BROKEN,
    DONE,
    EXECUTED,
    Execution,
    SessionRecord,
    StepRecord,
)
from cython.cimports.samestate.optimized.core.session import begin_task
from cython.cimports.samestate.optimized.core.shim import (
    COMMIT_OUT_OF_ORDER,
    MUTANT,
    OFFENDER_ONLY,
    atomic_load,
    atomic_replace,
    atomic_store,
)
from cython.cimports.samestate.optimized.strategies.predictions import confirm


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def run_once(task: cython.pointer(Task), transaction: uint64_t, incarnation: uint64_t) -> cython.bint:
    """Execute and publish. Nobody marks estimates here, so nobody suspends."""
    session: cython.pointer(Session) = task.session
    begin_task(task, transaction + 1, incarnation)
    if run_execution(task) != DONE:
        stop(session.arena, BROKEN)  # no effect where the flag is up already
        return False
    # rule: access-list.shown-when-committed
    late: cython.bint = session.record.strategy == ACCESS_LIST  # its effect shows when it is committed
    published: cython.bint = publish_execution(task) if late else publish(task) >= 0
    if published:
        status: uint64_t = incarnation << 2 | EXECUTED
        atomic_store(cython.address(session.steps[transaction + 1].status), status, b"commit.status.executed")
    return published


def execute_first(task: cython.pointer(Task), transaction: uint64_t) -> cython.bint:
    """Execute a transaction for the first time. False where the block is stopped.

    Its effect is visible, where the strategy has it so, before the status says that it was executed.
    """
    if not run_once(task, transaction, 0):
        return False
    if MUTANT(COMMIT_OUT_OF_ORDER):
        return make_valid(task, transaction)
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def make_valid(task: cython.pointer(Task), transaction: uint64_t) -> cython.bint:
    """Once more where its reads have changed. False where the block is stopped."""
    session: cython.pointer(Session) = task.session
    execution: cython.pointer(Execution) = latest_execution(session, transaction + 1)
    if run_validation(task, transaction + 1, execution):
        return True
    task.worker.aborts += 1
    task.worker.rerun += 1
    # rule: rolling-commit.second-run-is-final
    return run_once(task, transaction, execution.incarnation + 1)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_executed(session: cython.pointer(Session), transaction: uint64_t) -> cython.bint:
    """Whether there is something to commit."""
    if transaction >= session.record.transactions:
        return False
    step: cython.pointer(StepRecord) = cython.address(session.steps[transaction + 1])
    return atomic_load(cython.address(step.status), b"commit.status.load") & 3 == EXECUTED


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def was_anything_rerun(session: cython.pointer(Session)) -> cython.bint:
    """For a mutant alone."""
    number: uint64_t
    for number in range(session.record.workers):  # noqa: SIM110 - a generator would need the GIL
        if session.workers[number].rerun:
            return True
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def commit(task: cython.pointer(Task), transaction: uint64_t) -> cython.bint:
    """Under the lock, all lower transactions committed. False where the block is stopped."""
    session: cython.pointer(Session) = task.session
    step: uint64_t = transaction + 1
    trusted: cython.bint = MUTANT(COMMIT_OUT_OF_ORDER) or (MUTANT(OFFENDER_ONLY) and was_anything_rerun(session))
    # rule: rolling-commit.validated-in-turn
    if not trusted and not make_valid(task, transaction):
        return False
    if session.record.strategy == ACCESS_LIST and confirm(task, step, latest_execution(session, step)) < 0:
        return False
    task.worker.committed += 1
    return True


def advance(task: cython.pointer(Task)) -> cython.bint:
    """Commit all that can be committed now, unless somebody else is at it. Whether anything was.

    Try for the lock as long as there is something to commit.
    """
    session: cython.pointer(Session) = task.session
    record: cython.pointer(SessionRecord) = session.record
    index: uint64_t = atomic_load(cython.address(record.commit_index), b"commit.index.load")
    committed: cython.bint = False
    while is_executed(session, index) and not stop_reason(session.arena):
        # rule: rolling-commit.one-at-a-time
        if not atomic_replace(cython.address(record.commit_lock), 0, task.number + 1, b"commit.lock.take"):
            return committed
        index = atomic_load(cython.address(record.commit_index), b"commit.index.load")
        # rule: rolling-commit.in-block-order
        while is_executed(session, index) and not stop_reason(session.arena):
            if not commit(task, index):
                return committed
            committed = True
            index += 1
            atomic_store(cython.address(record.commit_index), index, b"commit.index.store")
        atomic_store(cython.address(record.commit_lock), 0, b"commit.lock.release")
        index = atomic_load(cython.address(record.commit_index), b"commit.index.load")
    return committed


def all_committed(session: cython.pointer(Session)) -> cython.bint:
    """Say whether every transaction is committed."""
    index: uint64_t = atomic_load(cython.address(session.record.commit_index), b"commit.index.load")
    return index >= session.record.transactions
