"""What became of a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

VECTOR: Final = "vector"
"""The kind of a verdict on a vector."""
BLOCK: Final = "block"
"""The kind of a verdict on a real block."""


class Result(Enum):
    """The ends of a case: it passed, it failed, it was not run; and of a document that cannot be used: an error."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Cached:
    """When a case was executed that was not executed in this run, in UTC, and by which build of its engine."""

    executed: str
    build: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one case. ``reason`` says what differs where it failed, and why where it was skipped.

    Where a document cannot be used, ``id`` is its place, and ``reason`` says what is wrong with it.

    ``checks`` names what was compared, ``kind`` the form of the case, ``engine`` who ran it. ``note`` says what is odd
    about the case itself, and counts neither for nor against the engine. ``hazards`` are what a vector is about, by id.
    ``seconds`` is how long it ran, where it did; ``cached`` says when, where that was an earlier run: by these two no
    two verdicts differ.
    """

    id: str
    result: Result
    reason: str = ""
    fork: str = ""
    checks: tuple[str, ...] = ()
    kind: str = ""
    engine: str = "spec"
    note: str = ""
    hazards: tuple[str, ...] = ()
    seconds: float | None = field(default=None, compare=False)
    cached: Cached | None = field(default=None, compare=False)
