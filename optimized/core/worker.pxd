# What each worker runs, whatever the strategy and the machine. See worker.py.

from libc.stdint cimport uint64_t

from optimized.core.records cimport Executor, Session, Task

# Work on the block until it is done or stopped; the caller has made the task (session.make_task) and holds no GIL, but for the test-only
# build, where the caller keeps it. Returns the StopReason, RUNNING (0) where the block is done.
cdef uint64_t run_worker(Task* task) noexcept nogil

# Run the executor once for task.transaction, with its metrics and its trace. An ExecutionResult.
cdef int run_executor(Task* task) noexcept nogil

# Run step 0 or any step by hand, not through the executor: publish what the task has written (open: before the workers start; close: after).
cdef int publish_step(Task* task) noexcept nogil
