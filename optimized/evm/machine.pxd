# The EVM as strategies drive it. See machine.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Task
from samestate.optimized.core.watching cimport Listener, Watch
from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.seams cimport Rules
from samestate.optimized.evm.versioned cimport Versioned
from samestate.optimized.evm.worker_seams cimport BlockInput, Settlement, Worker

cdef struct EvmMachine:
    # What all workers share, and none of them changes but for what lies behind pointers.
    BlockInput* input
    const Rules* rules
    Direct direct
    const Watch* watch
    Settlement* settlement  # the coordinator's
    const uint64_t* starts  # the first transaction of each run, and the end of the last
    uint64_t* began         # when each transaction was first begun, 0 = not yet
    uint64_t settled        # the coordinator's: how many transactions have been settled
    uint64_t limit          # … the transaction at which the machine could not go on, and one more; 0 = none
    int failure             # … and why: a StepResult

cdef struct EvmWorker:
    # What belongs to one worker beside its Task.
    EvmMachine* machine
    Worker* worker
    Versioned versioned
    uint64_t* places        # of the records of the run at hand
    uint64_t executed       # transactions begun in this block
    Listener listener

# Fill in the page of machines for this one.
cdef void make_machine(Machine* machine, EvmMachine* evm) noexcept nogil

# The same as `idle` of that page for code that runs for long: whether to stop. `itself` is the worker's Task (executor.hpp).
cdef int poll_inside(void* itself) noexcept nogil

# Whether a worker should stop.
cdef bint poll(EvmMachine* machine, EvmWorker* local, uint64_t now) noexcept nogil
