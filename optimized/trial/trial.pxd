# The smallest machine, for the tests of the core. See trial.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.arena cimport SharedArena
from samestate.optimized.core.base_state cimport BaseState, StateTable
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Execution, Session, Task
from samestate.optimized.core.view cimport View

cdef enum:
    MOST_CHECKPOINTS = 64   # that one step may have open

cdef struct TrialMachine:
    uint64_t keys       # how many
    uint64_t* key       # KeyRecord of each, as far as they are numbered
    uint64_t* owner     # KeyRecord of each one's owner, 0 = nobody
    bint named          # keys are found by name, as they are met
    uint64_t owned      # so many keys in a row are slots of one owner, 0 = none is
    uint64_t limit      # a sum above it cannot be merged, 0 = all can
    uint64_t room       # the weight that a block has room for, 0 = any
    uint64_t weight     # of what was settled so far
    const BaseState* state  # the state before the block where it is not laid out, or NULL
    void* block         # the TrialBlock

cdef struct TrialProgram:
    uint64_t length
    # followed by length TrialOperation

cdef struct TrialOperation:
    uint64_t code
    uint64_t key
    uint64_t number

cdef struct TrialOutcome:
    uint64_t accumulator
    uint64_t weight

cdef class TrialBlock:
    cdef SharedArena owner
    cdef StateTable state
    cdef TrialMachine machine
    cdef Machine frame
    cdef Session session
    cdef Task coordinator
    cdef View view
    cdef uint64_t transactions
    cdef uint64_t worker_count
    cdef bint made
    cdef object given
    cdef object raised
    cdef void lay_out(self) except *
    cdef uint64_t put_program(self, operations) except 0
    cdef void check(self, uint64_t offset) except *
    cdef uint64_t stored(self, object value) except? 0
    cdef uint64_t key_at(self, object number) except 0
    cdef uint64_t step_at(self, object transaction) except 0
    cdef Execution* execution_of(self, object transaction) except NULL
    cdef object key_number(self, uint64_t key)
