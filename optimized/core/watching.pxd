# When to stop: another worker's word, the clock, and signals. See watching.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Arena

cdef enum:
    BETWEEN_LOOKS = 1000000     # nanoseconds, at least, between two looks of whoever runs many short transactions alone

cdef struct Watch:
    # What all workers look at.
    Arena* arena
    uint64_t deadline       # nanoseconds (monotonic clock)

cdef struct Listener:
    # A worker on Python's main thread, which alone may handle signals.
    void* whom              # an object to call; NULL on any other thread
    uint64_t listened       # when it last was

# Whether to stop. Whoever works for long asks every few microseconds, with the time.
cdef bint should_stop(const Watch* watch, Listener* listener, uint64_t now) noexcept nogil

cdef bint signalled(void* whom) noexcept with gil
