# What a worker does of a block. See worker_steps.py.

from libc.stdint cimport uint64_t

from samestate.optimized.evm.worker_seams cimport BlockInput, Deposits, StepResult, Worker

# The system calls before the first transaction; a transaction; rewards, withdrawals and requests. What a step has done is in the
# worker's state and its record (Worker.last) until the next one begins.
cdef StepResult do_opening(Worker* worker) noexcept nogil
cdef StepResult do_transaction(Worker* worker, uint64_t transaction) noexcept nogil
cdef StepResult do_closing(Worker* worker, const Deposits* deposits) noexcept nogil

# Find out who sent a block's transactions, from the last on, while another thread executes it.
cdef void find_senders(BlockInput* block) noexcept nogil
