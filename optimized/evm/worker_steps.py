"""What a worker does of a block: open it, execute a transaction, close it.

The interpreter, and all that it stands on, is compiled into this module alone: others have a worker's steps done by it.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.evm.native.precompiles import libraries_address
from cython.cimports.samestate.optimized.evm.worker_seams import recover_senders, set_libraries

set_libraries(libraries_address())


def do_opening(worker: cython.pointer(Worker)) -> StepResult:
    """The system calls before the first transaction."""
    return worker.open_block()


def do_transaction(worker: cython.pointer(Worker), transaction: uint64_t) -> StepResult:
    """Execute a transaction, by its number."""
    return worker.execute(transaction)


def do_closing(worker: cython.pointer(Worker), deposits: cython.pointer(cython.const[Deposits])) -> StepResult:
    """Rewards, withdrawals and requests."""
    return worker.close_block(deposits[0])


def find_senders(block: cython.pointer(BlockInput)) -> cython.void:
    """Find out who sent a block's transactions."""
    recover_senders(block[0])
