# The collaborative scheduler of Block-STM. See scheduler.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Session

cdef enum AssignmentKind:
    NOTHING = 0
    EXECUTE = 1
    VALIDATE = 2

cdef struct Assignment:
    uint64_t kind
    uint64_t transaction
    uint64_t incarnation

cdef bint all_done(Session* session) noexcept nogil
cdef Assignment next_assignment(Session* session) noexcept nogil
cdef bint add_dependency(Session* session, uint64_t transaction, uint64_t incarnation, uint64_t blocking) noexcept nogil
cdef Assignment finish_execution(Session* session, uint64_t transaction, uint64_t incarnation, bint wrote_new_location) noexcept nogil
cdef bint try_abort(Session* session, uint64_t transaction, uint64_t incarnation) noexcept nogil
cdef Assignment finish_validation(Session* session, uint64_t transaction, uint64_t incarnation, bint aborted) noexcept nogil
