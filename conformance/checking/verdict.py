"""What became of a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Result(Enum):
    """The ends of a case: it passed, it failed, it was not run; and of a document that cannot be used: an error."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one case. ``reason`` says what differs where it failed, and why where it was skipped.

    Where a document cannot be used, ``id`` is its place, and ``reason`` says what is wrong with it.

    ``checks`` names what was compared, ``kind`` the form of the case, ``engine`` who ran it. ``note`` says what is odd
    about the case itself, and counts neither for nor against the engine. ``hazards`` are what a vector is about, by id.
    ``seconds`` is how long it ran, where it
    did: a measurement, by which no two verdicts differ.
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
