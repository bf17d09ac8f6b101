"""A transaction is stopped between two of its reads, and between two of its publications, and the result is right."""

from __future__ import annotations

import pytest

from samestate.reference import STRATEGIES, BlockProgram, run_block
from samestate.reference.difference import difference
from samestate.reference.explorer import Passed, RandomTurns, Schedule, Switch, run_once
from samestate.reference.explorer.points import Label
from samestate.reference.memory import PUBLISH
from samestate.reference.view import READ
from samestate.spec.toy.keys import slot_key
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Sload, Sstore
from samestate.spec.transition import apply_block
from tests.reference.blocks import RICH, block_of, predictions_of

FIRST, SECOND = slot_key(1), slot_key(2)
BLOCK = block_of((Sstore(1, 7), Sstore(2, 8)), (Sload(1), Sload(2), Sstore(3, None)))
"""The first transaction writes two slots, and the second one reads both."""


def passed(trace: tuple[Passed, ...], worker: int, label: Label, key: bytes) -> int:
    """Where in the trace the worker first came to that point."""
    places = (key, ("value", key))
    return next(p.number for p in trace if p.worker == worker and p.label is label and p.detail in places)


def actions(trace: tuple[Passed, ...]) -> list[tuple[int, str, bytes]]:
    """Reads and publications of the two slots, in the order in which they happened, each with its worker.

    A point stands before its action; the action has happened by the worker's next point.
    """
    found: list[tuple[int, int, str, bytes]] = []
    for place, p in enumerate(trace):
        then = next((q.number for q in trace[place + 1 :] if q.worker == p.worker), len(trace))
        for key in (FIRST, SECOND):
            if (p.label is READ and p.detail == key) or (p.label is PUBLISH and p.detail == ("value", key)):
                found.append((then, p.worker, str(p.label), key))
    return [(worker, name, key) for _, worker, name, key in sorted(found)]


def test_a_transaction_is_stopped_between_two_of_its_reads() -> None:
    """The reader sees one slot from before the writer's publication and the other from after it; and is run again."""
    start = Switch(0, 1)  # worker 1 takes transaction 0
    calm = run_block(Toy(), BLOCK, RICH, schedule=Schedule([start]), trace=True)
    stop_writer = Switch(passed(calm.trace, 1, PUBLISH, FIRST), 0)
    half = run_block(Toy(), BLOCK, RICH, schedule=Schedule([start, stop_writer]), trace=True)
    stop_reader = Switch(passed(half.trace, 0, READ, SECOND), 1)
    run = run_block(Toy(), BLOCK, RICH, schedule=Schedule([start, stop_writer, stop_reader]), trace=True, check=True)
    assert actions(run.trace)[:6] == [
        (1, "read", FIRST),  # SSTORE reads what it replaces
        (1, "read", SECOND),
        (0, "read", FIRST),
        (1, "publish", FIRST),
        (1, "publish", SECOND),
        (0, "read", SECOND),
    ]
    assert (run.metrics.aborts, run.metrics.re_executions) == (1, (0, 1))
    assert difference(apply_block(Toy(), BLOCK, RICH), run.result) == ""


def test_a_transaction_is_stopped_between_two_of_its_publications() -> None:
    """The reader sees the one slot that is published already, and not the other; and is run again."""
    start = Switch(0, 1)
    calm = run_block(Toy(), BLOCK, RICH, schedule=Schedule([start]), trace=True)
    stop_writer = Switch(passed(calm.trace, 1, PUBLISH, SECOND), 0)
    run = run_block(Toy(), BLOCK, RICH, schedule=Schedule([start, stop_writer]), trace=True, check=True)
    assert actions(run.trace)[:6] == [
        (1, "read", FIRST),  # SSTORE reads what it replaces
        (1, "read", SECOND),
        (1, "publish", FIRST),
        (0, "read", FIRST),
        (0, "read", SECOND),
        (1, "publish", SECOND),
    ]
    assert (run.metrics.aborts, run.metrics.re_executions) == (1, (0, 1))
    assert difference(apply_block(Toy(), BLOCK, RICH), run.result) == ""


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "sequential"])
def test_every_strategy_has_a_point_before_each_view_call_and_each_publication(strategy: str) -> None:
    run = run_block(Toy(), BLOCK, RICH, strategy, trace=True, predictions=predictions_of(Toy(), BLOCK, RICH))
    names = {str(p.label) for p in run.trace}
    assert {"read", "set", "add", "checkpoint", "publish"} <= names
    published = {p.detail for p in run.trace if p.label is PUBLISH}
    assert {("value", key) for access in run.result.steps for key in (*access.writes, *access.credits)} == published


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_replay_is_exact(strategy: str) -> None:
    program = BlockProgram(Toy(), BLOCK, RICH, strategy, 3, predictions=predictions_of(Toy(), BLOCK, RICH))
    for seed in range(20):
        report = run_once(program, RandomTurns(seed), keep_trace=True)
        again = run_once(program, Schedule(report.schedule), keep_trace=True)
        assert [(p.worker, p.label, p.detail) for p in again.trace] == [
            (p.worker, p.label, p.detail) for p in report.trace
        ]
        assert again.schedule == report.schedule
