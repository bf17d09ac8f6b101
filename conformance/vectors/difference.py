"""What is told of a difference."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that an engine got wrong: where, both values, and what explains it."""

    where: str
    expected: str
    given: str
    explanation: str = ""

    def __str__(self) -> str:
        lines = [f"{self.where}: expected {self.expected}, the engine gives {self.given}"]
        return "\n".join([*lines, self.explanation] if self.explanation else lines)
