"""One transaction after another on an array of values, on one worker: no versions, nothing kept for later.

Each transaction is executed where the ledger keeps its accesses, so that settling it copies nothing.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.arena import stop
from cython.cimports.samestate.optimized.core.records import DONE, OUT_OF_MEMORY
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds
from cython.cimports.samestate.optimized.core.watching import BETWEEN_LOOKS
from cython.cimports.samestate.optimized.toy.interpreter import Outcome, poll, run_transaction
from cython.cimports.samestate.optimized.toy.ledger import Ledger, close, commit, open_ledger
from cython.cimports.samestate.optimized.toy.packing import FlatBlock


def run_sequentially(
    result: ToyResult,
    machine: cython.pointer(cython.const[ToyMachine]),
    scratch: cython.pointer(Scratch),
    times: cython.pointer(uint64_t),
) -> cython.bint:
    """Run the block on one worker, with the time of each transaction. False where it was stopped.

    Execute, settle, and so on; a rejection ends the block.
    """
    ledger: cython.pointer(Ledger) = cython.address(result.ledger)
    block: cython.pointer(cython.const[FlatBlock]) = cython.address(result.block.flat)
    outcome: Outcome
    transaction: uint64_t
    now: uint64_t
    looked: uint64_t = 0
    if not open_ledger(ledger, block):
        stop(machine.watch.arena, OUT_OF_MEMORY)
        return False
    for transaction in range(block.transactions_length):
        now = now_nanoseconds()
        scratch.running = transaction + 1
        if now - looked > BETWEEN_LOOKS:
            looked = now
            if poll(machine, scratch, now):
                return False
        times[transaction] = now
        scratch.accesses = ledger.accesses + ledger.accesses_used
        if run_transaction(machine, scratch, cython.NULL, transaction, cython.address(outcome)) != DONE:
            return False
        if not commit(ledger, block, cython.address(outcome), scratch.accesses, False):
            if ledger.rejection:
                times[transaction + 1] = now_nanoseconds()
                return True
            stop(machine.watch.arena, OUT_OF_MEMORY)
            return False
    times[block.transactions_length] = now_nanoseconds()
    close(ledger, block)
    return True
