# Blocks of the toy machine, one after another, on one arena.

from libc.stdint cimport uint64_t

from samestate.optimized.core.arena cimport SharedArena
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Session, Task
from samestate.optimized.toy.interpreter cimport ToyMachine, Scratch
from samestate.optimized.toy.packing cimport PackedBlock
from samestate.optimized.toy.result cimport ToyResult

cdef class ToyRun:
    cdef readonly SharedArena arena
    cdef readonly uint64_t workers
    cdef readonly str strategy
    cdef uint64_t strategy_number
    cdef PackedBlock block
    cdef ToyResult result
    cdef ToyMachine machine
    cdef Machine frame
    cdef Session session
    cdef Task* tasks            # one for each worker, and the coordinator's
    cdef uint64_t tasks_made
    cdef Scratch* scratches     # one for each worker
    cdef uint64_t marks         # how many each scratch has
    cdef uint64_t access_room
    cdef uint64_t places_room
    cdef uint64_t* times        # when each transaction was first begun; sequential: and when the last ended
    cdef uint64_t times_room
    cdef bint tracing
    cdef uint64_t started
    cdef double time_limit      # seconds
    cdef uint64_t busy
    cdef readonly object raised
    cdef object own_listener

    cdef void _make_room(self) except *
    cdef void _begin_versioned(self, str estimator, expected, bint trace) except *
    cdef void _put_expected(self, Task* task, expected) except *
    cdef void _free_tasks(self) noexcept
    cdef list _events_of(self, uint64_t worker)
