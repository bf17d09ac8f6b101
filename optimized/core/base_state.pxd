# The state between two blocks. See base_state.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.arena cimport SharedArena
from samestate.optimized.core.records cimport Content

# The seam: whatever keeps a state answers these two, from any thread, while a block runs. It is not changed meanwhile, and what it
# gives lasts until it is. In memory: StateTable. A state that does not fit there will stand behind the same two.

# The content of a key by its name; absent where there is none. False where it could not be had, which stops the block.
ctypedef bint (*FindContent)(void* itself, const void* name, uint64_t length, Content* found) noexcept nogil

# Whether an owner has a slot.
ctypedef bint (*HasSlots)(void* itself, const void* owner, uint64_t length) noexcept nogil

cdef struct BaseState:
    void* itself
    FindContent find
    HasSlots has_slots
    const char* outside     # where contents lie that are not copied (Session.outside); NULL where none may be left there

cdef struct StateRecord:
    # One key, or one owner, in the table's memory: a cache line.
    uint64_t hash
    uint64_t name           # place of its bytes
    uint64_t name_length
    uint64_t value          # place of a Value, 0 = absent
    uint64_t owner          # whose storage it is a slot of: a StateRecord, 0 = nobody's
    uint64_t epoch          # an owner: how often it was wiped. A slot: how often before it was last set; others are gone
    uint64_t slots          # an owner: how many slots it has
    uint64_t room           # how many bytes the Value has room for

cdef struct TableMemory:
    # All places are offsets from `base`: 0 = none.
    char* base
    uint64_t size
    uint64_t next           # the first free byte
    uint64_t slots          # offsets of StateRecords, by hash
    uint64_t mask
    uint64_t records        # how many there are, those of absent keys included
    uint64_t present        # how many keys have a value
    uint64_t seed

cdef class StateTable:
    # `put` gives a key a content, or makes it absent; `owner`: whose slot it is, NULL = nobody's, or whose it is known to be already.
    # What contents refer to stays until `release`, so a block's changes may refer to the state that they change.
    cdef SharedArena memory
    cdef list retired       # the regions that were full, as long as a block's changes may refer to them
    cdef TableMemory table
    cdef BaseState asked
    cdef int put(
        self, const void* name, uint64_t length, const Content* content, const void* owner, uint64_t owner_length
    ) except -1
    cdef int wipe_slots(self, const void* owner, uint64_t length) except -1
    cdef int release(self) except -1
    cdef bint next_present(self, uint64_t* slot, const char** name, uint64_t* length, Content* content) noexcept
    cdef int make_room(self, uint64_t bytes) except -1
    cdef int lay_out(self, uint64_t size, uint64_t slots) except -1
    cdef uint64_t record(self, const void* name, uint64_t length) except 0
