"""The transactions of a block one after another on one worker: no versions, and each is settled when it has ended."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds
from cython.cimports.samestate.optimized.core.watching import BETWEEN_LOOKS
from cython.cimports.samestate.optimized.evm.machine import poll
from cython.cimports.samestate.optimized.evm.worker_seams import STEP_DONE, STEP_STOPPED, Settlement, StepResult, Worker
from cython.cimports.samestate.optimized.evm.worker_steps import do_closing, do_opening, do_transaction

NO_TRANSACTION = cython.declare(uint64_t, 0xFFFFFFFFFFFFFFFF)


def run_sequentially(
    machine: cython.pointer(EvmMachine),
    local: cython.pointer(EvmWorker),
    times: cython.pointer(uint64_t),
    at: cython.pointer(uint64_t),
) -> StepResult:
    """Run the block on one worker, with the time of each transaction. How it ended, at which step.

    Execute, settle, and so on; a rejection ends the block, and the settlement says which.
    """
    transaction: uint64_t
    now: uint64_t
    looked: uint64_t = 0
    count: uint64_t = machine.input.transactions.size()
    settlement: cython.pointer(Settlement) = machine.settlement
    worker: cython.pointer(Worker) = local.worker
    at[0] = 0
    result: StepResult = do_opening(worker)
    if result == STEP_DONE:
        settlement.note(worker.place())
        settlement.refuse(worker.last()[0])
        if settlement.code():
            return STEP_DONE
        result = worker.keep()
    for transaction in range(count):
        if result != STEP_DONE:
            return result
        at[0] = transaction + 1
        now = now_nanoseconds()
        times[transaction] = now
        if now - looked > BETWEEN_LOOKS:
            looked = now
            worker.running = transaction + 1
            if poll(machine, local, now):
                return STEP_STOPPED
        result = do_transaction(worker, transaction)
        if result != STEP_DONE:
            return result
        times[transaction + 1] = 0
        if not settlement.add(machine.rules[0], machine.input[0], transaction, worker.last()[0]):
            return STEP_DONE
        settlement.note(worker.place())
        result = worker.keep()
    times[count] = now_nanoseconds()
    if result != STEP_DONE or worker.traced != NO_TRANSACTION:  # a trace does not ask how the block ends
        return result
    at[0] = count + 1
    result = do_closing(worker, cython.address(settlement.deposits))
    if result == STEP_DONE:
        settlement.note(worker.place())
        settlement.refuse(worker.last()[0])
        result = worker.keep()
    return result
