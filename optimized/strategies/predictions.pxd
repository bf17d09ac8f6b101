# What an access list says that steps leave, in versioned memory. See predictions.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Execution, Session, Task

# A value that a list of accesses predicts for `key` after `step`: steps in rising order a key, before the workers start. Of other
# steps than transactions nothing is taken. 0 or -1.
cdef int predict(Task* task, uint64_t key, uint64_t step, uint64_t value) noexcept nogil

# Make the final effect of an execution visible where predictions stand: what was predicted right stays as it is, so
# that whoever read it stays valid. All lower steps are final, and the task has nothing under way: it is emptied. 0 or -1.
cdef int confirm(Task* task, uint64_t step, Execution* execution) noexcept nogil
