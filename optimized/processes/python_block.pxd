# The coordinator's side of machines written in Python: see python_block.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.arena cimport SharedArena
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Session, Task

cdef struct PythonInput:
    # What session.record.input leads to.
    uint64_t block          # Value: the block, pickled
    uint64_t storage        # Value: the addresses that had storage before the block, pickled
    uint64_t running        # by worker, a line each: shared, transaction + 1 that it executes, 0 = none

cdef enum:
    RUNNING_LINE = 64

cdef object to_object(char* base, uint64_t value)

cdef class BlockMemory:
    cdef SharedArena shared
    cdef Session session
    cdef Task task
    cdef Machine machine
    cdef readonly int transactions
    cdef readonly int workers
    cdef uint64_t key(self, bytes name) except 0
    cdef uint64_t value(self, bytes content) except 0
    cdef int check(self) except -1
