"""Idle workers beside programs that have much to do: who waits for the last of a wave must not lose the processor."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator

import pytest

from samestate.conformance.benchmarking.workloads import toy_work
from samestate.optimized import Configuration, Engine

ROUNDS = 9
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
OTHERS = 4
"""Programs that each core is to run beside."""


def be_busy() -> None:
    while True:
        pass


@pytest.fixture
def crowded_machine() -> Iterator[None]:
    """Every core has much to do."""
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=be_busy, daemon=True) for _ in range(OTHERS * CORES)]
    for each in others:
        each.start()
    try:
        yield
    finally:
        for each in others:
            each.kill()
            each.join()


@pytest.mark.soak
def test_waves_are_not_held_up_by_idle_workers(crowded_machine: None) -> None:
    """67 waves of 1,000 transactions, with more workers than free cores: none gives its core away as a wave ends.

    With workers that yielded, `waves` took three times as long as `locks`, which waits for no whole wave; now 1.4.
    """
    work = toy_work("heavy", 0.9, False, 1)
    took: dict[str, list[float]] = {"waves": [], "locks": []}
    engines = {name: Engine("toy", Configuration(strategy=name, workers=4 * CORES)) for name in took}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            _, given, _ = work.input("threads", name)
            start = time.perf_counter()
            engine.execute(*given)
            took[name].append(time.perf_counter() - start)
    for engine in engines.values():
        engine.close()
    medians = {name: statistics.median(times) for name, times in took.items()}
    assert medians["waves"] < 2 * medians["locks"], medians
