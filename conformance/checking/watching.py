"""Watching a session from outside: its metrics for Prometheus, and its events as lines of JSON."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from samestate.conformance.checking.session import Session
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.fixtures.archives import size_of
from samestate.conformance.metering.endpoint import MetricsEndpoint
from samestate.conformance.metering.tally import MetricTally
from samestate.conformance.output.log import Pace, is_json, tell


class NewVerdicts:
    """The verdicts of a session that came since the last time."""

    def __init__(self) -> None:
        self._seen = 0

    def of(self, session: Session) -> list[Verdict]:
        """They, once."""
        start, self._seen = self._seen, len(session.verdicts)
        return session.verdicts[start:]


class SessionMetrics:
    """Gives what a session comes to to an endpoint. A :data:`samestate.conformance.checking.session.Watch`."""

    def __init__(self, endpoint: MetricsEndpoint, paths: Iterable[Path], jobs: int) -> None:
        self._endpoint = endpoint
        self._new = NewVerdicts()
        begun = MetricTally()
        begun.set("samestate_run_processes", jobs)
        begun.set("samestate_input_size_bytes", size_of(paths))
        begun.set("samestate_input_read_bytes", 0)
        endpoint.take(begun)

    def __call__(self, done: int, session: Session) -> None:
        """So many bytes are done."""
        tally, session.metered = session.metered, MetricTally()
        tally.set("samestate_input_read_bytes", done)
        for verdict in self._new.of(session):
            tally.add("samestate_cases_total", engine=verdict.engine, result=verdict.result.value)
            if verdict.seconds is not None:
                tally.observe("samestate_case_duration_seconds", verdict.seconds, engine=verdict.engine)
        self._endpoint.take(tally)


class SessionLog:
    """Tells of failures, and now and then how far a session is, as lines of JSON. A watch, too."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._new = NewVerdicts()
        self._counts: Counter[Result] = Counter()
        self._pace = Pace()
        self._start = time.monotonic()
        self._size = size_of(paths) if is_json() else 0

    def __call__(self, done: int, session: Session) -> None:
        """So many bytes are done."""
        for verdict in self._new.of(session):
            self._counts[verdict.result] += 1
            if verdict.result in (Result.FAILED, Result.ERROR):
                tell(
                    verdict.result.value,
                    f"{verdict.id}: {verdict.reason}",
                    "error",
                    id=verdict.id,
                    engine=verdict.engine,
                    fork=verdict.fork,
                    reason=verdict.reason,
                    duration_seconds=verdict.seconds,
                )
        if self._pace.is_due():
            counts = self.counts()
            message = f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped so far"
            tell(
                "progress",
                message,
                "info",
                **counts,
                read_bytes=done,
                size_bytes=self._size,
                duration_seconds=time.monotonic() - self._start,
            )

    def counts(self) -> dict[str, int]:
        """How many cases have ended how."""
        return {result.value: self._counts[result] for result in Result}
