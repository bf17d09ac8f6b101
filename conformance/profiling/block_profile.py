"""The profile of a block, whatever its machine: tables of what was spent on what, a tree of calls, conflicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from samestate.conformance.metering.advice import Advice
from samestate.conformance.profiling.conflicts import HotKey
from samestate.conformance.profiling.flame import FlameNode


@dataclass(slots=True)
class SpentOn:
    """What was spent on one thing: how often, gas (or the machine's units), and seconds where they are known."""

    count: int = 0
    gas: int = 0
    seconds: float | None = None

    def add(self, count: int, gas: int, seconds: float | None = None) -> None:
        """More of it."""
        self.count += count
        self.gas += gas
        if seconds is not None:
            self.seconds = (self.seconds or 0.0) + seconds

    @property
    def weight(self) -> tuple[float, int, int]:
        """What it is ranked by: seconds, else gas, else how often."""
        return (self.seconds or 0.0, self.gas, self.count)


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """What was spent, by name, the most first. ``subject``: what the names are of."""

    subject: str
    rows: tuple[tuple[str, SpentOn], ...]

    @classmethod
    def of(cls, subject: str, spent: dict[str, SpentOn]) -> ProfileTable:
        """The table of these."""
        ranked = sorted(spent.items(), key=lambda item: item[1].weight, reverse=True)
        return cls(subject, tuple(ranked))


@dataclass(frozen=True, slots=True)
class MachineProfile:
    """What a machine's profiler has found out about a block; ``sender_seconds`` as in the advice's figures."""

    tables: tuple[ProfileTable, ...]
    tree: FlameNode | None
    gas: tuple[int, ...]
    sender_seconds: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockProfile:
    """A block's profile. ``unit``: what gas is called on its machine. ``gas``: of each transaction."""

    machine: str
    unit: str
    transactions: int
    seconds: float
    found: MachineProfile
    conflicts: tuple[HotKey, ...] = ()
    advice: tuple[Advice, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """The profile as JSON."""
        return {
            "machine": self.machine,
            "unit": self.unit,
            "transactions": self.transactions,
            "seconds": self.seconds,
            "sender_seconds": self.found.sender_seconds,
            "tables": [
                {
                    "by": table.subject,
                    "rows": [
                        {"name": name, "count": spent.count, "gas": spent.gas, "seconds": spent.seconds}
                        for name, spent in table.rows
                    ],
                }
                for table in self.found.tables
            ],
            "conflicts": [each.document() for each in self.conflicts],
            "advice": [each.document() for each in self.advice],
            "notes": [*self.found.notes, *self.notes],
        }
