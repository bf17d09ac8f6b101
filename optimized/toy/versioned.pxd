# The toy machine as an executor for the core's worker loop, on versioned memory.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Session, Task
from samestate.optimized.toy.interpreter cimport Machine
from samestate.optimized.toy.packing cimport PackedBlock
from samestate.optimized.toy.result cimport ToyResult

# Task.local is a Scratch.
cdef int execute(void* machine, Task* task) noexcept nogil
cdef void idle(void* machine, Task* task) noexcept nogil
cdef uint64_t merge(void* machine, Task* task, uint64_t key, uint64_t value, uint64_t amount) noexcept nogil

# Before the workers start: a record for each key, what is declared, what the block's list predicts. False where the arena is full.
cdef bint put_keys(PackedBlock block, const Machine* machine, Task* task) noexcept nogil
cdef bint put_declared(PackedBlock block, Task* task) noexcept nogil
cdef bint put_static(PackedBlock block, Task* task) noexcept nogil
cdef bint put_predictions(PackedBlock block, const Machine* machine, Task* task) noexcept nogil

# When all workers have left: settle in block order, and close. False where there is no memory.
cdef bint settle_all(ToyResult result, const Machine* machine, Session* session, bint observed) noexcept nogil
