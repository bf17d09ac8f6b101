# The smallest machine, for the tests of the core. See trial.py.

from libc.stdint cimport uint64_t

from optimized.core.arena cimport SharedArena
from optimized.core.records cimport Executor, Session, Task

cdef enum:
    LARGEST = 256   # keys that one transaction may touch

cdef struct TrialMachine:
    uint64_t keys       # how many
    uint64_t* key       # KeyRecord of each

cdef struct TrialProgram:
    uint64_t length
    # followed by length TrialOperation

cdef struct TrialOperation:
    uint64_t code
    uint64_t key
    uint64_t number

cdef class TrialBlock:
    cdef SharedArena owner
    cdef TrialMachine machine
    cdef Executor executor
    cdef Session session
    cdef Task coordinator
    cdef uint64_t transactions
    cdef uint64_t worker_count
    cdef bint made
    cdef void lay_out(self, object base, object programs, object declared, object predicted) except *
