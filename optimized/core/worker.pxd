# What each worker runs, whatever the strategy and the machine. See worker.py.

from libc.stdint cimport uint64_t

from optimized.core.records cimport Session, Task

# Work on the block until it is done or stopped; the caller has made the task (session.make_task) and holds no GIL (in the
# test-only build it keeps it). Returns the StopReason, RUNNING (0) where the block is done.
cdef uint64_t run_worker(Task* task) noexcept nogil
