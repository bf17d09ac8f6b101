"""The EVM as strategies drive it: runs of transactions on versioned memory, between an opening and a closing step.

Nothing here holds the GIL.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memset
from cython.cimports.samestate.optimized.core.machine import REFUSED
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    FAILED,
    REJECTED,
    STOPPED,
    SUCCEEDED,
    UNMERGED,
    Content,
    Execution,
)
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds
from cython.cimports.samestate.optimized.core.watching import should_stop
from cython.cimports.samestate.optimized.evm.run_records import RunOutcome, keep_records, outcome_of, record_of
from cython.cimports.samestate.optimized.evm.versioned import (
    base_content,
    begin_versioned,
    finish_versioned,
    merge_balance,
)
from cython.cimports.samestate.optimized.evm.worker_seams import (
    STEP_DONE,
    STEP_MISSING,
    STEP_OUT_OF_MEMORY,
    STEP_OVERFLOW,
    OutcomeRecord,
    StepResult,
)
from cython.cimports.samestate.optimized.evm.worker_steps import do_closing, do_opening, do_transaction


def poll(machine: cython.pointer(EvmMachine), local: cython.pointer(EvmWorker), now: uint64_t) -> cython.bint:
    """Say whether a worker should stop."""
    return should_stop(machine.watch, cython.address(local.listener), now)


def poll_inside(itself: cython.p_void) -> cython.int:
    """Say the same to code that runs for long (executor.hpp)."""
    task: cython.pointer(Task) = cython.cast(cython.pointer(Task), itself)
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    return poll(local.machine, local, now_nanoseconds())


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def idle(itself: cython.p_void, task: cython.pointer(Task)) -> cython.void:
    """Look whether to stop: the time, and signals, are watched by those who have nothing to do as well."""
    poll(
        cython.cast(cython.pointer(EvmMachine), itself),
        cython.cast(cython.pointer(EvmWorker), task.local),
        now_nanoseconds(),
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def lay_out(itself: cython.p_void, coordinator: cython.pointer(Task)) -> cython.bint:
    """Nothing lies in the arena beforehand: keys are met by name."""
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def base(
    itself: cython.p_void,
    task: cython.pointer(Task),
    name: cython.p_const_void,
    length: uint64_t,
    found: cython.pointer(Content),
) -> cython.int:
    """The value of a key before the block."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    return base_content(cython.address(machine.direct), name, length, found)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def merge(
    itself: cython.p_void,
    task: cython.pointer(Task),
    key: uint64_t,
    value: cython.pointer(cython.const[Content]),
    amount: cython.pointer(cython.const[Content]),
    sum: cython.pointer(Content),
) -> cython.int:
    """A balance with a credit: the only keys that are credited."""
    return merge_balance(task, value, amount, sum)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def last_record(local: cython.pointer(EvmWorker), count: uint64_t) -> cython.pointer(OutcomeRecord):
    """The last record of the run at hand, while it is still the worker's."""
    return cython.cast(cython.pointer(OutcomeRecord), local.worker.record.data() + local.places[count - 1])


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def end_run(
    task: cython.pointer(Task), local: cython.pointer(EvmWorker), result: StepResult, count: uint64_t
) -> cython.int:
    """Hand over what a run did, and its records, which lie in the arena from now on. An ExecutionResult.

    A limit of the worker's own is no verdict on a transaction before its reads have been found valid: the outcome says
    so. Where a transaction may not be in the block, or what it credits does not fit, the run has no effect, since
    nothing comes after it.
    """
    failure: uint64_t = 0
    task.verdict = SUCCEEDED
    if result == STEP_OVERFLOW:
        last_record(local, count).overflows = 1
        task.verdict = REJECTED
    elif result == STEP_MISSING or result == STEP_OUT_OF_MEMORY:  # noqa: SIM109 - a tuple would be an object
        failure = cython.cast(uint64_t, result)
        task.verdict = FAILED
    elif result != STEP_DONE:
        return cython.cast(cython.int, result)
    elif count and last_record(local, count).fault_code():
        task.verdict = REJECTED
    if not keep_records(task, local.worker, local.places, count, failure):
        return STOPPED
    if task.verdict != SUCCEEDED:
        return DONE
    return finish_versioned(cython.address(local.versioned))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def begin_run(task: cython.pointer(Task), local: cython.pointer(EvmWorker)) -> cython.void:
    """Nothing of another run counts any more."""
    begin_versioned(cython.address(local.versioned))
    local.worker.record.clear()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def execute(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Execute a run: some transactions of the block one after another, each on what the one before it left.

    To the strategy it is one. What it has read from before it, and what it leaves in the end, is in versioned memory.
    """
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    now: uint64_t = task.clock if task.clock else now_nanoseconds()
    first: uint64_t = machine.starts[task.transaction]
    end: uint64_t = machine.starts[task.transaction + 1]
    transaction: uint64_t
    count: uint64_t = 0
    result: StepResult = STEP_DONE
    local.worker.running = first + 1
    if poll(machine, local, now):
        return STOPPED
    begin_run(task, local)
    for transaction in range(first, end):
        if machine.began[transaction] == 0:
            machine.began[transaction] = now
        local.executed += 1
        result = do_transaction(local.worker, transaction)
        if result != STEP_DONE:
            break
        local.places[count] = local.worker.place()
        count += 1
        if local.worker.last().fault_code():
            break
        result = local.worker.keep()
        if result != STEP_DONE:
            break
    return end_run(task, local, result, count)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def end_step(task: cython.pointer(Task), local: cython.pointer(EvmWorker), result: StepResult) -> cython.int:
    """The same for a run that is the opening or the closing step."""
    if result == STEP_DONE:
        local.places[0] = local.worker.place()
        if not local.worker.last().fault_code():
            result = local.worker.keep()
        return end_run(task, local, result, 1)
    return end_run(task, local, result, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def open_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """The system calls before the first transaction."""
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    begin_run(task, local)
    return end_step(task, local, do_opening(local.worker))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def close_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Rewards, withdrawals and requests. What they find wrong is for :meth:`EvmRun.finish` to see."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    begin_run(task, local)
    return end_step(task, local, do_closing(local.worker, cython.address(machine.settlement.deposits)))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def settle(
    itself: cython.p_void,
    coordinator: cython.pointer(Task),
    run: uint64_t,
    execution: cython.pointer(cython.const[Execution]),
) -> cython.int:
    """It is the run's turn: see of each of its transactions whether the block has room for it."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    outcome: cython.pointer(cython.const[RunOutcome]) = outcome_of(coordinator.session, execution)
    record: cython.pointer(OutcomeRecord)
    index: uint64_t
    for index in range(outcome.count):
        record = record_of(coordinator.session, outcome, index)
        machine.settled = machine.starts[run] + index
        if not machine.settlement.add(machine.rules[0], machine.input[0], machine.settled, record[0]):
            return REFUSED
        if record.overflows:
            return UNMERGED
    machine.settled = machine.starts[run] + outcome.count
    if execution.verdict == FAILED:
        machine.failure = cython.cast(cython.int, outcome.failure)
        machine.limit = machine.settled + 1
        return STOPPED
    return DONE


def make_machine(machine: cython.pointer(Machine), evm: cython.pointer(EvmMachine)) -> cython.void:
    """Fill in the page of machines for this one."""
    memset(machine, 0, cython.sizeof(Machine))
    machine.itself = evm
    machine.lay_out = lay_out
    machine.base = base
    machine.open = open_step
    machine.execute = execute
    machine.merge = merge
    machine.settle = settle
    machine.close = close_step
    machine.idle = idle
