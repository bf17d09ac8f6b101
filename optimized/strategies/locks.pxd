# See locks.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Session, Task

# Before the workers start, when all declarations (or predictions) are there. 0 or the StopReason.
cdef uint64_t prepare_locks(Task* coordinator) noexcept nogil

cdef void work_locks(Task* task) noexcept nogil
