# Values from versioned memory, and what a step leaves there. See versioned.py.

from libc.stdint cimport int64_t, uint8_t, uint64_t

from samestate.optimized.core.records cimport Content, Task
from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.seams cimport Account, Slot, State

cdef enum:
    WIPES = 4           # the key of an account that says that its storage was wiped; before it one for each part
    ACCOUNT_KEYS = 5

cdef struct LongWalk:
    # A value that took a long walk through versions to find.
    Account* account        # NULL: a slot's
    Slot* slot
    uint64_t part

cdef struct Versioned:
    Direct direct           # the state before the block
    Task* task
    State* state
    LongWalk* walks         # of the run at hand
    uint64_t walk_count
    uint64_t walk_capacity

# By the seams of callbacks.hpp; `itself` is a Versioned.
cdef int load_account_versioned(void* itself, Account* account, int part) noexcept nogil
cdef int load_slot_versioned(void* itself, Slot* slot) noexcept nogil
cdef int has_storage_alone_versioned(void* itself, Account* account) noexcept nogil

# The keys of an account, of which the first is given, and the key of one of its slots; 0 = stopped.
cdef uint64_t meet_account(Task* task, const uint8_t* address) noexcept nogil
cdef uint64_t meet_slot(Task* task, uint64_t account, const uint8_t* address, const uint8_t* slot) noexcept nogil

# A new run: the task was begun for it.
cdef void begin_versioned(Versioned* versioned) noexcept nogil

# Hand over what the run has done to the task's write set. An ExecutionResult.
cdef int finish_versioned(Versioned* versioned) noexcept nogil

# The value before the block of keys by their name (Machine.base); and what a credit makes of a balance (Machine.merge).
cdef int base_content(Direct* direct, const void* name, uint64_t length, Content* found) noexcept nogil
cdef int merge_balance(Task* task, const Content* value, const Content* amount, Content* sum) noexcept nogil
