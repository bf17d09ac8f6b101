# A worker's side of machines written in Python: see python_executor.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.arena cimport SharedArena
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Content, Reading, Session, Task
from samestate.optimized.interruption cimport Guard

cdef extern from "poll.h" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    int poll(pollfd* descriptors, unsigned long count, int milliseconds)
    enum:
        POLLIN

cdef int execute_step(void* itself, Task* task) noexcept nogil
cdef int merge_values(
    void* itself, Task* task, uint64_t key, const Content* value, const Content* amount, Content* sum
) noexcept nogil

cdef class WorkerMemory:
    cdef SharedArena shared
    cdef Session session
    cdef Task task
    cdef Task* current
    cdef Machine machine
    cdef object execute
    cdef object merge
    cdef readonly object failure
    cdef readonly object unmerged
    cdef Guard guard
    cdef uint64_t executions
    cdef uint64_t seen_executions
    cdef uint64_t times_thrown
    cdef readonly uint64_t version_reads
    cdef readonly uint64_t base_reads
    cdef readonly uint64_t wipes
    cdef readonly list suspensions
    cdef int run_step(self, Task* task)
    cdef int run_once(self, Task* task)
    cdef bint reads_hold(self)
    cdef bint meets_estimate(self, Task* task) except -1
    cdef int note_suspension(self, Task* task, uint64_t key) except -1
    cdef bytes merged(self, uint64_t key, const Content* value, const Content* amount)
    cdef uint64_t key(self, bytes name) except 0
    cdef int look(self, bytes name, Reading* reading) except -1
    cdef uint64_t value(self, bytes content) except 0
