# The toy machine on versioned memory: its functions for machine.pxd's page.

from libc.stdint cimport uint64_t

from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Content, Execution, Task
from samestate.optimized.toy.interpreter cimport ToyMachine

# All of them, for a ToyMachine whose block, arena, places and ledger are there. Task.local is a Scratch.
cdef void make_machine(Machine* machine, ToyMachine* toy) noexcept nogil

cdef bint lay_out(void* itself, Task* task) noexcept nogil
cdef int open_step(void* itself, Task* task) noexcept nogil
cdef int execute(void* itself, Task* task) noexcept nogil
cdef int merge(
    void* itself, Task* task, uint64_t key, const Content* value, const Content* amount, Content* sum
) noexcept nogil
cdef int settle(void* itself, Task* task, uint64_t transaction, const Execution* execution) noexcept nogil
cdef int close_step(void* itself, Task* task) noexcept nogil
cdef void idle(void* itself, Task* task) noexcept nogil
