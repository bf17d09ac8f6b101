"""Watching a session from outside: its metrics for Prometheus, and its events as lines of JSON."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from samestate.conformance.checking.session import Session
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.fixtures.archives import size_of
from samestate.conformance.metering.endpoint import MetricsEndpoint
from samestate.conformance.metering.tally import MetricTally
from samestate.conformance.output.log import Pace, is_json, tell

if TYPE_CHECKING:
    from samestate.conformance.checking.caching.cache import ResultCache


class NewVerdicts:
    """The verdicts of a session that came since the last time."""

    def __init__(self) -> None:
        self._seen = 0

    def of(self, session: Session) -> list[Verdict]:
        """They, once."""
        start, self._seen = self._seen, len(session.verdicts)
        return session.verdicts[start:]


class SessionMetrics:
    """Gives what a session comes to to an endpoint. A :data:`samestate.conformance.checking.session.Watch`.

    ``cache``: that of the run, if it has one.
    """

    def __init__(
        self, endpoint: MetricsEndpoint, paths: Iterable[Path], jobs: int, cache: ResultCache | None = None
    ) -> None:
        self._endpoint = endpoint
        self._new = NewVerdicts()
        self._cache = None if cache is None else CacheMetrics(cache)
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
            if self._cache is not None and verdict.result is not Result.ERROR:
                found = "miss" if verdict.cached is None else "hit"
                tally.add("samestate_cache_results_total", engine=verdict.engine, found=found)
        if self._cache is not None:
            self._cache.enter(tally)
        self._endpoint.take(tally)

    def finish(self) -> None:
        """The work is over, and what waited to be kept is written: say how the cache is left."""
        if self._cache is not None:
            tally = MetricTally()
            self._cache.enter(tally, with_size=True)
            self._endpoint.take(tally)


class CacheMetrics:
    """What came of a cache since the last time, but for hits and misses, which verdicts say."""

    def __init__(self, cache: ResultCache) -> None:
        self._cache = cache
        self._damaged = 0
        self._evicted = 0
        self._pace = Pace()

    def enter(self, tally: MetricTally, with_size: bool = False) -> None:
        """Enter it into a tally; the size now and then, and ``with_size`` in any case, since it is read of the file."""
        store = self._cache.store
        tally.add("samestate_cache_damaged_entries_total", store.damaged - self._damaged)
        tally.add("samestate_cache_evicted_entries_total", store.evicted - self._evicted)
        self._damaged, self._evicted = store.damaged, store.evicted
        if with_size or self._pace.is_due():
            tally.set("samestate_cache_size_bytes", store.size())
            tally.set("samestate_cache_limit_bytes", store.most)


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
