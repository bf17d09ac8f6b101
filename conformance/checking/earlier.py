"""What earlier runs have done, of which this one need not do all again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from samestate.conformance.checking.caching.cache import ResultCache
    from samestate.conformance.checking.journal import ResumeJournal
    from samestate.conformance.checking.report import DocumentReport
    from samestate.conformance.checking.task import DocumentTask


def _nothing() -> None:
    """There is nothing to prepare."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The ``journal`` of an interrupted run that goes on, and the ``cache`` of any runs, where there are such.

    ``prepare`` is called before each document that is executed nevertheless, and the first time does what that takes.
    """

    journal: ResumeJournal | None = None
    cache: ResultCache | None = None
    prepare: Callable[[], None] = _nothing

    def add(self, task: DocumentTask, report: DocumentReport) -> None:
        """A document was executed: whoever keeps results may keep these."""
        if self.journal is not None:
            self.journal.add(task, report)
        if self.cache is not None:
            self.cache.add(task, report)


NOTHING_EARLIER: Final = Earlier()
