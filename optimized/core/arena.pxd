# One region of shared memory for everything that workers share: see arena.py.

from libc.stdint cimport uint8_t, uint64_t

from posix.unistd cimport close as close_descriptor

from samestate.optimized.core.records cimport (
    OUTSIDE_SHIFT, Arena, ArenaHeader, Content, Session, Task, Value, WorkerRecord,
)

cdef inline void* at(const Arena* arena, uint64_t offset) noexcept nogil:
    return <void*>(arena.base + offset)

cdef inline ArenaHeader* arena_header(const Arena* arena) noexcept nogil:
    return <ArenaHeader*>arena.base

cdef inline unsigned char* value_bytes(char* base, uint64_t value) noexcept nogil:
    return <unsigned char*>(base + value + sizeof(Value))

cdef inline uint64_t value_length(char* base, uint64_t value) noexcept nogil:
    return (<Value*>(base + value)).length

# What a Value holds, wherever its bytes lie; 0 is absent. The two above are for Values that a machine has put there itself.
cdef inline void content_of(const Session* session, uint64_t value, Content* content) noexcept nogil:
    cdef uint64_t length
    content.value = value
    content.data = NULL
    content.length = 0
    if value:
        length = (<Value*>(session.base + value)).length
        content.length = length & ~(<uint64_t>1 << OUTSIDE_SHIFT)
        content.data = <const uint8_t*>(session.base + value + sizeof(Value))
        if length >> OUTSIDE_SHIFT:
            content.data = <const uint8_t*>(session.outside + (<const uint64_t*>content.data)[0])

cdef inline void make_absent(Content* content) noexcept nogil:
    content.data = NULL
    content.length = 0
    content.value = 0

# The offset of `size` fresh bytes, 128-aligned and not zeroed; 0 and the stop flag where the arena is full. Any thread.
cdef uint64_t reserve(Arena* arena, uint64_t size) noexcept nogil

# The same for what the block can do without: 0 and no stop flag where it does not fit.
cdef uint64_t reserve_if_room(Arena* arena, uint64_t size) noexcept nogil

# The same as `reserve` for one worker, 8-aligned, from a chunk of its own: nearly always without an atomic.
cdef uint64_t allocate(Task* task, uint64_t size) noexcept nogil

# A Value of `length` bytes; `data` may be NULL, to be filled before it is published.
cdef uint64_t store_value(Task* task, const void* data, uint64_t length) noexcept nogil

# The Value that holds a content: its own where it has one, else a new one; into `value`, 0 for absent. False where the arena is
# full.
cdef bint store_content(Task* task, const Content* content, uint64_t* value) noexcept nogil

# A Value for bytes in the memory of the state before the block, which are not copied; 0 where the arena is full.
cdef uint64_t refer_outside(Task* task, const Content* content) noexcept nogil

# Whether both are absent, or both the same bytes.
cdef bint is_same_content(const Content* one, const Content* other) noexcept nogil

# Put the stop flag up; the first reason stays.
cdef void stop(Arena* arena, uint64_t reason) noexcept nogil

# The StopReason, RUNNING (0) while nobody has asked to stop. Machines that work for long ask now and then.
cdef uint64_t stop_reason(Arena* arena) noexcept nogil

cdef class SharedArena:
    # Python's handle on the arena: created once, attached to by descriptor in other processes, reset between blocks.
    cdef Arena arena
    cdef void map_descriptor(self, int descriptor, uint64_t size) except *
    cdef void check_open(self) except *
