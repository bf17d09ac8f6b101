# See waves.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Session, Task

# Before the workers start, when all declarations (or predictions) are there. 0 or the StopReason.
cdef uint64_t prepare_waves(Task* coordinator) noexcept nogil

cdef void work_waves(Task* task) noexcept nogil
