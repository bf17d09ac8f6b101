"""Machines written in Python, run by worker processes over the versioned memory.

The coordinator is the caller's process. It opens the block, puts it into the arena, waits until the workers have
executed every transaction, and then goes through them in block order: settles each and enters its effect into the
ledger. So the rules of the access record are in one place, and no worker needs to know them.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from samestate.optimized import trace
from samestate.optimized.analysis import Access, accuracy, conflict_rate, critical_path
from samestate.optimized.configuration import Configuration, without_adaptive
from samestate.optimized.errors import (
    ConfigurationError,
    EngineClosed,
    EngineError,
    MissingAccessList,
)
from samestate.optimized.metrics import Metrics, WorkerMetrics
from samestate.optimized.processes.coordinator import Coordinator, Rejected
from samestate.optimized.processes.expectations import Estimator
from samestate.optimized.processes.ledger import Value
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.parallel_run import ParallelRun, WorkDone
from samestate.optimized.record import Step
from samestate.optimized.result import Rejection
from samestate.optimized.trace import TraceEvent

Predictions = Mapping[bytes, Sequence[tuple[int, Value]]]
"""By key, the values that an access list says it has after steps, in rising order (-1 = open, then by index)."""


@dataclass(frozen=True, slots=True)
class PythonResult:
    """What a block did, or why it may not be in a chain. Implements :class:`samestate.optimized.result.Result`.

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
    """Runs blocks of one machine, one after another. See :class:`samestate.optimized.engine.Engine` for the ways in.

    Raises :class:`MachineError` where the machine is not found, in this process or in a worker.
    """

    def __init__(self, name: MachineName, configuration: Configuration) -> None:
        configuration = without_adaptive(configuration)
        sequential = configuration.strategy == "sequential"
        if configuration.kind != "processes" and not sequential:
            raise ConfigurationError(
                f"kind = {configuration.kind}: machine {name} is written in Python, which runs one thread at a time;"
                " choose processes"
            )
        self.machine = name.load()
        self.configuration = configuration
        self._estimator = Estimator(self.machine, configuration)
        self._asking = f"the estimator {configuration.estimator}"
        self._parallel = None if sequential else ParallelRun(name, configuration)
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
        job = Coordinator(self.machine, block, base, storage, self.configuration)
        run = WorkDone()

        def before() -> tuple[Sequence[Any], Sequence[Access | None], dict[bytes, bytes]]:
            transactions = job.begin()
            with job.doing(self._asking):
                expected = self._expected(block, transactions, accesses)
            return transactions, expected, job.opened_base() if self._parallel is not None else {}

        def after() -> None:
            if self._parallel is None:
                job.execute_one_at_a_time()
            else:
                job.settle_in_order(run.reports)
            job.close()
            if run.unmerged:
                raise EngineError(f"merge failed in a worker, but not here: {run.unmerged}")
            with job.doing(self._asking):
                self._estimator.remember(job.transactions, job.steps)

        try:
            transactions, expected, opened = job.in_time(before)
            if self._parallel is not None:
                run = self._parallel.run(
                    block, transactions, opened, job.storage, expected, predictions or {}, job.deadline
                )
                run.expected = expected
            job.in_time(after)
        except Rejected as rejected:
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

    def _result(self, job: Coordinator, run: WorkDone, seconds: float) -> PythonResult:
        metrics = self._metrics(job, run, seconds)
        events = tuple(run.events or job.events) if self.configuration.trace else ()
        if job.rejection is not None:
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

    def _metrics(self, job: Coordinator, run: WorkDone, seconds: float) -> Metrics:
        whole = job.rejection is None
        count = len(job.transactions)
        expected = [access or Access((), ()) for access in run.expected]
        workers = run.workers
        if self._parallel is None:
            busy = sum(event.end - event.begin for event in job.events) / 1e9
            workers = [WorkerMetrics(len(job.events), 0, busy)]
        met = accuracy(expected, job.steps) if whole and expected else None
        return Metrics(
            strategy=run.strategy or self.configuration.strategy,
            kind=self.configuration.kind if self._parallel is not None else "none",
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
            reason=run.reason,
            latency=trace.latencies(run.events or job.events),
            version_reads=run.version_reads,
            base_reads=run.base_reads,
            workers=tuple(workers),
        )
