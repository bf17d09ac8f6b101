"""The steps of a block that are the coordinator's: laying out and opening before workers, then settling and closing.

One order for every machine and every strategy, the one of the state transition: each step is final before the next is
looked at, the first that cannot be settled ends the block, and what comes after it does not count.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.arena import stop_reason
from cython.cimports.samestate.optimized.core.machine import Machine, Step, machine_of
from cython.cimports.samestate.optimized.core.memory import latest_execution, publish
from cython.cimports.samestate.optimized.core.observing import settle_credits
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    STOPPED,
    SUCCEEDED,
    UNMERGEABLE,
    UNMERGED,
    Execution,
)
from cython.cimports.samestate.optimized.core.session import begin_task


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def do_step(task: cython.pointer(Task), step: uint64_t, function: Step) -> cython.int:
    """Run a step of the coordinator's, and make its effect visible. It never suspends, since nothing is under way."""
    machine: cython.pointer(cython.const[Machine]) = machine_of(task)
    begin_task(task, step, 0)
    result: cython.int = function(machine.itself, task)
    if result != DONE:
        return UNMERGED if result == UNMERGED else STOPPED
    if task.verdict != SUCCEEDED:
        task.write_count = 0
    if publish(task) < 0:
        return STOPPED
    return DONE if machine.knows_totals else settle_credits(task, step, latest_execution(task.session, step))


def open_block(coordinator: cython.pointer(Task)) -> cython.int:
    """Lay the block out and run its opening step, before any worker starts. DONE, STOPPED or UNMERGED.

    Its credits are merged at once: they are the lowest.
    """
    machine: cython.pointer(cython.const[Machine]) = machine_of(coordinator)
    if not machine.lay_out(machine.itself, coordinator) or stop_reason(coordinator.session.arena):
        return STOPPED
    if machine.open == cython.NULL:
        return DONE
    return do_step(coordinator, 0, machine.open)


def settle_block(coordinator: cython.pointer(Task), ended: cython.pointer(uint64_t)) -> cython.int:
    """Settle all transactions in block order, then close the block. DONE, REFUSED, UNMERGED or STOPPED, at ``ended``.

    First what the machine says of a transaction, then what it has credited, as in the state transition.
    """
    machine: cython.pointer(cython.const[Machine]) = machine_of(coordinator)
    count: uint64_t = coordinator.session.record.transactions
    transaction: uint64_t
    result: cython.int
    ended[0] = count
    for transaction in range(count):
        execution: cython.pointer(Execution) = latest_execution(coordinator.session, transaction + 1)
        result = UNMERGED
        if execution.verdict != UNMERGEABLE:
            result = machine.settle(machine.itself, coordinator, transaction, execution)
        if result == DONE and not machine.knows_totals:
            result = settle_credits(coordinator, transaction + 1, execution)
        if result != DONE:
            ended[0] = transaction
            return result
    if machine.close == cython.NULL:
        return DONE
    return do_step(coordinator, count + 1, machine.close)
