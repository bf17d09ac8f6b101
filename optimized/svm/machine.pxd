# Solana's machine as strategies drive it on versioned memory. See machine.py.

from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.watching cimport Listener, Watch
from samestate.optimized.svm.seams cimport Job, VersionedSource

cdef struct SvmMachine:
    Job* job
    const Watch* watch

cdef struct SvmWorker:
    # What belongs to one worker beside its Task.
    SvmMachine* machine
    Listener listener
    size_t number

cdef void make_machine(Machine* machine, SvmMachine* svm) noexcept nogil

# Whether to stop, asked by who executes in place; `itself` is an SvmWorker.
cdef int poll_worker(void* itself) noexcept nogil
