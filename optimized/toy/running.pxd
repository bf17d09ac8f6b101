# Blocks of the toy machine, one after another, on one arena.

from libc.stdint cimport uint64_t

from samestate.optimized.core.block_run cimport BlockRun
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Task
from samestate.optimized.toy.interpreter cimport ToyMachine, Scratch
from samestate.optimized.toy.packing cimport PackedBlock
from samestate.optimized.toy.result cimport ToyResult
from samestate.optimized.toy.verification cimport Verification

cdef class ToyRun(BlockRun):
    cdef PackedBlock block
    cdef ToyResult result
    cdef ToyMachine machine
    cdef Machine frame
    cdef Verification verification
    cdef Scratch* scratches     # one for each worker
    cdef uint64_t marks         # how many each scratch has
    cdef uint64_t access_room
    cdef uint64_t places_room

    cdef void _make_room(self) except *
    cdef void _begin_versioned(self, str estimator, expected) except *
    cdef void _put_expected(self, Task* task, expected) except *
