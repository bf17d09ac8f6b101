"""Profiling a case: each of its blocks by its machine's profiler, and by the strategies whose conflicts show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from samestate.conformance.engines.names import SEQUENTIAL
from samestate.conformance.engines.optimized import THREADS
from samestate.conformance.engines.optimized.engine import OptimizedEngine, make_optimized_engine
from samestate.conformance.metering.advice import RunFigures, advise
from samestate.conformance.profiling.block_profile import BlockProfile, MachineProfile
from samestate.conformance.profiling.conflicts import STRATEGIES, ConflictCounter
from samestate.conformance.profiling.evm import profile_evm
from samestate.conformance.profiling.toy import profile_toy
from samestate.conformance.vectors.machines import machine_called
from samestate.optimized.metrics import Metrics
from samestate.spec.evm.machine import Evm
from samestate.spec.toy.machine import Toy

EVM, SVM, TOY = "evm", "svm", "toy"
UNITS: Final = {EVM: "gas", SVM: "compute units", TOY: "gas"}
TIMES: Final = 3
"""How often a block is executed to know how long it takes: the quickest counts."""


@dataclass(slots=True)
class ProfilingRun:
    """Executes blocks one after another and keeps the profile of each. ``weight``: of trees, gas or time.

    ``strategy`` and ``workers``: the run whose bottleneck is named. A context manager, which closes its engines.
    """

    workers: int
    weight: str = "gas"
    strategy: str = "block-stm"
    profiles: list[BlockProfile] = field(default_factory=list)
    _engines: dict[tuple[str, int, bool], OptimizedEngine] = field(default_factory=dict)

    def apply(self, machine: Any, block: Any, state: Any) -> Any:
        """Profile a block, and give the specification's result of it. Raises Rejection and EngineFailure."""
        name = name_of(machine)
        result, quickest = self._run(self.strategy, machine, block, state, TIMES)
        counter = ConflictCounter(machine_called(name).codec)
        transactions = len(result.outcomes)
        counter.count_reads(result.steps, transactions)
        for strategy in STRATEGIES:
            engine = self._engine(strategy, self.workers)
            engine.trace.clear()
            engine.apply(machine, block, state)
            counter.count_events(strategy, engine.trace)
        found = self._found(name, machine, block, state, result)
        figures = RunFigures(
            quickest,
            self.workers,
            found.gas,
            base_reads=sum(not read.source for step in result.steps for read in step.reads.values()),
            sender_seconds=found.sender_seconds,
        )
        self.profiles.append(
            BlockProfile(
                name,
                UNITS[name],
                transactions,
                quickest.seconds,
                found,
                counter.hottest(),
                advise(figures),
                (f"The block took {quickest.seconds * 1000:.2f} ms by {quickest.strategy}, {self.workers} workers.",),
            )
        )
        return result

    def close(self) -> None:
        """Give back what the engines hold."""
        while self._engines:
            self._engines.popitem()[1].close()

    def _found(self, name: str, machine: Any, block: Any, state: Any, result: Any) -> MachineProfile:
        if name == EVM:
            return profile_evm(machine, block, state, self.weight)
        engine = self._engine("block-stm", 1)
        engine.trace.clear()
        engine.apply(machine, block, state)
        if name == SVM:
            from samestate.conformance.profiling.svm import profile_svm  # nobody else's

            return profile_svm(block, result, engine.trace)
        return profile_toy(block, state, engine.trace)

    def _run(self, strategy: str, machine: Any, block: Any, state: Any, times: int) -> tuple[Any, Metrics]:
        """The result of a block, and the metrics of its quickest execution."""
        engine = self._engine(strategy, 1 if strategy == SEQUENTIAL else self.workers, is_traced=False)
        noted: list[Metrics] = []
        with engine.told(lambda _, metrics: noted.append(metrics)):
            results = [engine.apply(machine, block, state) for _ in range(times)]
        return results[-1], min(noted, key=lambda metrics: metrics.seconds)

    def _engine(self, strategy: str, workers: int, is_traced: bool = True) -> OptimizedEngine:
        key = strategy, workers, is_traced
        if key not in self._engines:
            self._engines[key] = make_optimized_engine(
                strategy, THREADS, workers, trace=is_traced, run_length=1 if is_traced else None
            )
        return self._engines[key]


def name_of(machine: Any) -> str:
    """The name of one of the specification's machines."""
    return EVM if isinstance(machine, Evm) else TOY if isinstance(machine, Toy) else SVM
