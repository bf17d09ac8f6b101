# One execution or validation, measured. See execution.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Execution, Session, Task

# Have the machine execute the step, in the incarnation that begin_task was told. An ExecutionResult.
cdef int run_execution(Task* task) noexcept nogil

# What a step leaves that came upon UNMERGED: no effect, and the verdict UNMERGEABLE. Gives DONE.
cdef int end_unmerged(Task* task) noexcept nogil

# Whether the reads of the step's execution are still what they were.
cdef bint run_validation(Task* task, uint64_t step, Execution* execution) noexcept nogil

# There is nothing to do, for the `rounds`th time in a row: wait a little.
cdef void be_idle(Task* task, uint64_t rounds, const char* label) noexcept nogil
