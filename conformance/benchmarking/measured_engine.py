"""What is measured: somebody who executes one prepared block, again and again, and says how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

SEQUENTIAL: Final = "sequential"
SPEC: Final = "spec"


@dataclass(frozen=True, slots=True)
class Figures:
    """How an engine went about a block, as far as it says; None where it does not, or where that has no meaning.

    ``latency_us`` are the 50th, 95th and 99th percentile of the microseconds from the first start of a transaction to
    its commit; ``executions_by_worker`` counts executions, repeated ones included. ``conflict_rate`` is the share of
    transactions that read what an earlier one of the block wrote; ``runtime_conflicts`` how often that stopped an
    execution or undid one.
    """

    executions: int | None = None
    aborts: int | None = None
    runtime_conflicts: int | None = None
    conflict_rate: float | None = None
    waves: int | None = None
    average_wave: float | None = None
    precision: float | None = None
    recall: float | None = None
    latency_us: tuple[float, float, float] | None = None
    executions_by_worker: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One execution of the block: how many seconds it took, and what the engine says about it."""

    seconds: float
    figures: Figures = Figures()


class MeasuredEngine(Protocol):
    """Somebody who executes a block. All that can be done before the clock starts has been done."""

    @property
    def id(self) -> str:
        """The engine's id."""

    @property
    def strategy(self) -> str:
        """How it orders its work."""

    @property
    def kind(self) -> str:
        """What its workers are: ``threads`` or ``processes``; nothing for the specification."""

    @property
    def workers(self) -> int:
        """How many it has."""

    def turn(self) -> Turn:
        """Execute the block once. May be called from any thread, and for different engines at the same time."""

    def close(self) -> None:
        """Give back what it holds."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A block that engines execute: its name, how many transactions it has and the gas that they use together."""

    name: str
    transactions: int
    gas: int


MakeCopies = Callable[[int], list[MeasuredEngine]]
"""So many sequential engines of the same block that share nothing: what the ceiling is measured with."""
