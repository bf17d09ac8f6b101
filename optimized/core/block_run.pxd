# What every machine's run of blocks on threads has in common. See block_run.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.arena cimport SharedArena
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Session, Task
from samestate.optimized.core.session cimport SessionOptions
from samestate.optimized.core.watching cimport Listener, Watch

cdef class BlockRun:
    cdef readonly SharedArena arena
    cdef readonly uint64_t workers
    cdef readonly str strategy
    # Of the block at hand:
    cdef uint64_t strategy_number   # Strategy
    cdef uint64_t transactions      # how many
    cdef const uint64_t* starts     # the first transaction of each step but open and close, and the end; NULL: each has one
    cdef Session session
    cdef Task* tasks                # one for each worker, and the coordinator's
    cdef uint64_t tasks_made
    cdef uint64_t* times            # when each transaction was first begun, 0 = not yet; sequential: and when the last ended
    cdef uint64_t times_room
    cdef uint64_t executed          # sequential: how many transactions were begun …
    cdef uint64_t busy              # … in how many nanoseconds
    cdef bint tracing
    cdef Watch watch
    cdef uint64_t started           # nanoseconds (monotonic clock)
    cdef double time_limit          # seconds
    cdef readonly object raised
    cdef object own_listener

    cdef void _begin_watching(self, double time_limit, double spent)
    cdef void _make_times(self, uint64_t transactions) except *
    cdef void _begin_session(self, const SessionOptions* options, const Machine* frame) except *
    cdef void _free_tasks(self) noexcept
    cdef void _enter(self, uint64_t worker, Listener* listener) except *
    cdef uint64_t _executions_of(self, uint64_t worker) noexcept
    cdef uint64_t _first_of(self, uint64_t run) noexcept
    cdef list _events_of(self, uint64_t worker)
