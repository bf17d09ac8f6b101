# The records of transactions that were executed together, in the arena. See run_records.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Execution, Session, Task
from samestate.optimized.evm.worker_seams cimport OutcomeRecord, StepRecords, Worker

cdef enum:
    LONGEST_RUN = 64        # transactions

cdef struct RunOutcome:
    # What came of a run of transactions, in the arena.
    uint64_t count          # how many transactions there is a record of
    uint64_t failure        # a StepResult other than STEP_DONE: why the next one could not be executed
    # followed by `count` offsets of OutcomeRecords, and those

cdef inline const RunOutcome* outcome_of(const Session* session, const Execution* execution) noexcept nogil:
    return <const RunOutcome*>(session.base + execution.outcome)

cdef inline OutcomeRecord* record_of(const Session* session, const RunOutcome* outcome, uint64_t index) noexcept nogil:
    return <OutcomeRecord*>(session.base + (<const uint64_t*>(outcome + 1))[index])

# Put what came of the task's run into the arena: records that begin at those places in the worker's memory, and a StepResult that
# kept the next transaction from its end, or 0. False where the arena is full.
cdef bint keep_records(
    Task* task, Worker* worker, const uint64_t* places, uint64_t count, uint64_t failure
) noexcept nogil

# Copy the records of all steps of a block out of the arena, which the next block needs.
cdef int gather_records(Session* session, StepRecords* records) except -1 nogil
