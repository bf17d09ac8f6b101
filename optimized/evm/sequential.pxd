# One transaction after another. See sequential.py.

from libc.stdint cimport uint64_t

from samestate.optimized.evm.machine cimport EvmMachine, EvmWorker
from samestate.optimized.evm.worker_seams cimport StepResult

# Run the block, with the time of each transaction (and when the last ended): how it ended, into `at` the step at which.
cdef StepResult run_sequentially(EvmMachine* machine, EvmWorker* local, uint64_t* times, uint64_t* at) noexcept nogil
