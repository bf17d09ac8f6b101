# The rolling commit in block order that locks, waves and access-list share. See commit.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Session, Task

# The transaction's first execution. False where the block is stopped.
cdef bint execute_first(Task* task, uint64_t transaction) noexcept nogil

# Commit all that can be committed now, unless somebody else is at it. Whether anything was.
cdef bint advance(Task* task) noexcept nogil

cdef bint all_committed(Session* session) noexcept nogil
