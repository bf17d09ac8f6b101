"""The coordinator's side of machines written in Python: a block and the state before it, put into the arena as bytes.

When the workers are done, what became of each transaction is taken out again. Names are as in python_executor.py.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core import keys, memory
from cython.cimports.samestate.optimized.core.arena import (
    SharedArena,
    at,
    reserve,
    stop_reason,
    store_value,
    value_bytes,
    value_length,
)
from cython.cimports.samestate.optimized.core.records import (
    ACCESS_LIST,
    BLOCK_STM,
    INTERRUPTED,
    KEY_TABLE_FULL,
    LOCKS,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    RUNNING,
    TRACE_EXECUTION,
    WAVES,
    WORKER_DIED,
    DeclaredAccess,
    Execution,
    TraceChunk,
    TraceEvent,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.session import SessionOptions, begin_session, free_task, make_task
from cython.cimports.samestate.optimized.core.shim import atomic_load
from cython.cimports.samestate.optimized.strategies import predictions
from cython.cimports.samestate.optimized.strategies.worker import prepare

KEY = b"\x00"

STRATEGY_NUMBERS = {"block-stm": BLOCK_STM, "locks": LOCKS, "waves": WAVES, "access-list": ACCESS_LIST}
STOP_REASONS = {"none": RUNNING, "out of time": OUT_OF_TIME, "interrupted": INTERRUPTED, "worker died": WORKER_DIED}
"""The core's numbers for why a run was stopped."""


class KeyTableFull(Exception):  # noqa: N818 - what happened, handled by the caller
    """The block met more keys than its table has room for: begin again with a larger one."""


class ArenaFull(Exception):  # noqa: N818 - likewise
    """The block needs more memory than the arena has."""


def to_object(base: cython.p_char, value: uint64_t) -> object:
    """Give the bytes of a Value, or None for what is absent."""
    if value == 0:
        return None
    return PyBytes_FromStringAndSize(
        cython.cast(cython.p_char, value_bytes(base, value)), cython.cast(cython.Py_ssize_t, value_length(base, value))
    )


@cython.cclass
class BlockMemory:
    """A block in the arena, from its input to what became of it. Made while no worker runs.

    Raises :class:`ArenaFull`, and :class:`KeyTableFull` where more than ``key_capacity`` keys are met.
    """

    def __init__(
        self,
        shared: SharedArena,
        transactions: int,
        workers: int,
        strategy: int,
        key_capacity: int,
        read_latency_ns: int,
        tracing: bool,
    ):
        options: SessionOptions
        options.transactions = transactions
        options.workers = workers
        options.strategy = strategy
        options.key_capacity = key_capacity
        options.read_latency = read_latency_ns
        options.tracing = tracing
        self.shared = shared
        self.transactions = transactions
        self.workers = workers
        shared.check_open()
        if begin_session(cython.address(self.session), cython.address(shared.arena), cython.address(options)):
            self.check()
        made: cython.int = make_task(
            cython.address(self.task), cython.address(self.session), workers, cython.address(self.machine)
        )
        if made < 0:
            raise MemoryError

    def __dealloc__(self):
        free_task(cython.address(self.task))

    def check(self) -> cython.int:
        """Raise what the stop flag says of memory; nothing where it says something else."""
        reason: uint64_t = stop_reason(self.session.arena if self.session.arena else cython.address(self.shared.arena))
        if reason == KEY_TABLE_FULL:
            raise KeyTableFull
        if reason == OUT_OF_MEMORY:
            raise ArenaFull
        return 0

    def key(self, name: bytes) -> uint64_t:
        """Give the record of a name, made with nothing in it where it is new."""
        key: uint64_t = keys.find_key(
            cython.address(self.task), PyBytes_AS_STRING(name), cython.cast(uint64_t, len(name)), 0, 0
        )
        if key == 0:
            self.check()
            raise ArenaFull
        return key

    def value(self, content: bytes) -> uint64_t:
        """Store bytes as a Value, and give its offset."""
        value: uint64_t = store_value(
            cython.address(self.task), PyBytes_AS_STRING(content), cython.cast(uint64_t, len(content))
        )
        if value == 0:
            raise ArenaFull
        return value

    def load(self, base: dict) -> None:
        """Put the state before the block in: bytes by key."""
        for key, content in base.items():
            value: uint64_t = self.value(content)
            name: bytes = KEY + key
            if not keys.find_key(
                cython.address(self.task), PyBytes_AS_STRING(name), cython.cast(uint64_t, len(name)), value, 0
            ):
                self.check()

    def put_input(self, block: bytes, storage: bytes) -> None:
        """Put the block in, and the addresses that have storage, both pickled."""
        offset: uint64_t = reserve(cython.address(self.shared.arena), cython.sizeof(PythonInput))
        running: uint64_t = reserve(cython.address(self.shared.arena), RUNNING_LINE * self.workers)
        if offset == 0 or running == 0:
            raise ArenaFull
        record: cython.pointer(PythonInput) = cython.cast(
            cython.pointer(PythonInput), at(cython.address(self.shared.arena), offset)
        )
        record.block = self.value(block)
        record.storage = self.value(storage)
        record.running = running
        number: cython.int
        for number in range(self.workers):
            line: cython.pointer(uint64_t) = cython.cast(
                cython.pointer(uint64_t), self.session.base + running + RUNNING_LINE * number
            )
            line[0] = 0
        self.session.record.input = offset

    def declare(self, transaction: int, reads: list, writes: list) -> None:
        """What a transaction is expected to read and to write; a hint for the strategy."""
        count: uint64_t = len(reads) + len(writes)
        offset: uint64_t = reserve(cython.address(self.shared.arena), cython.sizeof(DeclaredAccess) + 8 * count)
        if offset == 0:
            raise ArenaFull
        record: cython.pointer(DeclaredAccess) = cython.cast(cython.pointer(DeclaredAccess), self.session.base + offset)
        record.read_count = len(reads)
        record.write_count = len(writes)
        record.left_count = 0
        keys: cython.pointer(uint64_t) = cython.cast(
            cython.pointer(uint64_t), self.session.base + offset + cython.sizeof(DeclaredAccess)
        )
        index: cython.Py_ssize_t
        for index, key in enumerate([*reads, *writes]):
            keys[index] = self.key(KEY + key)
        self.session.steps[transaction + 1].declared = offset

    def predict(self, key: bytes, step: int, content) -> None:
        """The value that a list says a key has after a step (open = 0, transaction i = i + 1); rising steps a key."""
        value: uint64_t = 0 if content is None else self.value(content)
        if predictions.predict(cython.address(self.task), self.key(KEY + key), step, value) < 0:
            raise ArenaFull

    def check_memory(self) -> None:
        """Raise what the stop flag says of memory."""
        self.check()

    def prepare(self) -> None:
        """Order the transactions, once all that is known of them has been put in. The last call before the workers'."""
        if prepare(cython.address(self.task)):
            self.check()
            raise RuntimeError("the strategy could not be prepared")

    def running(self, worker: int):
        """The transaction that a worker is executing, or None."""
        record: cython.pointer(PythonInput) = cython.cast(
            cython.pointer(PythonInput), self.session.base + self.session.record.input
        )
        line: cython.pointer(uint64_t) = cython.cast(
            cython.pointer(uint64_t), self.session.base + record.running + RUNNING_LINE * cython.cast(uint64_t, worker)
        )
        transaction: uint64_t = atomic_load(line, b"python.running.load")
        return None if transaction == 0 else transaction - 1

    def entered(self, worker: int):
        """Whether a worker has begun to work on the block."""
        return self.session.workers[worker].entered != 0

    def outcome(self, transaction: int):
        """What the latest incarnation of a transaction said, pickled; None where there is none."""
        execution: cython.pointer(Execution) = memory.latest_execution(
            cython.address(self.session), cython.cast(uint64_t, transaction) + 1
        )
        if execution == cython.NULL:
            return None
        return to_object(self.session.base, execution.outcome)

    def executions(self) -> list:
        """How often each transaction was begun."""
        return [self.session.steps[step + 1].executions for step in range(self.transactions)]

    def waves(self) -> int:
        """How many waves the strategy made."""
        return self.session.record.waves

    def figures(self, worker: int) -> tuple:
        """Executions, suspensions, validations, aborts, and nanoseconds busy."""
        record: cython.pointer(WorkerRecord) = cython.address(self.session.workers[worker])
        return record.executions, record.suspensions, record.validations, record.aborts, record.busy

    def events(self, worker: int) -> list:
        """The trace of a worker, oldest first: (begin, end, transaction, incarnation, is an execution, result)."""
        gathered = []
        offset: uint64_t = self.session.workers[worker].events
        number: uint64_t
        while offset:
            chunk: cython.pointer(TraceChunk) = cython.cast(cython.pointer(TraceChunk), self.session.base + offset)
            events: cython.pointer(TraceEvent) = cython.cast(
                cython.pointer(TraceEvent), self.session.base + offset + cython.sizeof(TraceChunk)
            )
            part = []
            for number in range(chunk.count):
                event: cython.pointer(TraceEvent) = cython.address(events[number])
                executed = event.kind == TRACE_EXECUTION
                part.append((event.begin, event.end, event.transaction, event.incarnation, executed, event.result))
            gathered.append(part)
            offset = chunk.previous
        return [entry for part in reversed(gathered) for entry in part]
