"""The records of transactions that were executed together: from a worker's memory to the arena, and out of it again."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.core.arena import allocate
from cython.cimports.samestate.optimized.core.memory import latest_execution
from cython.cimports.samestate.optimized.core.records import Session, Task
from cython.cimports.samestate.optimized.evm.seams import Buffer
from cython.cimports.samestate.optimized.evm.worker_seams import append_bytes


def keep_records(
    task: cython.pointer(Task),
    worker: cython.pointer(Worker),
    places: cython.pointer(cython.const[uint64_t]),
    count: uint64_t,
    failure: uint64_t,
) -> cython.bint:
    """Put what came of a run into the arena: how many records, where each is, and those. False where it is full."""
    head: uint64_t = cython.sizeof(RunOutcome) + 8 * count
    size: uint64_t = worker.record.size()
    index: uint64_t
    task.outcome = allocate(task, head + size)
    if task.outcome == 0:
        return False
    outcome: cython.pointer(RunOutcome) = cython.cast(cython.pointer(RunOutcome), task.session.base + task.outcome)
    offsets: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), outcome + 1)
    outcome.count = count
    outcome.failure = failure
    for index in range(count):
        offsets[index] = task.outcome + head + places[index]
    if size:
        memcpy(task.session.base + task.outcome + head, worker.record.data(), size)
    return True


def gather_records(session: cython.pointer(Session), records: cython.pointer(StepRecords)) -> cython.int:
    """Copy the records of all steps of a block out of the arena."""
    step: uint64_t
    index: uint64_t
    outcome: cython.pointer(cython.const[RunOutcome])
    record: cython.pointer(OutcomeRecord)
    bytes: Buffer
    places: vector[uint64_t]
    for step in range(session.record.transactions + 2):
        outcome = outcome_of(session, latest_execution(session, step))
        for index in range(outcome.count):
            record = record_of(session, outcome, index)
            places.push_back(append_bytes(bytes, record, record.size()))
    records.take(bytes, places)
    return 0
