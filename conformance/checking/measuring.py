"""What is measured beside the verdicts, in every process that checks documents."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.metering import meter


@dataclass(frozen=True, slots=True)
class Measures:
    """Which ``rules`` cases reach, and the ``metrics`` of engines' blocks: each where it is wanted."""

    rules: bool = False
    metrics: bool = False

    def start(self) -> None:
        """Measure from now on, in this process."""
        if self.rules:
            from samestate.conformance.checking import coverage  # which looks at all of the specification

            coverage.start()
        if self.metrics:
            meter.start()

    def attach(self, report: DocumentReport) -> DocumentReport:
        """The report, with what has been measured since the last one."""
        if self.rules:
            from samestate.conformance.checking import coverage

            report = coverage.attach(report)
        return dataclasses.replace(report, metered=meter.take()) if self.metrics else report


NOTHING_MEASURED: Final = Measures()
