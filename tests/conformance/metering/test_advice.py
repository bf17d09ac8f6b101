"""Each advice: given where a block provokes it, not given where it was followed, and then some metric is better."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.advice_followed import CASES
from samestate.conformance.metering.advice import (
    RULES,
    RunFigures,
    StoredReads,
    advice_lines,
    advise,
    makespan,
)
from samestate.optimized.metrics import Metrics, WorkerMetrics

GOOD = RunFigures(
    Metrics(
        "block-stm",
        "threads",
        1000,
        0.1,
        executions=1010,
        suspensions=5,
        aborts=5,
        critical_path=20,
        workers=(WorkerMetrics(505), WorkerMetrics(505)),
    ),
    workers=2,
    gas=(21_000,) * 1000,
    base_reads=3000,
    sender_seconds=0.001,
)
"""A run that is as fast as its block allows."""

BETTER: dict[str, Callable[[RunFigures], float]] = {
    "too small a block": lambda figures: figures.metrics.validations,
    "conflict chain": lambda figures: figures.metrics.validations + figures.metrics.runtime_conflicts,
    "base reads": lambda figures: max(worker.executions for worker in figures.metrics.workers),
    "base reads, on disk": lambda figures: figures.stored.waited if figures.stored is not None else 0.0,
    "sender recovery": lambda figures: figures.sender_seconds or 0.0,
    "commit order": lambda figures: figures.metrics.waves or 0,
    "imbalance": lambda figures: makespan(figures.gas, figures.workers),
}
"""What is less where an advice was followed."""


def names(figures: RunFigures) -> list[str]:
    return [advice.bottleneck for advice in advise(figures)]


def test_every_rule_has_a_block_that_provokes_it() -> None:
    assert set(CASES) == set(BETTER)
    assert len({name.partition(",")[0] for name in CASES}) == len(RULES)


@pytest.mark.parametrize("name", CASES)
def test_an_advice_is_given_and_following_it_changes_the_metrics(name: str) -> None:
    if name.endswith("on disk"):
        pytest.importorskip("lmdb")
    followed = CASES[name]()
    bottleneck = followed.bottleneck
    before, after = followed.before.figures(), followed.after.figures()
    assert name.partition(",")[0] == bottleneck
    assert bottleneck in names(before)
    assert BETTER[name](after) < BETTER[name](before)
    if name != "base reads":  # which are as many as before, but more of them at once
        assert bottleneck not in names(after)


def test_a_run_that_is_as_fast_as_it_can_be_is_left_alone() -> None:
    assert advise(GOOD) == ()


def test_one_worker_is_told_nothing_about_many() -> None:
    alone = replace(GOOD, workers=1, metrics=replace(GOOD.metrics, strategy="sequential", critical_path=1000))
    assert advise(alone) == ()


def test_the_worst_comes_first_and_says_what_to_do() -> None:
    metrics = replace(GOOD.metrics, critical_path=1000, suspensions=900, executions=1900)
    found = advise(replace(GOOD, metrics=metrics, sender_seconds=0.04))
    assert [advice.bottleneck for advice in found] == ["conflict chain", "sender recovery"]
    assert [advice.lost for advice in found] == sorted((advice.lost for advice in found), reverse=True)
    line, _ = advice_lines(found)
    assert line.startswith(
        "advice: conflict chain: 1000 of 1000 transactions wait for one another, so no more than 1.0"
    )
    assert "--engine optimized:sequential" in line
    assert set(found[0].document()) == {"bottleneck", "because", "change", "lost"}


def test_workers_who_are_hardly_at_work_have_too_little_of_it() -> None:
    idle = replace(GOOD.metrics, workers=(WorkerMetrics(900, busy_seconds=0.03), WorkerMetrics(110, busy_seconds=0.01)))
    (advice,) = advise(replace(GOOD, metrics=idle))
    assert (advice.bottleneck, round(advice.lost, 6)) == ("too small a block", 0.8)
    assert "2 workers are at work 20% of the time" in advice.because
    busy = replace(GOOD.metrics, workers=(WorkerMetrics(900, busy_seconds=0.09), WorkerMetrics(110, busy_seconds=0.08)))
    assert advise(replace(GOOD, metrics=busy)) == ()


@pytest.mark.parametrize(
    ("state", "change"), [("lmdb:here", "lmdb:PATH?resident=1G"), ("rocksdb?sync=off", "Have the state in LMDB")]
)
def test_reads_of_a_state_on_disk_are_told_where_they_take_the_time(state: str, change: str) -> None:
    (advice,) = advise(replace(GOOD, stored=StoredReads(state, 1000, 0.05, 0.1)))
    assert (advice.bottleneck, round(advice.lost, 6)) == ("base reads", 0.25)
    assert advice.because == (
        "1000 times the state on disk was asked, which took 50.0 µs each: 25% of the time of 2 workers"
    )
    assert change in advice.change
    assert advise(replace(GOOD, stored=StoredReads(state, 1000, 0.01, 0.1))) == ()
    assert advise(replace(GOOD, stored=StoredReads(state, 0, 0.0, 0.1))) == ()


def test_fewer_workers_for_a_block_count_as_fewer() -> None:
    chain = replace(GOOD.metrics, critical_path=1000, active_workers=1)
    assert advise(replace(GOOD, metrics=chain)) == ()


def test_what_is_not_known_is_not_guessed() -> None:
    assert advise(RunFigures(Metrics("block-stm", "threads", 1000, 0.1), 2)) == ()


def test_shares_stay_shares_whatever_the_figures_are() -> None:
    draw = random.Random(5)
    for _ in range(500):
        count = draw.randint(0, 50)
        metrics = Metrics(
            draw.choice(["block-stm", "waves", "sequential"]),
            "threads",
            count,
            draw.choice([0.0, 0.001, 1.0]),
            executions=draw.randint(0, 99),
            suspensions=draw.randint(0, 99),
            waves=draw.randint(0, 50),
            critical_path=draw.randint(0, count),
            base_reads=draw.randint(0, 99),
        )
        gas = tuple(draw.randint(0, 9) for _ in range(count))
        for advice in advise(RunFigures(metrics, draw.randint(1, 9), gas, None, 0.01, draw.random())):
            assert 0 <= advice.lost <= 1
            assert advice.because and advice.change


def test_how_long_workers_take() -> None:
    assert makespan((), 2) == 0
    assert makespan((1, 1, 2), 2) == 3
    assert makespan((2, 1, 1), 2) == 2
    assert makespan((5, 1), 8) == 5
