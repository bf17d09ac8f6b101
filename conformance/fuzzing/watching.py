"""Watching a search from outside: its metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence

from samestate.conformance.fuzzing.finding import Finding
from samestate.conformance.fuzzing.panel import SeedOutcome
from samestate.conformance.fuzzing.search import SearchWatch
from samestate.conformance.metering.endpoint import MetricsEndpoint
from samestate.conformance.metering.tally import MetricTally


class SearchMetrics:
    """Gives what a search comes to to an endpoint, and passes it on to another watch."""

    def __init__(self, endpoint: MetricsEndpoint, watch: SearchWatch, processes: int) -> None:
        self._endpoint = endpoint
        self._watch = watch
        begun = MetricTally()
        begun.set("samestate_run_processes", processes)
        endpoint.take(begun)

    def passed(self, outcomes: Sequence[SeedOutcome]) -> None:
        """See :class:`samestate.conformance.fuzzing.search.SearchWatch`, here and below."""
        for outcome in outcomes:
            self._endpoint.take(tally_of(outcome))
        self._watch.passed(outcomes)

    def shrinking(self, finding: Finding) -> None:
        self._watch.shrinking(finding)


def tally_of(outcome: SeedOutcome) -> MetricTally:
    """What the block of a seed adds to the metrics of a search."""
    tally = MetricTally() if outcome.metered is None else outcome.metered.copy()
    tally.add("samestate_seeds_total", fork=outcome.fork)
    tally.add("samestate_seed_transactions_total", outcome.transactions, fork=outcome.fork)
    wrong = {name for name, _, _ in outcome.found}
    answers = [(name, "wrong" if name in wrong else "right") for name in outcome.executed]
    answers += [(name, "skipped") for name, _ in outcome.skipped]
    answers += [(name, "known") for name, _ in outcome.known]
    for name, answer in answers:
        tally.add("samestate_seed_answers_total", engine=name, answer=answer)
    return tally
