# Optimistic execution in any order, validation in block order. See block_stm.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Session, Task
from samestate.optimized.strategies.scheduler cimport Assignment

cdef void work_block_stm(Task* task) noexcept nogil
