"""What became of a case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Result(Enum):
    """The three ends of a case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one case. ``reason`` says what differs where it failed, and why where it was skipped.

    ``checks`` names what was compared, ``kind`` the form of the case, ``engine`` who ran it.
    """

    id: str
    result: Result
    reason: str = ""
    fork: str = ""
    checks: tuple[str, ...] = ()
    kind: str = ""
    engine: str = "spec"
