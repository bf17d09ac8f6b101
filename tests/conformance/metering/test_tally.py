"""Values of metrics: what they add up to, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from samestate.conformance.metering import meter
from samestate.conformance.metering.catalogue import BY_NAME, DEFINITIONS, MetricKind
from samestate.conformance.metering.meter import enter_block
from samestate.conformance.metering.tally import MetricTally
from samestate.optimized.metrics import Metrics, WorkerMetrics

LABELS = {"engine": "optimized:locks", "machine": "toy", "strategy": "locks"}
SAMPLE = tuple(LABELS.values())


def test_counters_add_up_and_gauges_take_the_last() -> None:
    one, two = MetricTally(), MetricTally()
    one.add("samestate_blocks_total", **LABELS)
    two.add("samestate_blocks_total", 2, **LABELS)
    one.set("samestate_run_processes", 1)
    two.set("samestate_run_processes", 4)
    one.merge(pickle.loads(pickle.dumps(two)))
    assert one.counters == {("samestate_blocks_total", SAMPLE): 3}
    assert one.gauges == {("samestate_run_processes", ()): 4}


def test_a_bucket_holds_what_is_at_most_its_bound() -> None:
    bounds = BY_NAME["samestate_conflict_ratio"].buckets
    tally = MetricTally()
    for value in (0.0, bounds[1], bounds[1] + 0.001, 1.0):
        tally.observe("samestate_conflict_ratio", value, **LABELS)
    tally.merge(tally.copy())
    found = tally.distributions["samestate_conflict_ratio", SAMPLE]
    assert found.counts[:3] == [2, 2, 2]
    assert found.counts[-2:] == [2, 0]
    assert sum(found.counts) == 8


def test_what_is_merged_does_not_change_with_its_source() -> None:
    source, target = MetricTally(), MetricTally()
    source.observe("samestate_conflict_ratio", 0.5, **LABELS)
    target.merge(source)
    target.merge(source)
    assert sum(source.distributions["samestate_conflict_ratio", SAMPLE].counts) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tally: tally.add("samestate_nothing_total"), "there is no counter samestate_nothing_total"),
        (lambda tally: tally.set("samestate_blocks_total", 1, **LABELS), "there is no gauge samestate_blocks_total"),
        (lambda tally: tally.add("samestate_blocks_total", -1, **LABELS), "a counter only grows"),
        (lambda tally: tally.add("samestate_blocks_total", engine="x"), "has the labels engine, machine, strategy"),
    ],
)
def test_what_is_not_in_the_catalogue_is_refused(change: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        change(MetricTally())  # type: ignore[operator]


def test_names_follow_the_conventions() -> None:
    assert len(BY_NAME) == len(DEFINITIONS)
    for definition in DEFINITIONS:
        assert definition.name.startswith("samestate_")
        assert definition.name.endswith("_total") == (definition.kind is MetricKind.COUNTER)
        assert bool(definition.buckets) == (definition.kind is MetricKind.HISTOGRAM)
        assert list(definition.buckets) == sorted(set(definition.buckets))
        assert definition.help.endswith(".")


def test_the_page_has_the_catalogue() -> None:
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `samestate_")]
    assert rows == [
        f"| `{each.name}` | {each.kind.value} | {', '.join(each.labels)} | {each.help} |" for each in DEFINITIONS
    ]


def test_a_block_is_entered_as_its_engine_tells_it() -> None:
    tally = MetricTally()
    workers = (WorkerMetrics(3, 2, 0.5), WorkerMetrics(4, 1, 0.25))
    metrics = Metrics(
        "locks",
        "threads",
        5,
        0.75,
        executions=7,
        suspensions=1,
        aborts=1,
        re_executions=(0, 2),
        conflict_rate=0.4,
        critical_path=3,
        workers=workers,
    )
    enter_block(tally, "optimized:adaptive", "toy", metrics)
    labels = ("optimized:adaptive", "toy", "locks")
    assert tally.counters["samestate_executions_total", labels] == 7
    assert tally.counters["samestate_re_executions_total", labels] == 2
    assert tally.counters["samestate_worker_busy_seconds_total", (*labels, "1")] == 0.25
    assert tally.distributions["samestate_block_duration_seconds", labels].total == 0.75
    assert tally.distributions["samestate_critical_path_transactions", labels].total == 3
    assert ("samestate_base_reads_total", labels) not in tally.counters  # what is not known is not 0


def test_a_meter_that_is_off_keeps_nothing() -> None:
    meter.note_block("x", "toy", Metrics("locks", "threads", 1, 0.1))
    assert meter.take() is None
    meter.start()
    try:
        meter.note_block("x", "toy", Metrics("locks", "threads", 1, 0.1))
        taken = meter.take()
        assert taken is not None and taken.counters["samestate_blocks_total", ("x", "toy", "locks")] == 1
        assert not meter.take()
    finally:
        meter.stop()
