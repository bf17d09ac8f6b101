# Values from versioned memory, and what a step leaves there. See versioned.py.

from libc.stdint cimport int64_t, uint64_t

from samestate.optimized.core.records cimport Content, Task
from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.seams cimport Account, Slot, State

cdef enum:
    WIPES = 5               # the part of an address that says that its storage was wiped: of no value to anybody outside

cdef struct LongWalk:
    # A value that took a long walk through versions to find.
    Account* account        # NULL: a slot's
    Slot* slot
    uint64_t part

cdef struct Versioned:
    Direct direct           # the state before the block
    Task* task
    State* state
    LongWalk* walks         # of the step at hand
    uint64_t walk_count
    uint64_t walk_capacity

# By the seams of callbacks.hpp; `itself` is a Versioned.
cdef int load_account_versioned(void* itself, Account* account, int part) noexcept nogil
cdef int load_slot_versioned(void* itself, Slot* slot) noexcept nogil

# A new step: the task was begun for it.
cdef void begin_versioned(Versioned* versioned) noexcept nogil

# Hand over what the step has done to the task's write set. An ExecutionResult.
cdef int finish_versioned(Versioned* versioned) noexcept nogil

# The value before the block of a key by its name (Machine.base); and what a credit makes of a balance (Machine.merge).
cdef int base_content(Direct* direct, const void* name, uint64_t length, Content* found) noexcept nogil
cdef int merge_balance(Task* task, const Content* value, const Content* amount, Content* sum) noexcept nogil
