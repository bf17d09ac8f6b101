# One region of shared memory for everything that workers share: see arena.py.

from libc.stdint cimport uint64_t

from posix.unistd cimport close as close_descriptor

from samestate.optimized.core.records cimport Arena, ArenaHeader, Session, Task, Value, WorkerRecord

cdef inline void* at(const Arena* arena, uint64_t offset) noexcept nogil:
    return <void*>(arena.base + offset)

cdef inline ArenaHeader* arena_header(const Arena* arena) noexcept nogil:
    return <ArenaHeader*>arena.base

cdef inline unsigned char* value_bytes(char* base, uint64_t value) noexcept nogil:
    return <unsigned char*>(base + value + sizeof(Value))

cdef inline uint64_t value_length(char* base, uint64_t value) noexcept nogil:
    return (<Value*>(base + value)).length

# The offset of `size` fresh bytes, 128-aligned and not zeroed; 0 and the stop flag where the arena is full. Any thread.
cdef uint64_t reserve(Arena* arena, uint64_t size) noexcept nogil

# The same for what the block can do without: 0 and no stop flag where it does not fit.
cdef uint64_t reserve_if_room(Arena* arena, uint64_t size) noexcept nogil

# The same as `reserve` for one worker, 8-aligned, from a chunk of its own: nearly always without an atomic.
cdef uint64_t allocate(Task* task, uint64_t size) noexcept nogil

# A Value of `length` bytes; `data` may be NULL, to be filled before it is published.
cdef uint64_t store_value(Task* task, const void* data, uint64_t length) noexcept nogil

# Put the stop flag up; the first reason stays.
cdef void stop(Arena* arena, uint64_t reason) noexcept nogil

# The StopReason, RUNNING (0) while nobody has asked to stop. Long-running executors ask now and then.
cdef uint64_t stop_reason(Arena* arena) noexcept nogil

cdef class SharedArena:
    # Python's handle on the arena: created once, attached to by descriptor in other processes, reset between blocks.
    cdef Arena arena
    cdef void map_descriptor(self, int descriptor, uint64_t size) except *
    cdef void check_open(self) except *
