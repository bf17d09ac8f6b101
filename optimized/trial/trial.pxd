# The smallest machine, for the tests of the core. See trial.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.arena cimport SharedArena
from samestate.optimized.core.records cimport Execution, Executor, Session, Task

cdef enum:
    LARGEST = 256   # keys that one transaction may touch

cdef struct TrialMachine:
    uint64_t keys       # how many
    uint64_t* key       # KeyRecord of each
    bint named          # nothing of that: keys are found by name

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
    cdef void check(self, uint64_t offset) except *
    cdef uint64_t stored(self, object value) except? 0
    cdef uint64_t key_at(self, object number) except 0
    cdef uint64_t step_at(self, object transaction) except 0
    cdef Execution* execution_of(self, object transaction) except NULL
    cdef object key_number(self, uint64_t key)
