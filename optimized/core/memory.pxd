# Versioned memory: what each step did to each key, in one list a key, and what reads found there. See memory.py.

from libc.stdint cimport int64_t, uint64_t

from samestate.optimized.core.records cimport Execution, Reading, Session, Task, Version, WriteEntry

cdef inline uint64_t* read_set(Execution* execution) noexcept nogil:
    return <uint64_t*>(<char*>execution + sizeof(Execution))

cdef inline WriteEntry* write_set(Execution* execution) noexcept nogil:
    return <WriteEntry*>(<char*>execution + sizeof(Execution) + 8 * execution.read_words)

# The next version on each of its levels, 0 = none known; they follow it.
cdef inline uint64_t* tower_of(Version* version) noexcept nogil:
    return <uint64_t*>(version + 1)

# How many levels the versions of a step have.
cdef uint64_t levels_of(uint64_t step) noexcept nogil

# For machines: what the step does

# The value that `key` had before the step; enters the read set. READ_VALUE, SUSPENDED or STOPPED. The task's own writes
# are not seen: a machine keeps those itself, and asks once a key.
cdef int read(Task* task, uint64_t key, Reading* reading) noexcept nogil

# The step leaves `key` with this value (0 = absent). With `credit`, at most once a key; nothing is visible to others before
# the machine has returned. 0, or -1 where there is no memory (return STOPPED).
cdef int write(Task* task, uint64_t key, uint64_t value) noexcept nogil

# The step adds `amount` to `key` and does not observe what it holds.
cdef int credit(Task* task, uint64_t key, uint64_t amount) noexcept nogil

# The step has found this value after a walk of more than LONG_WALK versions (shim.pxd), and leaves it: those after it find it
# here. It changes nothing.
cdef int leave_seen(Task* task, uint64_t key, uint64_t value) noexcept nogil

# For the engine

# Make the writes visible and the Execution the step's latest. 1 where something was written that the previous incarnation
# did not write, 0 where not, -1 when stopped.
cdef int publish(Task* task) noexcept nogil

# The two halves of it. Versions: 1, 0 or -1 as above. Execution: whether there was memory.
cdef int publish_versions(Task* task) noexcept nogil
cdef bint publish_execution(Task* task) noexcept nogil

# Whether every read of the step would find the same versions again.
cdef bint validate(Session* session, uint64_t step, Execution* execution) noexcept nogil

# Mark what the aborted incarnation wrote: readers suspend until the next one has finished.
cdef void mark_estimates(Session* session, Execution* execution) noexcept nogil

# The step's latest finished incarnation, or NULL.
cdef Execution* latest_execution(Session* session, uint64_t step) noexcept nogil

# The step's version of `key`, put into the list with `word` where it is not there yet, which `fresh` then says; 0 when stopped.
cdef uint64_t version_of(Task* task, uint64_t key, uint64_t word, bint* fresh) noexcept nogil
