# Blocks of the EVM, one after another, on one arena. See running.py.

from libc.stdint cimport uint64_t
from libcpp.vector cimport vector

from samestate.optimized.core.arena cimport SharedArena
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.core.records cimport Arena, Session, Task
from samestate.optimized.evm.block_records cimport BlockRecords
from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.expecting cimport ExpectedBlock
from samestate.optimized.evm.packing cimport PackedBlock
from samestate.optimized.evm.seams cimport Rules
from samestate.optimized.evm.worker_seams cimport BlockInput, Settlement, Worker
from samestate.optimized.evm.versioned cimport Versioned
from samestate.optimized.evm.world cimport World

cdef struct RunOutcome:
    # What came of a run of transactions, in the arena.
    uint64_t count          # how many transactions there is a record of
    uint64_t failure        # a StepResult other than STEP_DONE: why the next one could not be executed
    # followed by `count` offsets of OutcomeRecords, and those

cdef struct EvmMachine:
    # What all workers share, and none of them changes but for what lies behind pointers.
    BlockInput* input
    const Rules* rules
    Direct direct
    Arena* arena
    Settlement* settlement  # the coordinator's
    const uint64_t* starts  # the first transaction of each run, and the end of the last
    uint64_t deadline       # nanoseconds (monotonic clock)
    uint64_t* began         # when each transaction was first begun, 0 = not yet
    uint64_t settled        # the coordinator's: how many transactions have been settled
    uint64_t limit          # … the transaction at which the machine could not go on, and one more; 0 = none
    int failure             # … and why: a StepResult

cdef struct EvmWorker:
    # What belongs to one worker beside its Task.
    EvmMachine* machine
    Worker* worker
    Versioned versioned
    uint64_t* places        # of the records of the run at hand
    uint64_t places_room
    uint64_t executed       # transactions begun in this block
    void* listener          # on Python's main thread: whom to tell of signals, an object; else NULL
    uint64_t listened       # when it last was

cdef class EvmRun:
    cdef readonly SharedArena arena
    cdef readonly uint64_t workers
    cdef readonly str strategy
    cdef uint64_t strategy_number
    cdef PackedBlock block
    cdef World world
    cdef EvmMachine machine
    cdef Machine frame
    cdef Session session
    cdef Settlement settlement
    cdef Task* tasks            # one for each worker, and the coordinator's
    cdef uint64_t tasks_made
    cdef EvmWorker* locals      # likewise
    cdef uint64_t* times        # when each transaction was first begun; sequential: and when the last ended
    cdef uint64_t times_room
    cdef vector[uint64_t] starts
    cdef readonly uint64_t longest_run  # transactions; 1 where each is a run of its own
    cdef uint64_t key_capacity
    cdef uint64_t read_latency  # nanoseconds
    cdef bint recording
    cdef bint learning
    cdef bint tracing
    cdef uint64_t started
    cdef double time_limit      # seconds
    cdef uint64_t busy
    cdef int ended              # sequential: a StepResult
    cdef uint64_t ended_at      # … of this step
    cdef readonly object raised
    cdef object own_listener

    cdef void _lay_out(self, object expected, bint trace) except *
    cdef void _make_room(self) except *
    cdef void _make_runs(self, uint64_t length)
    cdef const RunOutcome* _outcome(self, uint64_t run)
    cdef void _begin_workers(self, bint versioned) except *
    cdef void _begin_versioned(self, object expected, bint trace) except *
    cdef void _declare(self, ExpectedBlock expected) except *
    cdef void _put_predictions(self) except *
    cdef void _predict(self, bytes key, uint64_t step, object value) except *
    cdef uint64_t _key_of(self, bytes key) except? 0
    cdef void _gather(self, BlockRecords records) except *
    cdef object _rejected(self, BlockRecords records, str code, uint64_t step)
    cdef str _code(self)
    cdef object _totals(self)
    cdef object _raise_limit(self, int result, uint64_t step)
    cdef void _free_tasks(self) noexcept
    cdef list _events_of(self, uint64_t worker)
