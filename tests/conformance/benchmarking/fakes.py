"""Measured engines whose time is what they are told."""

from __future__ import annotations

from dataclasses import dataclass, field

from samestate.conformance.benchmarking.measured_engine import Figures, MeasuredEngine, Turn


@dataclass
class Fake:
    """Takes so many seconds for a block, in turn, without waiting."""

    strategy: str
    workers: int
    seconds: list[float]
    kind: str = "threads"
    figures: Figures = field(default_factory=Figures)
    log: list[str] = field(default_factory=list)
    turns: int = 0
    closed: bool = False

    @property
    def id(self) -> str:
        return f"optimized:{self.strategy}" + ("@processes" if self.kind == "processes" else "")

    def turn(self) -> Turn:
        self.turns += 1
        self.log.append(f"{self.strategy}{self.workers}")
        return Turn(self.seconds[self.turns % len(self.seconds)], self.figures)

    def close(self) -> None:
        self.closed = True


def lineup(log: list[str] | None = None) -> list[MeasuredEngine]:
    told = log if log is not None else []
    figures = Figures(
        executions=120,
        aborts=20,
        runtime_conflicts=25,
        conflict_rate=0.2,
        latency_us=(10.0, 20.0, 30.0),
        executions_by_worker=(70, 50),
    )
    waves = Figures(executions=100, aborts=0, waves=4, average_wave=25.0, precision=1.0, recall=0.5)
    return [
        Fake("sequential", 1, [0.010], log=told),
        Fake("block-stm", 2, [0.005, 0.006, 0.007], figures=figures, log=told),
        Fake("waves", 2, [0.008], figures=waves, log=told),
        Fake("block-stm", 1, [0.011], log=told),
        Fake("block-stm", 2, [0.02], kind="processes", log=told),
    ]
