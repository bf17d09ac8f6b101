"""Measured engines: the specification, engines of `optimized` on a prepared block, and copies of the sequential one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import multiprocess

from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, SPEC, Figures, Turn
from samestate.conformance.engines.starting import leave_interrupts_to_the_parent, start_shielded
from samestate.conformance.metering import meter
from samestate.optimized import Configuration, Engine
from samestate.optimized.metrics import Metrics
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.svm.engine import SvmEngine, SvmOptions

END_SECONDS: Final = 5.0
UNSIGNED_SVM: Final = "svm, signatures taken for true"
"""Solana's machine without the stage that verifies signatures."""

Block = tuple[Any, ...]
"""What an engine's `execute` is called with."""


@dataclass
class MeasuredSpecification:
    """The specification, in this process."""

    execute: Callable[[], Any]
    id: str = SPEC
    strategy: str = SPEC
    kind: str = ""
    workers: int = 1

    def turn(self) -> Turn:
        """Execute the block once."""
        start = time.perf_counter()
        self.execute()
        return Turn(time.perf_counter() - start)

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class MeasuredOptimized:
    """An engine of `optimized` with a configuration, and the block that it executes; ``metrics`` of its last turn."""

    id: str
    machine: str | MachineName
    configuration: Configuration
    block: Block
    named: dict[str, Any] = field(default_factory=dict)
    made: Engine | SvmEngine | None = None
    metrics: Metrics | None = None

    @property
    def strategy(self) -> str:
        """How it orders its work."""
        return self.configuration.strategy

    @property
    def kind(self) -> str:
        """What its workers are."""
        return self.configuration.kind

    @property
    def workers(self) -> int:
        """How many it has: one at a time needs but one."""
        return 1 if self.strategy == SEQUENTIAL else self.configuration.workers

    def turn(self) -> Turn:
        """Execute the block once. The engine is made by the first turn, and stays warm."""
        if self.made is None:
            self.made = engine_of(self.machine, self.configuration)
        start = time.perf_counter()
        result = self.made.execute(*self.block, **self.named)
        seconds = time.perf_counter() - start
        if result.rejection is not None:
            raise RuntimeError(f"{self.id}: the block was rejected: {result.rejection}")
        self.metrics = result.metrics
        if meter.is_on():
            meter.note_block(self.id, machine_label(self.machine), result.metrics)
        return Turn(seconds, figures_of(result.metrics))

    def result(self, **settings: Any) -> Any:
        """What a fresh engine gives for the block, under some other settings."""
        with contextlib.closing(engine_of(self.machine, replace(self.configuration, **settings))) as engine:
            return engine.execute(*self.block, **self.named)

    def close(self) -> None:
        """Give the arena back."""
        if self.made is not None:
            self.made.close()
            self.made = None


def machine_label(machine: str | MachineName) -> str:
    """What a machine is called in metrics: its name, or where it is found."""
    return machine.name if isinstance(machine, MachineName) else machine.partition(",")[0]


def engine_of(machine: str | MachineName, configuration: Configuration) -> Any:
    """An engine for a machine, or for Solana's without signatures."""
    if machine == UNSIGNED_SVM:
        return SvmEngine(configuration, SvmOptions(signatures=False))
    return Engine(machine, configuration)


def figures_of(metrics: Metrics) -> Figures:
    """What a report says of a run."""
    latency = metrics.latency
    return Figures(
        executions=metrics.executions,
        aborts=metrics.aborts,
        runtime_conflicts=metrics.runtime_conflicts,
        conflict_rate=metrics.conflict_rate,
        waves=metrics.waves,
        average_wave=metrics.average_wave_size,
        precision=metrics.precision,
        recall=metrics.recall,
        latency_us=None if latency is None else (latency.p50 * 1000, latency.p95 * 1000, latency.p99 * 1000),
        executions_by_worker=tuple(worker.executions for worker in metrics.workers),
    )


class ProcessCopy:
    """The sequential engine on the same block in a process of its own, for machines that run in the interpreter."""

    id, strategy, kind, workers = SEQUENTIAL, SEQUENTIAL, "processes", 1

    def __init__(self, machine: MachineName, configuration: Configuration, block: Block) -> None:
        context = multiprocess.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve_copy, args=(theirs, machine, configuration, block), daemon=True)
        start_shielded(self.process)
        theirs.close()

    def turn(self) -> Turn:
        """Have the block executed once."""
        self.pipe.send(True)
        return Turn(self.pipe.recv())

    def close(self) -> None:
        """End the process."""
        self.pipe.close()
        self.process.join(END_SECONDS)
        self.process.kill()
        self.process.join()


def serve_copy(pipe: Any, machine: MachineName, configuration: Configuration, block: Block) -> None:
    """What the process of a copy does, until its pipe is closed."""
    leave_interrupts_to_the_parent()
    engine = MeasuredOptimized(SEQUENTIAL, machine, configuration, block)
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        pipe.send(engine.turn().seconds)
