"""Who is measured on which block: from the options of `samestate bench` to engines that are ready."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
from samestate.conformance.vectors import evm, svm, toy
from samestate.conformance.vectors.machines import MACHINES
from samestate.optimized import load
from samestate.optimized.errors import ConfigurationError
from samestate.optimized.processes.machine import MachineName

WORKERS: Final = (2,)
TIMES: Final = 3
OPTIMIZED: Final = "optimized:"


@dataclass(slots=True)
class Lineup:
    """Measured engines on one block."""

    work: Work
    kind: str
    engines: list[MeasuredEngine]
    optimized: list[MeasuredOptimized]

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
        return {
            engine.strategy: figures_of(engine.result(record=True, read_latency_us=0.0).metrics)
            for engine in self.optimized
        }

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
