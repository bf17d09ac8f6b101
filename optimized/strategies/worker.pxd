# What each worker runs, whatever the strategy and the machine. See worker.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Session, Task

# What the strategy needs before workers start: once, by the coordinator, when keys, inputs, declarations and predictions are in
# the arena. 0, or the StopReason.
cdef uint64_t prepare(Task* coordinator) noexcept nogil

# Work on the block until it is done or stopped; the caller has made the task (session.make_task) and holds no GIL (in the
# test-only build it keeps it). Returns the StopReason, RUNNING (0) where the block is done.
cdef uint64_t run_worker(Task* task) noexcept nogil
