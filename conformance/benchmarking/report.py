"""What was measured, as records for programs and as tables for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rich.table import Table

from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, SPEC, Figures, Prepared
from samestate.conformance.benchmarking.measuring import Comparison, Measured
from samestate.conformance.metering.advice import Advice, advice_lines


@dataclass(frozen=True, slots=True)
class Setting:
    """How a measurement was made: what every output says beside its figures."""

    machine: str
    seed: int
    repeat: int
    record: bool
    read_latency_us: float = 0.0

    def sentence(self) -> str:
        """The setting for people."""
        latency = f", {self.read_latency_us:g} µs for each read of the base state" if self.read_latency_us else ""
        return (
            f"{self.machine}, seed {self.seed}, medians of {self.repeat} interleaved rounds, "
            f"recording of access {'on' if self.record else 'off'}{latency}"
        )


@dataclass(frozen=True, slots=True)
class Apart:
    """What belongs to no engine's time, in milliseconds, each measured by itself.

    ``encode_ms``: making the block into what the engine takes; ``decode_ms``: reading receipts and changes out of the
    result; ``root_ms``: the state root; ``access_list_ms``: making the block's access list, where an engine needs one.
    """

    encode_ms: float | None = None
    decode_ms: float | None = None
    root_ms: float | None = None
    access_list_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A comparison with all that it takes to read it. ``facts``: by strategy, figures that only the record tells.
    ``advice``: what slows each engine, by its name."""

    prepared: Prepared
    setting: Setting
    comparison: Comparison
    apart: Apart
    facts: Mapping[str, Figures] = field(default_factory=dict)
    advice: Mapping[str, Sequence[Advice]] = field(default_factory=dict)

    def spec_ms(self) -> float | None:
        """The specification's time for the block, where it was measured."""
        times = [each.milliseconds for each in self.comparison.measured if each.engine.strategy == SPEC]
        return times[0] if times else None

    def figures_of(self, measured: Measured) -> Figures:
        """What an engine says of its work; what it cannot without a record, from an execution that had one."""
        figures, facts = measured.figures, self.facts.get(measured.engine.strategy, Figures())
        return replace(
            figures,
            conflict_rate=facts.conflict_rate if figures.conflict_rate is None else figures.conflict_rate,
            precision=facts.precision if figures.precision is None else figures.precision,
            recall=facts.recall if figures.recall is None else figures.recall,
        )

    def document(self) -> dict[str, Any]:
        """The report as JSON: under ``results`` a record for each engine."""
        sequential, spec = self.comparison.sequential.milliseconds, self.spec_ms()
        return {
            "machine": self.setting.machine,
            "scenario": self.prepared.name,
            "n_tx": self.prepared.transactions,
            "total_gas": self.prepared.gas,
            "seed": self.setting.seed,
            "repeat": self.setting.repeat,
            "interrupted": self.comparison.interrupted,
            "record": self.setting.record,
            "read_latency_us": self.setting.read_latency_us,
            "ceilings": {str(count): round(ceiling, 3) for count, ceiling in self.comparison.ceilings.items()},
            "spec_ms": rounded(spec),
            "spec_over_sequential": rounded(spec / sequential if spec else None),
            "encode_ms": rounded(self.apart.encode_ms),
            "decode_ms": rounded(self.apart.decode_ms),
            "root_ms": rounded(self.apart.root_ms),
            "access_list_ms": rounded(self.apart.access_list_ms),
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "results": [self.record_of(measured) for measured in self.comparison.measured],
            "advice": {engine: [each.document() for each in found] for engine, found in self.advice.items()},
        }

    def record_of(self, measured: Measured) -> dict[str, Any]:
        """The record of one engine."""
        engine, figures = measured.engine, self.figures_of(measured)
        sequential, milliseconds = self.comparison.sequential.milliseconds, measured.milliseconds
        latency = figures.latency_us or (None, None, None)
        return {
            "scenario": self.prepared.name,
            "n_tx": self.prepared.transactions,
            "engine": engine.id,
            "strategy": engine.strategy,
            "kind": engine.kind,
            "workers": engine.workers,
            "record": self.setting.record,
            "speedup": rounded(sequential / milliseconds),
            "ceiling": rounded(self.comparison.ceilings.get(engine.workers)),
            "sequential_ms": rounded(sequential),
            "parallel_ms": rounded(milliseconds),
            "blocks_per_round": measured.times,
            "parallel_ms_all": [rounded(turn.seconds * 1000) for turn in measured.turns],
            "executions": figures.executions,
            "aborts": figures.aborts,
            "executions_by_worker": list(figures.executions_by_worker),
            "waves": figures.waves,
            "avg_wave_size": rounded(figures.average_wave),
            "conflict_rate": rounded(figures.conflict_rate),
            "runtime_conflicts": figures.runtime_conflicts,
            "precision": rounded(figures.precision),
            "recall": rounded(figures.recall),
            "latency_p50_us": rounded(latency[0]),
            "latency_p95_us": rounded(latency[1]),
            "latency_p99_us": rounded(latency[2]),
            "tx_per_s": round(self.prepared.transactions / milliseconds * 1000),
            "total_gas": self.prepared.gas,
        }

    def lines(self) -> Iterator[str | Table]:
        """What a person reads: the setting, two tables, and what stands apart."""
        yield f"{self.prepared.name}: {self.prepared.transactions} transactions, {self.prepared.gas} gas"
        yield self.setting.sentence()
        if self.comparison.interrupted:
            yield f"interrupted: medians of the {len(self.comparison.sequential.turns)} rounds before"
        yield self.speed_table()
        yield self.work_table()
        yield from self.apart_lines()
        for engine, found in self.advice.items():
            for line in advice_lines(found):
                yield f"{engine}: {line}"

    def speed_table(self) -> Table:
        """Times and speed-ups, each beside the ceiling for so many workers."""
        table = Table("engine", "workers", title="speed")
        for name in ("ms", "speed-up", "ceiling", "of ceiling", "tx/s", "p50 µs", "p95 µs", "p99 µs"):
            table.add_column(name, justify="right")
        sequential = self.comparison.sequential.milliseconds
        for measured in self.comparison.measured:
            ceiling = self.comparison.ceilings.get(measured.engine.workers)
            speedup = sequential / measured.milliseconds
            is_baseline = measured.engine.strategy == SEQUENTIAL
            latency = measured.figures.latency_us or (None, None, None)
            table.add_row(
                measured.engine.id,
                str(measured.engine.workers),
                number(measured.milliseconds),
                "1" if is_baseline else f"{speedup:.2f}" if speedup >= 0.1 else f"{speedup:.4f}",
                number(ceiling, 2),
                f"{speedup / ceiling:.0%}" if ceiling else "",
                f"{self.prepared.transactions / measured.milliseconds * 1000:,.0f}",
                *(number(value, 1) for value in latency),
            )
        return table

    def work_table(self) -> Table:
        """How each engine went about it."""
        table = Table("engine", "workers", title="work")
        for name in (
            "executions",
            "by worker",
            "aborts",
            "run-time conflicts",
            "conflict rate",
            "waves",
            "average",
            "precision",
            "recall",
        ):
            table.add_column(name, justify="right")
        for measured in self.comparison.measured:
            if measured.engine.strategy in (SEQUENTIAL, SPEC):
                continue
            figures = self.figures_of(measured)
            by_worker = [f"{count / sum(figures.executions_by_worker):.0%}" for count in figures.executions_by_worker]
            table.add_row(
                measured.engine.id,
                str(measured.engine.workers),
                number(figures.executions, 0),
                " ".join(by_worker),
                number(figures.aborts, 0),
                number(figures.runtime_conflicts, 0),
                number(figures.conflict_rate, 3),
                number(figures.waves, 0),
                number(figures.average_wave, 1),
                number(figures.precision, 2),
                number(figures.recall, 2),
            )
        return table

    def apart_lines(self) -> Iterator[str]:
        """The specification's time, and what no engine's time includes."""
        apart, spec = self.apart, self.spec_ms()
        if spec is not None:
            ratio = spec / self.comparison.sequential.milliseconds
            yield f"the specification: {spec:.1f} ms, {ratio:.1f} times as long as sequential"
        parts = {
            "encoding the block": apart.encode_ms,
            "reading the result out": apart.decode_ms,
            "state root": apart.root_ms,
            "making the block's access list": apart.access_list_ms,
        }
        told = [f"{what} {milliseconds:.1f} ms" for what, milliseconds in parts.items() if milliseconds is not None]
        if told:
            yield f"apart, in no engine's time: {', '.join(told)}"


def rounded(value: float | None) -> float | None:
    """A figure with as many digits as it is worth."""
    return None if value is None else round(value, 4)


def number(value: float | None, digits: int = 2) -> str:
    """A figure in a table; nothing where there is none."""
    return "" if value is None else f"{value:,.{digits}f}"
