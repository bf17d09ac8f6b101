"""Who is measured on which block: from the options of `samestate bench` to engines that are ready."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, Figures, MeasuredEngine, Prepared
from samestate.conformance.benchmarking.measured_engines import (
    MeasuredOptimized,
    MeasuredSpecification,
    ProcessCopy,
    figures_of,
)
from samestate.conformance.benchmarking.report import Apart
from samestate.conformance.benchmarking.svm_work import svm_work
from samestate.conformance.benchmarking.work import Work
from samestate.conformance.benchmarking.workloads import evm_work, toy_work
from samestate.conformance.engines.names import ADAPTIVE, choose_engines
from samestate.conformance.engines.optimized import THREADS
from samestate.conformance.engines.optimized.engine import machines_of, refuses_fallback
from samestate.conformance.errors import InputError
from samestate.conformance.metering.advice import Advice, RunFigures, advise
from samestate.conformance.vectors import evm, svm, toy
from samestate.conformance.vectors.machines import MACHINES
from samestate.optimized import load
from samestate.optimized.errors import ConfigurationError
from samestate.optimized.metrics import Metrics
from samestate.optimized.processes.machine import MachineName

WORKERS: Final = (2,)
TIMES: Final = 3
OPTIMIZED: Final = "optimized:"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """What an execution with a record tells: its metrics, gas by transaction where there is any, base reads."""

    metrics: Metrics
    gas: tuple[int, ...]
    base_reads: int


def recorded_run(result: Any) -> RecordedRun:
    """What a result with a record tells."""
    outcomes = result.outcomes if result.outcomes and hasattr(result.outcomes[0], "gas_used") else result.receipts
    gas = tuple(each.gas_used for each in outcomes if hasattr(each, "gas_used"))
    return RecordedRun(
        result.metrics, gas, sum(not read.source for step in result.steps for read in step.reads.values())
    )


@dataclass(slots=True)
class Lineup:
    """Measured engines on one block."""

    work: Work
    kind: str
    engines: list[MeasuredEngine]
    optimized: list[MeasuredOptimized]
    recorded: dict[tuple[str, str], RecordedRun] = field(default_factory=dict)

    @property
    def prepared(self) -> Prepared:
        """The block."""
        return self.work.prepared

    def make_copies(self, count: int) -> list[MeasuredEngine]:
        """Sequential engines that share nothing: threads, or processes where the interpreter would be shared."""
        sequential = self.optimized[0]
        if self.kind == THREADS:
            return [replace(sequential, made=None) for _ in range(count)]
        assert isinstance(sequential.machine, MachineName)
        return [ProcessCopy(sequential.machine, sequential.configuration, sequential.block) for _ in range(count)]

    def facts(self) -> dict[str, Figures]:
        """By strategy, what only the access record tells: from one more execution, unmeasured."""
        return {engine.strategy: figures_of(self._recorded(engine).metrics) for engine in self.optimized}

    def advice(self) -> dict[str, tuple[Advice, ...]]:
        """By engine, the bottleneck that its figures name: those of its last turn, and what that execution tells."""
        return {
            f"{engine.id}, {engine.workers} worker{'s' * (engine.workers != 1)}": advise(self._run_figures(engine))
            for engine in self.optimized
            if engine.strategy != SEQUENTIAL
        }

    def _run_figures(self, engine: MeasuredOptimized) -> RunFigures:
        recorded = self._recorded(engine)
        metrics = engine.metrics or recorded.metrics
        facts = recorded.metrics
        metrics = replace(metrics, critical_path=facts.critical_path, conflict_rate=facts.conflict_rate)
        latency = engine.configuration.read_latency_us / 1e6
        return RunFigures(metrics, engine.workers, recorded.gas, recorded.base_reads, latency)

    def _recorded(self, engine: MeasuredOptimized) -> RecordedRun:
        """What one more execution tells that keeps its record."""
        key = engine.strategy, str(engine.workers)
        if key not in self.recorded:
            self.recorded[key] = recorded_run(engine.result(record=True, read_latency_us=0.0))
        return self.recorded[key]

    def apart(self) -> Apart:
        """What belongs to no engine's time."""
        result = self.optimized[0].result(record=False)
        return Apart(
            encode_ms=milliseconds(self.work.encode[self.kind]),
            decode_ms=milliseconds(lambda: (list(result.receipts), dict(result.changes))),
            root_ms=milliseconds(self.work.root),
            access_list_ms=self.work.access_list_ms if self.needs_access_list() else None,
        )

    def needs_access_list(self) -> bool:
        """Whether anybody starts from the block's access list."""
        return any(engine.strategy == "access-list" for engine in self.optimized)

    def trace(self) -> Any:
        """The schedule of one more execution by the last engine."""
        return self.optimized[-1].result(trace=True).trace

    def close(self) -> None:
        """Give back what the engines hold."""
        for engine in self.engines:
            engine.close()


def line_up(work: Work, names: Sequence[str], counts: Sequence[int], record: bool, read_latency_us: float) -> Lineup:
    """Engines for a block: the sequential one first, then the others with each number of workers, the specification.

    Raises InputError where an engine cannot be measured, or engines with different workers are mixed.
    """
    kind, strategies = chosen(work.machine, names)
    suffix = "" if kind == THREADS else f"@{kind}"

    def measured(strategy: str, workers: int) -> MeasuredOptimized:
        try:
            configuration = load(
                workers=workers,
                strategy=strategy,
                kind=kind,
                record=record,
                read_latency_us=read_latency_us,
                no_fallback=refuses_fallback(),
            )
        except ConfigurationError as error:
            raise InputError(f"bench: {error}") from error
        machine, block, named = work.input(kind, strategy)
        return MeasuredOptimized(f"{OPTIMIZED}{strategy}{suffix}", machine, configuration, block, named)

    optimized = [measured(SEQUENTIAL, 1)]
    optimized += [
        measured(strategy, count) for strategy in strategies if strategy != SEQUENTIAL for count in counts or WORKERS
    ]
    return Lineup(work, kind, [*optimized, MeasuredSpecification(work.specification)], optimized)


def chosen(machine: str, names: Sequence[str]) -> tuple[str, list[str]]:
    """The kind of workers, and the strategies, that engine names stand for; where there is none, all on threads."""
    ids = choose_engines(names or [f"{OPTIMIZED}*"])
    if not names:  # what `adaptive` comes to on a machine that does not have it is measured already
        left_out = f"{OPTIMIZED}{ADAPTIVE}" if machine == toy.NAME else None
        ids = [
            id for id in ids if id != left_out and "@" not in id and machine in machines_of(THREADS, strategy_of(id))
        ]
    kinds = set()
    strategies = []
    for id in ids:
        if not id.startswith(OPTIMIZED):
            raise InputError(f"--engine {id}: only engines of `optimized` are measured; the specification always is")
        strategy, suffix = strategy_of(id), id.partition("@")[2]
        kinds.add(suffix or THREADS)
        strategies.append(strategy)
    if len(kinds) > 1:
        raise InputError("--engine: threads and processes have baselines of their own: measure one kind at a time")
    (kind,) = kinds
    for id, strategy in zip(ids, strategies, strict=True):
        if machine not in machines_of(kind, strategy):
            raise InputError(f"--engine {id}: has no machine {machine}")
    return kind, strategies


def strategy_of(id: str) -> str:
    """The strategy that the name of an engine says."""
    return id.removeprefix(OPTIMIZED).partition("@")[0]


def make_work(machine: str, preset: str, conflict: float | None, hot_key: bool, seed: int) -> Work:
    """The block that the options describe. Raises InputError."""
    if conflict is not None and not 0 <= conflict <= 1:
        raise InputError(f"--conflict {conflict:g}: must be between 0 and 1")
    if conflict is not None and hot_key:
        raise InputError("--hot-key has every transaction conflict: --conflict cannot be given with it")
    if machine == toy.NAME:
        return toy_work(preset, conflict, hot_key, seed)
    if machine == evm.NAME:
        return evm_work(preset, conflict, hot_key, seed)
    if machine == svm.NAME:
        return svm_work(preset, conflict, hot_key, seed)
    raise InputError(f"--machine {machine}: must be one of {', '.join(MACHINES)}")


def milliseconds(work: Callable[[], object]) -> float:
    """The median time of some work, of a few times."""
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000
