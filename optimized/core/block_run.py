"""Blocks of a compiled machine, one after another, on one arena: what is alike for every machine.

A machine's own class lays its blocks out, has workers work, and makes results of what they leave.
"""

import threading

import cython
from cython.cimports.cpython.bytes import PyBytes_FromStringAndSize
from cython.cimports.cpython.exc import PyErr_CheckSignals
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free, malloc
from cython.cimports.libc.string import memset
from cython.cimports.samestate.optimized.core.arena import stop_reason
from cython.cimports.samestate.optimized.core.invariants import broken_invariant
from cython.cimports.samestate.optimized.core.memory import latest_execution
from cython.cimports.samestate.optimized.core.records import (
    ACCESS_LIST,
    BLOCK_STM,
    BROKEN,
    DONE,
    INTERRUPTED,
    KEY_TABLE_FULL,
    LOCKS,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    SEQUENTIAL,
    SUSPENDED,
    TRACE_EXECUTION,
    WAVES,
    Execution,
    TraceChunk,
    TraceEvent,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.session import begin_session, free_task, make_task
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds

from samestate.optimized.errors import EngineError, OutOfMemory, TimeLimitExceeded

STRATEGIES = {
    "sequential": SEQUENTIAL,
    "block-stm": BLOCK_STM,
    "locks": LOCKS,
    "waves": WAVES,
    "access-list": ACCESS_LIST,
}


class KeyTableFull(Exception):  # noqa: N818 - what happened, and handled by whoever runs the block
    """The block met more keys than its table has room for: begin again with a larger one."""


@cython.cclass
class BlockRun:
    """One engine's workers on the blocks of a machine. Not for two blocks at once."""

    def __cinit__(self, arena, workers, strategy):
        self.arena = arena
        self.workers = workers
        self.strategy = strategy
        self.watch.arena = cython.address(self.arena.arena)
        self.tasks = cython.cast(cython.pointer(Task), calloc(workers + 1, cython.sizeof(Task)))
        if self.tasks == cython.NULL:
            raise OutOfMemory(f"this process cannot have the memory of {workers} workers")
        self.own_listener = self._listen

    def __dealloc__(self):
        self._free_tasks()
        free(self.tasks)
        free(self.times)

    def stop(self) -> None:
        """Ask all workers to leave. Any thread may."""
        self.arena.request_stop(INTERRUPTED)

    def broken_invariant(self) -> str | None:
        """What does not hold at the moment, of all that always must: the explorer asks after each action."""
        if self.strategy_number == SEQUENTIAL:
            return None
        name: cython.p_const_char = broken_invariant(cython.address(self.session))
        return None if name == cython.NULL else cython.cast(bytes, name).decode()

    # Laying out

    def _begin_watching(self, time_limit: cython.double, spent: cython.double) -> cython.void:
        """A block begins, of whose ``time_limit`` (seconds) so many have gone by already."""
        self.started = now_nanoseconds()
        self.raised = None
        self.busy = 0
        self.executed = 0
        self.time_limit = time_limit
        self.watch.deadline = self.started + cython.cast(uint64_t, max(0.0, time_limit - spent) * 1e9)

    def _make_times(self, transactions: uint64_t) -> cython.void:
        """Take memory for the times of all transactions. None has begun."""
        self.transactions = transactions
        if self.times_room < transactions + 1:
            free(self.times)
            self.times_room = transactions + 1
            self.times = cython.cast(cython.pointer(uint64_t), malloc(8 * self.times_room))
            if self.times == cython.NULL:
                self.times_room = 0
                raise OutOfMemory("this process cannot have the memory of the times of transactions")
        memset(self.times, 0, 8 * (transactions + 1))

    def _begin_session(
        self, options: cython.pointer(cython.const[SessionOptions]), frame: cython.pointer(cython.const[Machine])
    ) -> cython.void:
        """Lay out tables in the arena, which is empty, and make a task for each worker and the coordinator."""
        number: uint64_t
        self._free_tasks()
        if begin_session(cython.address(self.session), cython.address(self.arena.arena), options):
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        for number in range(self.workers + 1):
            if make_task(self.tasks + number, cython.address(self.session), number, frame):
                raise OutOfMemory("this process cannot have the memory of a worker's task")
            self.tasks_made = number + 1

    def _free_tasks(self) -> cython.void:
        """Give the memory of all tasks back."""
        task: uint64_t
        for task in range(self.tasks_made):
            free_task(self.tasks + task)
        self.tasks_made = 0

    # Working

    def _enter(self, worker: uint64_t, listener: cython.pointer(Listener)) -> cython.void:
        """A thread begins to be a worker: whether it has to listen to signals."""
        if worker >= self.workers:
            raise ValueError(f"there is no worker {worker}: there are {self.workers}")
        listener.whom = cython.NULL
        if threading.current_thread() is threading.main_thread():
            listener.whom = cython.cast(cython.p_void, self.own_listener)
            listener.listened = self.started

    def _listen(self):
        """Let the handlers of signals run. Whether one raised."""
        try:
            PyErr_CheckSignals()
        except BaseException as raised:
            self.raised = raised
            return True
        return False

    def _running(self):
        """The transactions that workers were at when they were stopped."""
        raise NotImplementedError

    def _raise_stopped(self, reason):
        """Say why there is no result."""
        if reason == KEY_TABLE_FULL:
            raise KeyTableFull
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
            raise TimeLimitExceeded(self.time_limit, tuple(sorted(self._running())))
        if reason == INTERRUPTED:
            raise KeyboardInterrupt if self.raised is None else self.raised
        if reason == BROKEN:
            raise EngineError(f"an invariant of the strategy {self.strategy} does not hold: this is a bug")
        raise EngineError(f"the block was stopped (reason {reason})")

    # What the run was like

    def figures(self) -> dict:
        """What the run of the last block was like, in plain numbers that stay when the next block comes.

        By transaction: its ``executions``, and the nanoseconds when it first ``began`` and last ``ended`` (0 = never),
        as bytes of 64-bit numbers, so that whoever does not look at them pays little. By worker: executions,
        suspensions, validations, aborts, busy seconds.
        """
        count: uint64_t = self.transactions
        began: bytes = cython.cast(cython.p_char, self.times)[: 8 * count]
        if self.strategy_number == SEQUENTIAL:
            return {
                "began": began,
                "ended": cython.cast(cython.p_char, self.times + 1)[: 8 * count],
                "executions": [1] * self.executed,
                "workers": [(self.executed, 0, 0, 0, self.busy / 1e9)],
                "waves": 0,
            }
        run: uint64_t
        index: uint64_t
        end: uint64_t
        worker: cython.pointer(WorkerRecord)
        execution: cython.pointer(Execution)
        workers: list = []
        executions: list = []
        ended: bytes = PyBytes_FromStringAndSize(cython.NULL, 8 * count)
        ends: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), cython.cast(cython.p_char, ended))
        for run in range(self.session.record.transactions):
            execution = latest_execution(cython.address(self.session), run + 1)
            end = execution.ended if execution != cython.NULL else 0
            for index in range(self._first_of(run), self._first_of(run + 1)):
                ends[index] = end
                executions.append(self.session.steps[run + 1].executions)
        for index in range(self.workers):
            worker = self.session.workers + index
            workers.append(
                (self._executions_of(index), worker.suspensions, worker.validations, worker.aborts, worker.busy / 1e9)
            )
        return {
            "began": began,
            "ended": ended,
            "executions": executions,
            "workers": workers,
            "waves": self.session.record.waves,
        }

    def events(self) -> list:
        """The last block: (worker, kind, transaction, incarnation, begin, end, ending), as in TraceEvent.

        Of transactions that a worker took at once it is the first that stands there.
        """
        index: uint64_t
        events: list = []
        if not self.tracing:
            return events
        if self.strategy_number == SEQUENTIAL:
            for index in range(self.transactions):
                if self.times[index] and self.times[index + 1]:
                    events.append((0, "execute", index, 0, self.times[index], self.times[index + 1], "done"))
            return events
        for index in range(self.workers):
            events += self._events_of(index)
        return events

    def _executions_of(self, worker: uint64_t) -> uint64_t:
        """How many transactions a worker has begun."""
        return self.session.workers[worker].executions

    def _first_of(self, run: uint64_t) -> uint64_t:
        """The first transaction of a run, by its number; or where the last one ends."""
        return run if self.starts == cython.NULL else self.starts[run]

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
                first = self._first_of(event.transaction)
                events.append((worker, kind, first, event.incarnation, event.begin, event.end, ending))
            offset = chunk.previous
        events.reverse()
        return events
