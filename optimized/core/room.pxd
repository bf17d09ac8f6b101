# Memory of a worker's own for the step at hand: what the arena, which frees nothing, does not have to hold. See room.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Task

cdef struct Piece:
    Piece* previous
    uint64_t size           # of what follows
    # followed by `size` bytes

cdef struct RoomMark:
    char* room
    char* next

# `length` bytes, 16-aligned and not zeroed, which last until the step ends; NULL and the stop flag where there is no memory.
cdef void* take_room(Task* task, uint64_t length) noexcept nogil

# Where the room is now; and give back what was taken since.
cdef RoomMark mark_room(Task* task) noexcept nogil
cdef void release_room(Task* task, RoomMark mark) noexcept nogil

# Give back all of it: a new step begins. And for good.
cdef void empty_room(Task* task) noexcept nogil
cdef void free_room(Task* task) noexcept nogil
