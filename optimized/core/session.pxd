# The block at hand: its tables in the arena and each worker's Task. See session.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Arena, Session, Task

cdef struct SessionOptions:
    uint64_t transactions
    uint64_t workers
    uint64_t strategy       # Strategy
    uint64_t key_capacity   # at most how many keys find_key may meet; 0 where the machine makes all key records itself
    uint64_t read_latency   # nanoseconds
    uint64_t tracing

# Lay out a new block in the arena (reset before). 0, or the StopReason. Coordinator only, while no worker runs.
cdef uint64_t begin_session(Session* session, Arena* arena, const SessionOptions* options) noexcept nogil

# See the session that another thread or process began in this arena.
cdef void attach_session(Session* session, Arena* arena) noexcept nogil

# A worker's Task: memory of its own. `number` < workers; number = workers is the coordinator's, for open and close.
# -1 where there is no memory for it.
cdef int make_task(Task* task, Session* session, uint64_t number, const Machine* machine) noexcept nogil
cdef void free_task(Task* task) noexcept nogil

# Empty the task for an incarnation of a step.
cdef void begin_task(Task* task, uint64_t step, uint64_t incarnation) noexcept nogil
