# Keys and the table in which they are found by name. See keys.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport KeyRecord, Session, Task

cdef inline KeyRecord* key_record(Session* session, uint64_t key) noexcept nogil:
    return <KeyRecord*>(session.base + key)

# A new key record with the value that it has before the block (0 = absent), of the storage of `owner` (0 = nobody's); 0 where the
# arena is full. Not in the table: for machines that number their keys.
cdef uint64_t make_key(
    Task* task, const void* name, uint64_t length, uint64_t hashed, uint64_t base, uint64_t owner
) noexcept nogil

# The key's record in the table, made with `base` and `owner` where it is not there yet (any worker may, at any time). 0 = stopped.
cdef uint64_t find_key(Task* task, const void* name, uint64_t length, uint64_t base, uint64_t owner) noexcept nogil

# The same for a machine that is asked for the value before the block when the key is first met (Machine.base), and not before.
cdef uint64_t meet_key(Task* task, const void* name, uint64_t length, uint64_t owner) noexcept nogil

# The same for at most MOST_TOGETHER keys that are always met together, and have one name: the record of the first. The others follow
# it, each TOGETHER bytes behind the one before.
cdef enum:
    MOST_TOGETHER = 8
    TOGETHER = 64

cdef uint64_t meet_keys(Task* task, const void* name, uint64_t length, uint64_t count, uint64_t owner) noexcept nogil
