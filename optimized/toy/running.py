"""Blocks of the toy machine, one after another, on one arena: lay out, let workers work, settle.

``begin``, then ``work`` once for each worker, on threads of their own, then ``finish``. Nothing here starts a thread,
so that the explorer can drive the same workers one at a time.
"""

import threading

import cython
from cython.cimports.cpython.bytes import PyBytes_FromStringAndSize
from cython.cimports.cpython.exc import PyErr_CheckSignals
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.stdlib import calloc, free, malloc
from cython.cimports.libc.string import memset
from cython.cimports.samestate.optimized.core.arena import allocate, stop_reason
from cython.cimports.samestate.optimized.core.block import open_block, settle_block
from cython.cimports.samestate.optimized.core.invariants import broken_invariant
from cython.cimports.samestate.optimized.core.machine import REFUSED
from cython.cimports.samestate.optimized.core.memory import latest_execution
from cython.cimports.samestate.optimized.core.records import (
    ACCESS_LIST,
    BLOCK_STM,
    BROKEN,
    DONE,
    INTERRUPTED,
    LOCKS,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    SEQUENTIAL,
    SUSPENDED,
    TRACE_EXECUTION,
    WAVES,
    DeclaredAccess,
    Execution,
    Task,
    TraceChunk,
    TraceEvent,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.session import SessionOptions, begin_session, free_task, make_task
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, now_nanoseconds, samestate_raise
from cython.cimports.samestate.optimized.strategies.worker import prepare, run_worker
from cython.cimports.samestate.optimized.toy.interpreter import DECLARED_HINTS, NO_HINTS, STATIC_HINTS, Access, Scratch
from cython.cimports.samestate.optimized.toy.packing import PackedBlock
from cython.cimports.samestate.optimized.toy.result import ToyResult
from cython.cimports.samestate.optimized.toy.sequential import run_sequentially
from cython.cimports.samestate.optimized.toy.versioned import make_machine

from samestate.optimized.errors import EngineError, OutOfMemory, TimeLimitExceeded

STRATEGIES = {
    "sequential": SEQUENTIAL,
    "block-stm": BLOCK_STM,
    "locks": LOCKS,
    "waves": WAVES,
    "access-list": ACCESS_LIST,
}

RECORD_TOO_LARGE = "this process cannot have the memory of the block's access record"


class ToyRun:
    """One engine's workers on toy blocks. Not for two blocks at once."""

    def __cinit__(self, arena, workers, strategy):
        self.arena = arena
        self.workers = workers
        self.strategy = strategy
        self.strategy_number = STRATEGIES[strategy]
        self.tasks = cython.cast(cython.pointer(Task), calloc(workers + 1, cython.sizeof(Task)))
        self.scratches = cython.cast(cython.pointer(Scratch), calloc(workers, cython.sizeof(Scratch)))
        if self.tasks == cython.NULL or self.scratches == cython.NULL:
            raise OutOfMemory(f"this process cannot have the memory of {workers} workers")
        self.own_listener = self._listen

    def __dealloc__(self):
        worker: uint64_t
        self._free_tasks()
        free(self.tasks)
        if self.scratches != cython.NULL:
            for worker in range(self.workers):
                free(self.scratches[worker].marks)
                free(self.scratches[worker].accesses)
        free(self.scratches)
        free(self.machine.places)
        free(self.machine.loaded)
        free(self.machine.kept_warm)
        free(self.times)

    def begin(
        self,
        block: PackedBlock,
        record: bool = True,
        time_limit: float = 60.0,
        read_latency_us: float = 0.0,
        estimator: str = "declared",
        expected=None,
        trace: bool = False,
        spent: float = 0.0,
    ) -> None:
        """Lay out a block. ``expected``: what an estimator says of each transaction, ``(reads, writes)`` or None.
        ``spent``: how many of the seconds of ``time_limit`` have gone by already.

        Raises :class:`OutOfMemory`.
        """
        self.started = now_nanoseconds()
        self.arena.reset()
        self.raised = None
        self.block = block
        self.busy = 0
        self.result = ToyResult(block)
        self.result.lay_out(record)
        self.machine.block = cython.address(block.flat)
        self.machine.transactions = block.flat.transactions
        self.machine.operations = block.flat.operations
        self.machine.words = block.flat.words
        self.machine.data = block.flat.data
        self.machine.coinbase_balance = block.flat.coinbase_balance
        self.machine.arena = cython.address(self.arena.arena)
        self.machine.deadline = self.started + cython.cast(uint64_t, max(0.0, time_limit - spent) * 1e9)
        self.time_limit = time_limit
        self.machine.current = self.result.ledger.current
        self.machine.read_latency = cython.cast(uint64_t, read_latency_us * 1000)
        self.machine.digests = self.result.ledger.digests
        self.tracing = trace
        self._make_room()
        if self.strategy_number != SEQUENTIAL:
            self._begin_versioned(estimator, expected, trace)

    def _make_room(self) -> cython.void:
        """Take memory for every worker.

        Each worker's scratch for the largest transaction; what is there already stays from block to block.
        """
        worker: uint64_t
        scratch: cython.pointer(Scratch)
        keys: uint64_t = self.block.flat.key_count
        versioned: cython.bint = self.strategy_number != SEQUENTIAL
        for worker in range(self.workers if versioned else 1):
            scratch = self.scratches + worker
            if self.marks < keys or scratch.marks == cython.NULL:
                free(scratch.marks)
                scratch.marks = cython.cast(cython.pointer(uint64_t), calloc(max(keys, self.marks), 8))
                scratch.epoch = 0
                if scratch.marks == cython.NULL:
                    raise OutOfMemory(f"this process cannot have the memory of a worker's marks, for {keys} keys")
            if scratch.epoch > 1 << 31:
                memset(scratch.marks, 0, 8 * max(keys, self.marks))
                scratch.epoch = 0
            if versioned and (self.access_room < self.block.flat.most_keys or scratch.accesses == cython.NULL):
                free(scratch.accesses)
                scratch.accesses = cython.cast(
                    cython.pointer(Access),
                    malloc(max(self.access_room, self.block.flat.most_keys) * cython.sizeof(Access) + 1),
                )
                if scratch.accesses == cython.NULL:
                    raise OutOfMemory(
                        "this process cannot have the memory of a worker's accesses,"
                        f" to {self.block.flat.most_keys} keys"
                    )
            scratch.running = 0
            scratch.version_reads = 0
            scratch.base_reads = 0
        self.marks = max(self.marks, keys)
        if self.times_room < self.block.flat.transactions_length + 1:
            free(self.times)
            self.times_room = self.block.flat.transactions_length + 1
            self.times = cython.cast(cython.pointer(uint64_t), malloc(8 * self.times_room))
            if self.times == cython.NULL:
                self.times_room = 0
                raise OutOfMemory("this process cannot have the memory of the times of transactions")
        memset(self.times, 0, 8 * (self.block.flat.transactions_length + 1))
        self.machine.began = self.times
        if versioned:
            self.access_room = max(self.access_room, self.block.flat.most_keys)
            if self.places_room < keys:
                free(self.machine.places)
                self.machine.places = cython.cast(cython.pointer(uint64_t), malloc(8 * keys))
                self.places_room = keys
                if self.machine.places == cython.NULL:
                    self.places_room = 0
                    raise OutOfMemory(f"this process cannot have the memory of the places of {keys} keys")
        elif self.machine.read_latency:
            free(self.machine.loaded)
            self.machine.loaded = cython.cast(cython.pointer(uint8_t), calloc(keys, 1))
            if self.machine.loaded == cython.NULL:
                raise OutOfMemory(f"this process cannot have the memory of the marks of {keys} keys loaded")
        if SAMESTATE_IS_EXPLORED:
            free(self.machine.kept_warm)
            self.machine.kept_warm = cython.cast(cython.pointer(uint32_t), calloc(keys, 4))
            if self.machine.kept_warm == cython.NULL:
                raise OutOfMemory(f"this process cannot have the memory of a seeded bug, for {keys} keys")

    def _begin_versioned(self, estimator: str, expected: object, trace: cython.bint) -> cython.void:
        """Lay out tables in the arena, and whatever the strategy is told of the transactions in advance."""
        options: SessionOptions
        worker: uint64_t
        task: cython.pointer(Task)
        options.transactions = self.block.flat.transactions_length
        options.workers = self.workers
        options.strategy = self.strategy_number
        options.key_capacity = 0
        options.read_latency = 0  # the machine waits by itself, so that it may look up meanwhile
        options.tracing = trace
        self._free_tasks()
        if begin_session(cython.address(self.session), cython.address(self.arena.arena), cython.address(options)):
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        self.machine.ledger = cython.address(self.result.ledger)
        self.machine.hints = NO_HINTS
        if expected is None and (self.strategy_number == LOCKS or self.strategy_number == WAVES):
            self.machine.hints = STATIC_HINTS if estimator == "static" else DECLARED_HINTS
        make_machine(cython.address(self.frame), cython.address(self.machine))
        for worker in range(self.workers + 1):
            task = self.tasks + worker
            if make_task(task, cython.address(self.session), worker, cython.address(self.frame)):
                raise OutOfMemory("this process cannot have the memory of a worker's task")
            self.tasks_made = worker + 1
            if worker < self.workers:
                task.local = self.scratches + worker
        task = self.tasks + self.workers
        if open_block(task) != DONE:
            self._raise_stopped(OUT_OF_MEMORY)
        if expected is not None:
            self._put_expected(task, expected)
        if prepare(task):
            self._raise_stopped(OUT_OF_MEMORY)

    def _put_expected(self, task: cython.pointer(Task), expected: object) -> cython.void:
        """Declare what an estimator gave, in canonical keys; those that the block cannot touch are left out."""
        numbers = {name: number for number, name in enumerate(self.block.names)}
        index: uint64_t
        place: uint64_t
        for index in range(self.block.flat.transactions_length):
            if expected[index] is None:
                continue
            reads = [numbers[key] for key in expected[index][0] if key in numbers]
            writes = [numbers[key] for key in expected[index][1] if key in numbers]
            offset: uint64_t = allocate(task, cython.sizeof(DeclaredAccess) + 8 * (len(reads) + len(writes)))
            if offset == 0:
                self._raise_stopped(OUT_OF_MEMORY)
            self.session.steps[index + 1].declared = offset
            declared: cython.pointer(DeclaredAccess) = cython.cast(
                cython.pointer(DeclaredAccess), self.session.base + offset
            )
            declared.read_count = len(reads)
            declared.write_count = len(writes)
            keys: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), declared + 1)
            for place in range(declared.read_count):
                keys[place] = reads[place]
            for place in range(declared.write_count):
                keys[declared.read_count + place] = writes[place]

    def work(self, worker: int) -> None:
        """Be a worker until the block is done or stopped. Without the GIL, but in the build for the explorer."""
        number: uint64_t = worker
        scratch: cython.pointer(Scratch) = self.scratches + number
        if number >= self.workers:
            raise ValueError(f"there is no worker {worker}: there are {self.workers}")
        scratch.listener = cython.NULL
        if threading.current_thread() is threading.main_thread():
            scratch.listener = cython.cast(cython.p_void, self.own_listener)
            scratch.listened = self.started
        if self.strategy_number == SEQUENTIAL:
            if number == 0:
                result: ToyResult = self.result
                begun: uint64_t = now_nanoseconds()
                with cython.nogil:
                    run_sequentially(result, cython.address(self.machine), scratch, self.times)
                scratch.accesses = cython.NULL  # they lay in the result
                self.busy = now_nanoseconds() - begun
        elif SAMESTATE_IS_EXPLORED:
            run_worker(self.tasks + number)
            samestate_raise()
        else:
            with cython.nogil:
                run_worker(self.tasks + number)

    def finish(self):
        """When all workers have left: the result. Raises OutOfMemory, TimeLimitExceeded, or what a signal raised."""
        result: ToyResult = self.result
        reason: uint64_t = stop_reason(cython.address(self.arena.arena))
        ended: uint64_t
        settled: cython.int = DONE
        if reason:
            self._raise_stopped(reason)
        if self.strategy_number != SEQUENTIAL:
            with cython.nogil:
                settled = settle_block(self.tasks + self.workers, cython.address(ended))
        if settled != DONE and settled != REFUSED:
            raise OutOfMemory(RECORD_TOO_LARGE)
        result.conclude()
        self.result = None
        return result

    def figures(self) -> dict:
        """What the run of the last block was like, as plain numbers.

        By transaction: its ``executions``, and the nanoseconds when it first ``began`` and last ``ended`` (0 = never),
        as bytes of 64-bit numbers, so that whoever does not look at them pays little. By worker: executions,
        suspensions, validations, aborts, busy seconds.
        """
        count: uint64_t = self.block.flat.transactions_length
        index: uint64_t
        worker: cython.pointer(WorkerRecord)
        execution: cython.pointer(Execution)
        workers: list = []
        began: bytes = cython.cast(cython.p_char, self.times)[: 8 * count]
        if self.strategy_number == SEQUENTIAL:
            executed: uint64_t = 0
            while executed < count and self.times[executed + 1]:
                executed += 1
            return {
                "began": began,
                "ended": cython.cast(cython.p_char, self.times + 1)[: 8 * count],
                "executions": [1] * executed,
                "workers": [(executed, 0, 0, 0, self.busy / 1e9)],
                "waves": 0,
                "version_reads": None,
                "base_reads": None,
            }
        ended: bytes = PyBytes_FromStringAndSize(cython.NULL, 8 * count)
        executions: list = []
        ends: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), cython.cast(cython.p_char, ended))
        for index in range(count):
            execution = latest_execution(cython.address(self.session), index + 1)
            ends[index] = execution.ended if execution != cython.NULL else 0
            executions.append(self.session.steps[index + 1].executions)
        for index in range(self.workers):
            worker = self.session.workers + index
            workers.append(
                (worker.executions, worker.suspensions, worker.validations, worker.aborts, worker.busy / 1e9)
            )
        return {
            "began": began,
            "ended": ended,
            "executions": executions,
            "workers": workers,
            "waves": self.session.record.waves,
            "version_reads": sum([self.scratches[index].version_reads for index in range(self.workers)]),
            "base_reads": sum([self.scratches[index].base_reads for index in range(self.workers)]),
        }

    def events(self) -> list:
        """The last block: (worker, kind, transaction, incarnation, begin, end, ending), as in TraceEvent."""
        index: uint64_t
        events: list = []
        if not self.tracing:
            return events
        if self.strategy_number == SEQUENTIAL:
            for index in range(self.block.flat.transactions_length):
                if self.times[index + 1]:
                    events.append((0, "execute", index, 0, self.times[index], self.times[index + 1], "done"))
            return events
        for index in range(self.workers):
            events += self._events_of(index)
        return events

    def _events_of(self, worker: uint64_t) -> list:
        """Give the trace of a worker, oldest event first."""
        offset: uint64_t = self.session.workers[worker].events
        place: uint64_t
        chunk: cython.pointer(TraceChunk)
        event: cython.pointer(TraceEvent)
        events: list = []
        while offset:
            chunk = cython.cast(cython.pointer(TraceChunk), self.session.base + offset)
            for place in range(chunk.count, 0, -1):
                event = cython.cast(cython.pointer(TraceEvent), chunk + 1) + (place - 1)
                if event.kind == TRACE_EXECUTION:
                    kind = "execute"
                    ending = "done" if event.result == DONE else "suspended" if event.result == SUSPENDED else "stopped"
                else:
                    kind = "validate"
                    ending = "valid" if event.result else "aborted"
                events.append((worker, kind, event.transaction, event.incarnation, event.begin, event.end, ending))
            offset = chunk.previous
        events.reverse()
        return events

    def stop(self) -> None:
        """Ask all workers to leave. Any thread may."""
        self.arena.request_stop(INTERRUPTED)

    def broken_invariant(self) -> str | None:
        """What does not hold at the moment, of all that always must: the explorer asks after each action."""
        if self.strategy_number == SEQUENTIAL:
            return None
        name: cython.p_const_char = broken_invariant(cython.address(self.session))
        return None if name == cython.NULL else cython.cast(bytes, name).decode()

    def _listen(self):
        """Let the handlers of signals run. Whether one raised."""
        try:
            PyErr_CheckSignals()
        except BaseException as raised:
            self.raised = raised
            return True
        return False

    def _raise_stopped(self, reason):
        """Say why there is no result."""
        self.result = None
        if reason == OUT_OF_MEMORY and self.strategy_number == SEQUENTIAL:
            raise OutOfMemory(RECORD_TOO_LARGE)
        if reason == OUT_OF_MEMORY and self.arena.used <= self.arena.size:
            raise OutOfMemory(
                f"a worker cannot have the memory that it asked for, of the arena of {self.arena.size >> 20} MiB or of"
                " this process: raise memory_limit, or give the process more"
            )
        if reason == OUT_OF_MEMORY:
            raise OutOfMemory(
                f"the block does not fit into the arena of {self.arena.size >> 20} MiB: raise memory_limit"
            )
        if reason == OUT_OF_TIME:
            running = {self.scratches[worker].running for worker in range(self.workers)} - {0}
            raise TimeLimitExceeded(self.time_limit, tuple(sorted(transaction - 1 for transaction in running)))
        if reason == INTERRUPTED:
            raise KeyboardInterrupt if self.raised is None else self.raised
        if reason == BROKEN:
            raise EngineError(f"an invariant of the strategy {self.strategy} does not hold: this is a bug")
        raise EngineError(f"the block was stopped (reason {reason})")

    def _free_tasks(self) -> cython.void:
        """Give the memory of all tasks back."""
        task: uint64_t
        for task in range(self.tasks_made):
            free_task(self.tasks + task)
        self.tasks_made = 0
