# What a key holds before a step: versions turned into a content, with what was credited since and what a wipe has left. See
# observing.py.

from libc.stdint cimport int64_t, uint64_t

from samestate.optimized.core.records cimport Content, Execution, Task

# The last step before this one that wiped the storage of the owner whose record that is, -1 = none; enters the read set.
# READ_VALUE, SUSPENDED or STOPPED. A step wipes by writing any value there.
cdef int last_wipe(Task* task, uint64_t owner, int64_t* step) noexcept nogil

# What `key` holds before the step, of what was done to it at the step `since` or later (a wipe at `since` has left nothing of
# what was before); -1 = no wipe. Enters the read set. The content lies in the arena, in the state before the block or in the
# task's room. `walked`: how many versions were passed. READ_VALUE, SUSPENDED, STOPPED or UNMERGED.
cdef int observe(Task* task, uint64_t key, int64_t since, Content* found, uint64_t* walked) noexcept nogil

# What `key` holds before `step` once all lower steps are final (transactions + 2: after close). No trace is left in the task but in
# its room. DONE, UNMERGED or STOPPED; an estimate met is BROKEN.
cdef int find_before(Task* task, uint64_t key, uint64_t step, Content* found) noexcept nogil

# Have each credit of the step merged, all lower steps being final, nobody at work, and their credits merged already: the version
# becomes a write of the total. DONE, UNMERGED where one cannot be, or STOPPED.
cdef int settle_credits(Task* task, uint64_t step, const Execution* execution) noexcept nogil
