"""The transactions of a block, executed by worker processes: what goes into the arena, and what comes out."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from samestate.optimized.analysis import Access
from samestate.optimized.configuration import Configuration
from samestate.optimized.deadline import Deadline
from samestate.optimized.errors import EngineError, FallbackRefused, OutOfMemory, StepFailed
from samestate.optimized.metrics import WorkerMetrics
from samestate.optimized.processes.execution import PROTOCOL
from samestate.optimized.processes.ledger import Value
from samestate.optimized.processes.machine import MachineName, described, source_of
from samestate.optimized.processes.pools import forget_when_gone, new_identity, shared_pool
from samestate.optimized.processes.python_block import (
    STOP_REASONS,
    STRATEGY_NUMBERS,
    ArenaFull,
    BlockMemory,
    KeyTableFull,
)
from samestate.optimized.processes.workers import LostWorker, WorkerReport
from samestate.optimized.shared_memory import create_arena, in_words
from samestate.optimized.trace import Ending, TraceEvent

SPARE_KEYS: Final = 1024
SPARE_KEYS_PER_TRANSACTION: Final = 16

WIPED: Final = "an access list cannot say that storage was wiped, and a transaction has wiped some"


@dataclass(slots=True)
class WorkDone:
    """What the workers did. ``reports``: what was said of each transaction, in order, for :func:`read_report`.

    ``strategy``: the one that gave the result, which is not the one that was asked for where a block was run again; the
    ``reason`` says why.
    ``unmerged``: what the machine's merge raised where an access list was compared with what was done, or nothing.
    """

    strategy: str = ""
    reason: str | None = None
    unmerged: str = ""
    reports: list[bytes] = field(default_factory=list)
    executions: list[int] = field(default_factory=list)
    workers: list[WorkerMetrics] = field(default_factory=list)
    suspensions: int = 0
    aborts: int = 0
    waves: int = 0
    version_reads: int | None = None
    base_reads: int | None = None
    events: list[TraceEvent] = field(default_factory=list)
    expected: Sequence[Access | None] = ()


class ParallelRun:
    """An arena and the pool that works in it, for one machine; block after block."""

    def __init__(self, name: MachineName, configuration: Configuration) -> None:
        self._name = name
        self._configuration = configuration
        self._pool = shared_pool(configuration.workers, configuration.affinity)
        self._source = source_of(name)
        self._pool.prepare(name, self._source)
        self._arena = create_arena(configuration.memory_limit)
        self._identity = new_identity()
        self._forget = forget_when_gone(self, self._pool, self._identity)

    def close(self) -> None:
        """Have the workers forget the arena, and forget it."""
        if self._forget.detach() is not None:
            self._pool.detach(self._identity)
        self._arena.close()

    def run(
        self,
        block: Any,
        transactions: Sequence[Any],
        base: dict[bytes, bytes],
        storage: Collection[bytes],
        expected: Sequence[Access | None],
        predictions: Mapping[bytes, Sequence[tuple[int, Value]]],
        deadline: Deadline,
    ) -> WorkDone:
        """Execute the transactions on the state ``base``. Raises an :class:`EngineError`.

        A list cannot say that an address was wiped: where transactions wipe, a block is run again by block-stm, and the
        metrics say that it was; with ``no_fallback`` it is an error.
        """
        self._pool.prepare(self._name, self._source, deadline)  # whoever is still in the arena is out of it after this
        pickled = _pickled(block), pickle.dumps(frozenset(storage), PROTOCOL)
        capacity = len(base) + SPARE_KEYS + SPARE_KEYS_PER_TRANSACTION * len(transactions)
        strategy = self._configuration.strategy
        lost_before = False
        while True:
            try:
                memory = self._laid_out(len(transactions), base, pickled, expected, predictions, capacity, strategy)
                reports = self._pool.run(
                    self._arena,
                    self._identity,
                    self._name,
                    self._source,
                    deadline,
                    memory,
                )
                self._check(reports, memory)
                if strategy == "access-list" and any(report.wipes for report in reports):
                    if self._configuration.no_fallback:
                        raise FallbackRefused(strategy, WIPED)
                    strategy = "block-stm"
                    continue
                done = self._gathered(memory, reports, strategy)
                done.reason = None if strategy == self._configuration.strategy else WIPED
                return done
            except LostWorker as lost:
                if lost_before:
                    raise lost.as_error() from None
                lost_before = True
            except KeyTableFull:
                capacity *= 4
            except ArenaFull:
                limit = in_words(self._configuration.memory_limit)
                raise OutOfMemory(
                    f"memory_limit = {limit} is too small for this block ({len(transactions)} transactions on a state"
                    f" of {len(base)} keys): raise memory_limit"
                ) from None

    def _laid_out(
        self,
        count: int,
        base: dict[bytes, bytes],
        pickled: tuple[bytes, bytes],
        expected: Sequence[Access | None],
        predictions: Mapping[bytes, Sequence[tuple[int, Value]]],
        capacity: int,
        strategy: str,
    ) -> BlockMemory:
        """The block in the arena, ready for the workers."""
        settings = self._configuration
        self._arena.reset()
        memory = BlockMemory(
            self._arena,
            count,
            settings.workers,
            STRATEGY_NUMBERS[strategy],
            capacity,
            int(settings.read_latency_us * 1000),
            True,
        )
        memory.load(base)
        memory.put_input(*pickled)
        for index, access in enumerate(expected):
            if access is not None:
                memory.declare(index, list(access.reads), list(access.writes))
        for key, values in predictions.items() if strategy == "access-list" else ():
            for step, value in values:
                if 0 <= step < count:
                    memory.predict(key, step + 1, value)
        memory.prepare()
        return memory

    def _check(self, reports: Sequence[WorkerReport], memory: BlockMemory) -> None:
        """Raise what made the workers leave before the block was done."""
        memory.check_memory()
        for report in reports:
            if report.failure:
                raise EngineError(f"a worker could not go on: {report.failure}")
        reason = max(report.stop_reason for report in reports)
        if reason != STOP_REASONS["none"]:
            raise EngineError(f"the workers stopped for reason {reason} of the core")

    def _gathered(self, memory: BlockMemory, reports: Sequence[WorkerReport], strategy: str) -> WorkDone:
        run = WorkDone(
            strategy=strategy, executions=memory.executions(), waves=memory.waves(), version_reads=0, base_reads=0
        )
        for transaction in range(memory.transactions):
            said = memory.outcome(transaction)
            if said is None:
                raise EngineError(f"the workers left without having executed transaction {transaction}")
            run.reports.append(said)
        for number, report in enumerate(reports):
            executions, suspensions, validations, aborts, busy = memory.figures(number)
            run.workers.append(WorkerMetrics(executions, validations, busy / 1e9))
            run.suspensions += suspensions
            run.aborts += aborts
            run.version_reads = (run.version_reads or 0) + report.version_reads
            run.base_reads = (run.base_reads or 0) + report.base_reads
            run.events += _events(number, memory.events(number), report)
            run.unmerged = run.unmerged or report.unmerged
        run.events.sort(key=lambda event: (event.begin, event.worker))
        return run


def _pickled(block: Any) -> bytes:
    try:
        return pickle.dumps(block, PROTOCOL)
    except Exception as error:
        raise StepFailed("open", f"the block cannot be pickled for the workers: {described(error)}") from error


def _events(worker: int, events: Sequence[tuple[int, ...]], report: WorkerReport) -> list[TraceEvent]:
    """The worker's part of the trace: what the core noted, and what each suspended execution was waiting for."""
    waits: dict[tuple[int, int], list[tuple[int, bytes]]] = {}
    for transaction, incarnation, blocking, key in report.suspensions:
        waits.setdefault((transaction, incarnation), []).append((blocking, key))
    endings: dict[tuple[bool, int], Ending] = {
        (True, 0): "done",
        (True, 1): "suspended",
        (True, 2): "stopped",
        (False, 0): "aborted",
        (False, 1): "valid",
    }
    made = []
    for begin, end, transaction, incarnation, executed, result in events:
        ending = endings[bool(executed), result]
        event = TraceEvent(worker, "execute" if executed else "validate", transaction, incarnation, begin, end, ending)
        if ending == "suspended" and waits.get((transaction, incarnation)):
            blocking, key = waits[transaction, incarnation].pop(0)
            event = replace(event, blocking=blocking, key=key)
        made.append(event)
    return made
