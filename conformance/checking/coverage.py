"""Which rules cases reach, report by report."""

from __future__ import annotations

import dataclasses
from typing import Final

from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.rules import marking
from samestate.conformance.vectors.machines import MACHINES, machine_called

_told: Final[set[str]] = set()


def start() -> None:
    """Watch from now on. What ran before, such as imports, does not count.

    Every machine is imported first: only what is there can be marked.
    """
    for name in MACHINES:
        machine_called(name)
    marking.mark()
    marking.reached.clear()
    _told.clear()


def attach(report: DocumentReport) -> DocumentReport:
    """The report, with the rules that were reached since the last one."""
    news = frozenset(marking.reached - _told)
    _told.update(news)
    return dataclasses.replace(report, rules=news)
