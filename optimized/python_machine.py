"""Machines written in Python, run by worker processes over the versioned memory.

The coordinator is the caller's process. It opens the block, puts it into the arena, waits until the workers have
executed every transaction, and then goes through them in block order: settles each and enters its effect into the
ledger. So the rules of the access record are in one place, and no worker needs to know them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from optimized import trace
from optimized.analysis import Access, accuracy, conflict_rate, critical_path
from optimized.configuration import Configuration
from optimized.deadline import Deadline, TimeUp
from optimized.errors import (
    BlockTooLarge,
    ConfigurationError,
    EngineClosed,
    MissingAccessList,
    StepFailed,
    TimeLimitExceeded,
)
from optimized.execution import read_report
from optimized.expectations import Estimator
from optimized.ledger import Effect, Ledger, Value
from optimized.machine import MachineName, described, rejection
from optimized.metrics import Metrics, WorkerMetrics
from optimized.parallel_run import ParallelRun, Run
from optimized.record import OPEN, Step
from optimized.result import Rejection
from optimized.trace import TraceEvent
from optimized.view import StepView

Predictions = Mapping[bytes, Sequence[tuple[int, Value]]]
"""By key, the values that an access list says it has after steps, in rising order (-1 = open, then by index)."""


@dataclass(frozen=True, slots=True)
class PythonResult:
    """What a block did, or why it may not be in a chain. Implements :class:`optimized.result.Result`.

    ``outcomes``, ``receipts``, ``totals`` and ``closing`` are the machine's own.
    """

    metrics: Metrics
    rejection: Rejection | None = None
    outcomes: tuple[Any, ...] = ()
    receipts: tuple[Any, ...] = ()
    totals: Any = None
    closing: Any = None
    changes: Mapping[bytes, Value] = field(default_factory=dict)
    wipes: tuple[bytes, ...] = ()
    steps: tuple[Step, ...] = ()
    trace: tuple[TraceEvent, ...] = ()


class PythonEngine:
    """Runs blocks of one machine, one after another. See :class:`optimized.engine.Engine` for the ways in.

    Raises :class:`MachineError` where the machine is not found, in this process or in a worker.
    """

    def __init__(self, name: MachineName, configuration: Configuration) -> None:
        sequential = configuration.strategy == "sequential"
        if configuration.kind != "processes" and not sequential:
            raise ConfigurationError(
                f"kind = {configuration.kind}: machine {name} is written in Python, which runs one thread at a time;"
                " choose processes"
            )
        self.machine = name.load()
        self.configuration = configuration
        self._estimator = Estimator(self.machine, configuration)
        self._parallel = None if sequential else ParallelRun(name, self.machine, configuration)
        self._closed = False

    def execute(
        self,
        block: Any,
        base: Mapping[bytes, bytes],
        storage: Collection[bytes] | None = None,
        accesses: Sequence[Access | None] | None = None,
        predictions: Predictions | None = None,
    ) -> PythonResult:
        """Run a block on the state ``base``.

        ``storage``: the addresses that have storage there; worked out from ``base`` unless given. ``accesses``: what
        each transaction is expected to read and write, instead of what the estimator says. ``predictions``: what the
        block's access list says, for the strategy `access-list`.

        A rejected block gives a result. Raises an :class:`EngineError` where the block could not be run to its end; the
        engine can run the next one all the same.
        """
        if self._closed:
            raise EngineClosed("the engine is closed: make another")
        if self.configuration.strategy == "access-list" and predictions is None:
            raise MissingAccessList("the strategy access-list needs a block's access list, as predictions")
        started = time.perf_counter()
        job = _Job(self, block, base, storage, Deadline(self.configuration.time_limit))
        run = Run()
        try:
            with job.in_time():
                transactions = job.begin()
                if self._parallel is None:
                    job.execute_one_at_a_time()
                expected = self._expected(block, transactions, accesses)
                opened = job.opened_base() if self._parallel is not None else {}
            if self._parallel is not None:
                run = self._parallel.run(
                    block, transactions, opened, job.storage, expected, predictions or {}, job.deadline
                )
                run.expected = expected
            with job.in_time():
                job.settle_in_order(run.reports)
                job.close()
        except _Rejected as rejected:
            job.rejection = rejected.rejection
        return self._result(job, run, time.perf_counter() - started)

    def close(self) -> None:
        """Give the arena back. The worker processes stay for other engines."""
        self._closed = True
        if self._parallel is not None:
            self._parallel.close()

    def _expected(
        self, block: Any, transactions: Sequence[Any], accesses: Sequence[Access | None] | None
    ) -> Sequence[Access | None]:
        if self.configuration.strategy not in ("locks", "waves"):
            return ()
        if accesses is None:
            return self._estimator.expected(block, transactions)
        if len(accesses) != len(transactions):
            raise ConfigurationError(f"accesses are of {len(accesses)} transactions, the block has {len(transactions)}")
        return accesses

    def _result(self, job: _Job, run: Run, seconds: float) -> PythonResult:
        whole = job.rejection is None
        if whole:
            self._estimator.remember(job.transactions, job.steps)
        metrics = self._metrics(job, run, seconds)
        events = tuple(run.events or job.events) if self.configuration.trace else ()
        if not whole:
            return PythonResult(metrics, job.rejection, trace=events)
        return PythonResult(
            metrics=metrics,
            outcomes=tuple(job.outcomes),
            receipts=tuple(job.receipts),
            totals=job.totals,
            closing=job.closing,
            changes=job.ledger.changes(),
            wipes=job.ledger.wipes(),
            steps=tuple(job.steps) if self.configuration.record else (),
            trace=events,
        )

    def _metrics(self, job: _Job, run: Run, seconds: float) -> Metrics:
        whole = job.rejection is None
        count = len(job.transactions)
        expected = [access or Access((), ()) for access in run.expected]
        workers = run.workers
        if self._parallel is None:
            busy = sum(event.end - event.begin for event in job.events) / 1e9
            workers = [WorkerMetrics(len(job.events), 0, busy)]
        met = accuracy(expected, job.steps) if whole and expected else None
        return Metrics(
            strategy=self.configuration.strategy,
            kind=self.configuration.kind,
            transactions=count,
            seconds=seconds,
            executions=sum(worker.executions for worker in workers),
            suspensions=run.suspensions,
            validations=sum(worker.validations for worker in workers),
            aborts=run.aborts,
            re_executions=tuple(max(0, executions - 1) for executions in run.executions) or (0,) * count,
            waves=run.waves or None,
            average_wave_size=count / run.waves if run.waves else None,
            conflict_rate=conflict_rate(job.steps) if whole else None,
            critical_path=critical_path(job.steps) if whole else None,
            precision=met.precision if met else None,
            recall=met.recall if met else None,
            latency=trace.latencies(run.events or job.events),
            version_reads=run.version_reads,
            base_reads=run.base_reads,
            workers=tuple(workers),
        )


class _Rejected(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection)
        self.rejection = rejection


class _Job:
    """One block on its way through the coordinator: what is settled so far."""

    def __init__(
        self,
        engine: PythonEngine,
        block: Any,
        base: Mapping[bytes, bytes],
        storage: Collection[bytes] | None,
        deadline: Deadline,
    ) -> None:
        self.machine = engine.machine
        self.maximum = engine.configuration.maximum_block
        self.block = block
        self.base = base
        self.read_latency = engine.configuration.read_latency_us / 1e6
        self.loaded: set[bytes] = set()
        self.events: list[TraceEvent] = []
        self.deadline = deadline
        self.step = OPEN
        self.given_storage = storage
        self.storage: Collection[bytes] = ()
        self.transactions: Sequence[Any] = ()
        self.ledger = Ledger(base.get, self.machine.merge, self.machine.storage_owner)
        self.outcomes: list[Any] = []
        self.receipts: list[Any] = []
        self.steps: list[Step] = []
        self.totals: Any = None
        self.closing: Any = None
        self.rejection: Rejection | None = None

    def begin(self) -> Sequence[Any]:
        """Open the block. Gives its transactions."""
        with self._step(OPEN):
            self.transactions = self.machine.transactions(self.block)
            count = len(self.transactions)
            self.storage = self._storage() if self.given_storage is None else self.given_storage
            view = self._view()
            self.machine.open(self.block, view)
            self._enter(OPEN, view.effect())
            self.totals = self.machine.start(self.block)
        if count > self.maximum:
            raise BlockTooLarge(f"the block has {count} transactions, more than maximum_block = {self.maximum}")
        return self.transactions

    def opened_base(self) -> dict[bytes, bytes]:
        """The state after the opening, which all transactions begin from."""
        opened = dict(self.base)
        wiped = set(self.ledger.wipes())
        if wiped:
            for key in [key for key in opened if self.machine.storage_owner(key) in wiped]:
                del opened[key]
        for key, value in self.ledger.changes().items():
            if value is None:
                opened.pop(key, None)
            else:
                opened[key] = value
        return opened

    def execute_one_at_a_time(self) -> None:
        """Execute and settle each transaction on what the ones before it left."""
        for index, transaction in enumerate(self.transactions):
            with self._step(index):
                began = time.monotonic_ns()
                view = self._view(self._slow_value if self.read_latency else self.ledger.value)
                outcome = self.machine.execute(self.block, transaction, view)
                self.events.append(TraceEvent(0, "execute", index, 0, began, time.monotonic_ns(), "done"))
                self._settle(index, outcome, view.effect())

    def settle_in_order(self, reports: Sequence[bytes]) -> None:
        """Settle what the workers have executed, if there were workers."""
        for index, report in enumerate(reports):
            with self._step(index):
                said = read_report(report, index)
                if isinstance(said, Rejection):
                    raise _Rejected(said)
                self._settle(index, *said)

    def close(self) -> None:
        """The step after the last transaction."""
        with self._step(len(self.transactions)):
            view = self._view()
            self.closing = self.machine.close(self.block, tuple(self.receipts), view)
            self._enter(len(self.transactions), view.effect())

    def _settle(self, index: int, outcome: Any, effect: Effect) -> None:
        settled: Any = self.machine.settle(self.block, outcome, self.totals)
        if not isinstance(settled, tuple) or len(settled) != 2:
            raise StepFailed(
                str(index), f"settle is to give a receipt and the new totals, not {type(settled).__name__}"
            )
        receipt, self.totals = settled
        self.outcomes.append(outcome)
        self.receipts.append(receipt)
        self._enter(index, effect)

    def _enter(self, step: int, effect: Effect) -> None:
        """Enter what a step did. A credit that cannot be merged rejects the block, and no transaction of it."""
        try:
            self.steps.append(self.ledger.enter(step, effect))
        except Exception as error:
            rejected = rejection(error, None)
            if rejected is None:
                raise
            raise _Rejected(rejected) from error

    def _slow_value(self, key: bytes) -> Value:
        """The value of a key, after a wait where it is the first read of it, and from the state before the block."""
        holding = self.ledger.holding(key)
        if not holding.source and key not in self.loaded:
            self.loaded.add(key)
            time.sleep(self.read_latency)
        return holding.value

    def _view(self, observe: Callable[[bytes], Value] | None = None) -> StepView:
        return StepView(observe or self.ledger.value, self.machine.storage_owner, self.machine.merge, self.storage)

    def _storage(self) -> set[bytes]:
        owners = {self.machine.storage_owner(key) for key in self.base}
        return {owner for owner in owners if owner is not None}

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """End what the machine does in this process when the block's time is up."""
        try:
            with self.deadline.enforced():
                yield
        except TimeUp:
            transaction = 0 <= self.step < len(self.transactions)
            where = "" if transaction else f" (step {self._name(self.step)})"
            raise TimeLimitExceeded(self.deadline.seconds, (self.step,) if transaction else (), where) from None

    def _name(self, step: int) -> str:
        return "open" if step == OPEN else "close" if step == len(self.transactions) else str(step)

    @contextmanager
    def _step(self, step: int) -> Iterator[None]:
        """Turn whatever the machine raises into what it means."""
        self.step = step
        try:
            yield
        except (KeyboardInterrupt, TimeUp, StepFailed, _Rejected):
            raise
        except BaseException as error:
            rejected = rejection(error, step if 0 <= step < len(self.transactions) else None)
            if rejected is not None:
                raise _Rejected(rejected) from error
            raise StepFailed(self._name(step), described(error)) from error
