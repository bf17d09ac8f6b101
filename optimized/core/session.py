"""The block at hand: tables in the arena, laid out anew for each block, and a task for each worker."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free, malloc
from cython.cimports.libc.string import memset
from cython.cimports.samestate.optimized.core.arena import arena_header, at, reserve, stop_reason
from cython.cimports.samestate.optimized.core.records import (
    SessionRecord,
    StepRecord,
    Task,
    TouchSlot,
    WorkerRecord,
    WriteEntry,
)
from cython.cimports.samestate.optimized.core.room import empty_room, free_room

FIRST_READ_WORDS = cython.declare(uint64_t, 256)
FIRST_WRITES = cython.declare(uint64_t, 64)
FIRST_TOUCH_SLOTS = cython.declare(uint64_t, 64)


def begin_session(
    session: cython.pointer(Session),
    arena: cython.pointer(Arena),
    options: cython.pointer(cython.const[SessionOptions]),
) -> uint64_t:
    """Lay out the tables of a new block in the arena. 0, or the StopReason.

    All tables at once, zeroed: every transaction is ready for its first incarnation and nobody waits.
    """
    keys: uint64_t = 0
    if options.key_capacity:
        keys = 1
        while keys < options.key_capacity + options.workers:  # each may hold a place that it gives back
            keys *= 2
        keys *= 2  # so that it is never more than half full
    offset: uint64_t = reserve(arena, cython.sizeof(SessionRecord))
    steps: uint64_t = reserve(arena, cython.sizeof(StepRecord) * (options.transactions + 2))
    workers: uint64_t = reserve(arena, cython.sizeof(WorkerRecord) * (options.workers + 1))
    table: uint64_t = reserve(arena, 8 * keys)
    if offset == 0 or steps == 0 or workers == 0 or (table == 0 and keys):
        return stop_reason(arena)
    record: cython.pointer(SessionRecord) = cython.cast(cython.pointer(SessionRecord), at(arena, offset))
    memset(record, 0, cython.sizeof(SessionRecord))
    memset(at(arena, steps), 0, cython.sizeof(StepRecord) * (options.transactions + 2))
    memset(at(arena, workers), 0, cython.sizeof(WorkerRecord) * (options.workers + 1))
    memset(at(arena, table), 0, 8 * keys)
    record.transactions = options.transactions
    record.workers = options.workers
    record.strategy = options.strategy
    record.read_latency = options.read_latency
    record.tracing = options.tracing
    record.step_table = steps
    record.worker_table = workers
    record.key_table = table
    record.key_capacity = keys
    arena_header(arena).session = offset
    attach_session(session, arena)
    return 0


def attach_session(session: cython.pointer(Session), arena: cython.pointer(Arena)) -> cython.void:
    """See the block that another thread or process has laid out in this arena.

    Only addresses are worked out here; all else is in the arena.
    """
    record: cython.pointer(SessionRecord) = cython.cast(
        cython.pointer(SessionRecord), at(arena, arena_header(arena).session)
    )
    session.arena = arena
    session.base = arena.base
    session.record = record
    session.steps = cython.cast(cython.pointer(StepRecord), at(arena, record.step_table))
    session.workers = cython.cast(cython.pointer(WorkerRecord), at(arena, record.worker_table))
    session.keys = cython.cast(cython.pointer(uint64_t), at(arena, record.key_table))
    session.key_mask = record.key_capacity - 1
    session.seed = arena_header(arena).seed
    session.outside = cython.NULL


def make_task(
    task: cython.pointer(Task),
    session: cython.pointer(Session),
    number: uint64_t,
    machine: cython.pointer(cython.const[Machine]),
) -> cython.int:
    """Give a worker memory of its own. -1 where there is none.

    Its lists are as long as the largest transaction met so far.
    """
    memset(task, 0, cython.sizeof(Task))
    task.session = session
    task.number = number
    task.worker = cython.address(session.workers[number])
    task.machine = machine
    task.read_capacity = FIRST_READ_WORDS
    task.write_capacity = FIRST_WRITES
    task.touched_mask = FIRST_TOUCH_SLOTS - 1
    task.reads = cython.cast(cython.pointer(uint64_t), malloc(8 * FIRST_READ_WORDS))
    task.writes = cython.cast(cython.pointer(WriteEntry), malloc(cython.sizeof(WriteEntry) * FIRST_WRITES))
    task.touched = cython.cast(cython.pointer(TouchSlot), calloc(FIRST_TOUCH_SLOTS, cython.sizeof(TouchSlot)))
    if task.reads == cython.NULL or task.writes == cython.NULL or task.touched == cython.NULL:
        free_task(task)
        return -1
    return 0


def free_task(task: cython.pointer(Task)) -> cython.void:
    """Give a worker's memory back.

    May be called twice.
    """
    free(task.reads)
    free(task.writes)
    free(task.touched)
    free_room(task)
    task.reads = cython.NULL
    task.writes = cython.NULL
    task.touched = cython.NULL


def begin_task(task: cython.pointer(Task), step: uint64_t, incarnation: uint64_t) -> cython.void:
    """Empty the task for an incarnation of a step.

    Nothing of an earlier incarnation is left but the room for its lists.
    """
    # rule: block-stm.incarnation.starts-afresh
    task.step = step
    task.transaction = step - 1
    task.incarnation = incarnation
    task.blocking = 0
    task.verdict = 0
    task.outcome = 0
    task.read_words = 0
    task.write_count = 0
    task.touched_count = 0
    task.epoch += 1
    if task.room != cython.NULL:
        empty_room(task)
