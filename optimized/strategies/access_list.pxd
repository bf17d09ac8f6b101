# See access_list.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Session, Task

cdef void work_access_list(Task* task) noexcept nogil
