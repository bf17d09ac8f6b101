# The keys that a step has touched, numbered. See touched.py.

from libc.stdint cimport int64_t, uint64_t

from samestate.optimized.core.records cimport Task

# A number for each key that the step has touched: 0, 1, 2, … in order of first touch, or -1 where there is no memory. Equal to
# task.touched_count - 1 exactly at the first touch if touched_count has just grown. For a machine's own cache of reads, writes and warmth.
cdef int64_t touch(Task* task, uint64_t key) noexcept nogil
