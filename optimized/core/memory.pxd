# Versioned memory: what each step did to each key, in one list a key, and what reads found there. See memory.py.

from libc.stdint cimport int64_t, uint64_t

from optimized.core.records cimport Execution, KeyRecord, Reading, Session, Task, WriteEntry

cdef inline KeyRecord* key_record(Session* session, uint64_t key) noexcept nogil:
    return <KeyRecord*>(session.base + key)

cdef inline uint64_t* read_set(Execution* execution) noexcept nogil:
    return <uint64_t*>(<char*>execution + sizeof(Execution))

cdef inline WriteEntry* write_set(Execution* execution) noexcept nogil:
    return <WriteEntry*>(<char*>execution + sizeof(Execution) + 8 * execution.read_words)

# Keys

# A new key record with the value it has before the block (0 = absent); 0 where the arena is full. Not in the table:
# for machines that number their keys.
cdef uint64_t make_key(Task* task, const void* name, uint64_t length, uint64_t hash, uint64_t base) noexcept nogil

# The key's record in the table, made with `base` where it is not there yet (any worker may, at any time). 0 = stopped.
cdef uint64_t find_key(Task* task, const void* name, uint64_t length, uint64_t base) noexcept nogil

# The key's record if it is in the table, else 0.
cdef uint64_t lookup_key(Session* session, const void* name, uint64_t length) noexcept nogil

# For executors: what the step does

# The value that `key` had before the step; enters the read set. READ_VALUE, SUSPENDED or STOPPED. The task's own writes
# are not seen: a machine keeps those itself, and asks once a key.
cdef int read(Task* task, uint64_t key, Reading* reading) noexcept nogil

# The step leaves `key` with this value (0 = absent). With `credit`, at most once a key; nothing is visible to others before
# the executor has returned. 0, or -1 where there is no memory (return STOPPED).
cdef int write(Task* task, uint64_t key, uint64_t value) noexcept nogil

# The step adds `amount` to `key` and does not observe what it holds.
cdef int credit(Task* task, uint64_t key, uint64_t amount) noexcept nogil

# A number for each key that the step has touched: 0, 1, 2, … in order of first touch, or -1 where there is no memory. Equal to
# task.touched_count - 1 exactly at the first touch if touched_count has just grown. For a machine's own cache of reads, writes and warmth.
cdef int64_t touch(Task* task, uint64_t key) noexcept nogil

# For the engine

# Make the writes visible and the Execution the step's latest. 1 where something was written that the previous incarnation
# did not write, 0 where not, -1 when stopped.
cdef int publish(Task* task) noexcept nogil

# The two halves of it. Versions: 1, 0 or -1 as above. Execution: whether there was memory.
cdef int publish_versions(Task* task) noexcept nogil
cdef bint publish_execution(Task* task) noexcept nogil

# Make the final effect of an execution visible where predictions stand: what was predicted right stays as it is, so
# that whoever read it stays valid. All lower steps are final. 0 or -1.
cdef int confirm(Task* task, uint64_t step, Execution* execution) noexcept nogil

# Whether every read of the step would find the same versions again.
cdef bint validate(Session* session, uint64_t step, Execution* execution) noexcept nogil

# Mark what the aborted incarnation wrote: readers suspend until the next one has finished.
cdef void mark_estimates(Session* session, Execution* execution) noexcept nogil

# The step's latest finished incarnation, or NULL.
cdef Execution* latest_execution(Session* session, uint64_t step) noexcept nogil

# The value that `key` has before `step` once all lower steps are final (step = transactions + 2: after close), merging credits
# by the executor. For the coordinator: no read set. An estimate met is BROKEN.
cdef uint64_t value_before(Task* task, uint64_t key, uint64_t step) noexcept nogil

# A value that a list of accesses predicts for `key` after `step`: steps in rising order a key, before the workers start. Of other
# steps than transactions nothing is taken. 0 or -1.
cdef int predict(Task* task, uint64_t key, uint64_t step, uint64_t value) noexcept nogil

# Whether two Values are the same bytes, or both absent.
cdef bint are_equal(Session* session, uint64_t one, uint64_t other) noexcept nogil
