"""The figures of a run: what they are made of, and that they can be written down."""

from __future__ import annotations

import json

from samestate.optimized.analysis import Access, Accuracy, accuracy, conflict_rate, critical_path
from samestate.optimized.metrics import Latency, Metrics, WorkerMetrics, latency, percentile
from samestate.optimized.record import Read, Step

ONE = b"\x01"

STEPS = (
    Step(-1, writes={b"o": ONE}),
    Step(0, reads={b"o": Read(ONE, (-1,))}, writes={b"a": ONE}, credits={b"c": 1}),
    Step(1, reads={b"a": Read(ONE, (0,))}, credits={b"c": 1}),
    Step(2, reads={b"c": Read(ONE, (0, 1))}),
    Step(3),
    Step(4, reads={b"a": Read(ONE, (0,))}),
)
"""The first reads what the opening wrote; the second what the first wrote; the third what both credited."""


def test_a_conflict_is_reading_what_an_earlier_transaction_wrote() -> None:
    assert conflict_rate(STEPS) == 1 / 4
    assert conflict_rate((Step(-1), Step(0))) == 0.0


def test_the_critical_path_counts_transactions_only() -> None:
    assert critical_path(STEPS) == 3
    assert critical_path(STEPS, [5, 1, 1, 100]) == 100
    assert critical_path((Step(-1), Step(0))) == 0


def test_precision_and_recall_of_what_was_expected() -> None:
    expected = (Access((b"o",), (b"a", b"x")), Access((), ()), Access((b"c", b"y"), ()), Access((), ()))
    met, foreseen, occurred = 3, 5, 4
    assert accuracy(expected, STEPS) == Accuracy(met / foreseen, met / occurred)
    nothing = [Access((), ())] * 4
    assert accuracy(nothing, STEPS) == Accuracy(None, 0.0)
    assert accuracy(nothing[:1], (Step(-1), Step(0), Step(1))) == Accuracy(None, None)


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, percent) for percent in (0, 50, 95, 99, 100)] == [1, 50, 95, 99, 100]
    assert percentile([7.0], 99) == 7.0
    assert latency(values) == Latency(50, 95, 99)
    assert latency(()) is None


def test_metrics_can_be_written_down() -> None:
    metrics = Metrics(
        strategy="block-stm",
        kind="processes",
        transactions=4,
        seconds=0.5,
        executions=6,
        suspensions=1,
        aborts=1,
        re_executions=(0, 2, 0, 0),
        critical_path=2,
        latency=Latency(1, 2, 3),
        workers=(WorkerMetrics(4, 3, 0.4), WorkerMetrics(2, 1, 0.3)),
    )
    written = json.loads(metrics.as_json())
    assert written["runtime_conflicts"] == 2
    assert written["critical_path_limit"] == 2.0
    assert written["transactions_per_second"] == 8.0
    assert written["latency"] == {"p50": 1, "p95": 2, "p99": 3}
    assert written["workers"][1] == {"executions": 2, "validations": 1, "busy_seconds": 0.3}
    assert written["precision"] is None
    assert Metrics("sequential", "threads", 0, 0.0).as_dict()["transactions_per_second"] is None
