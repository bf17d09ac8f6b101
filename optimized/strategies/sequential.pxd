# One worker, no versions: the baseline. See sequential.py.

from libc.stdint cimport uint64_t

from optimized.core.records cimport Session, Task

cdef void work_sequentially(Task* task) noexcept nogil
