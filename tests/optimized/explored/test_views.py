"""Views under the explorer: rollbacks, wipes, what a reader leaves after a long walk, credits that cannot be merged."""

from __future__ import annotations

from typing import Any

import pytest

from samestate.conformance.exploring.compiled import apart, seeded_bugs
from samestate.conformance.exploring.variants import unavailable
from samestate.reference.explorer import CRASH, LIVELOCK, LOST_WAKE_UP, OUT_OF_POINTS, explore, sample
from tests.optimized.explored.trial import INCREMENT, Operation, Programs, TrialProgram, credit, read, write

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

CHECKPOINT: Operation = ("checkpoint", 0, 0)
ROLLBACK: Operation = ("rollback", 0, 0)


def wipe(key: int) -> Operation:
    return ("wipe", key, 0)


def warm(key: int) -> Operation:
    return ("warm", key, 0)


BLOCKS: dict[str, tuple[Programs, dict[str, Any]]] = {
    "wipes": ([[wipe(0), write(1)], [read(0), read(1)], [write(0), wipe(2)], [read(0), read(1)]], {"owned": 2}),
    "wipes that depend on a value": (
        [[write(2)], [read(2), ("skip", 0, 1), wipe(0)], [read(0), read(1)]],
        {"owned": 2},
    ),
    "reverted frames": (
        [[CHECKPOINT, *INCREMENT, warm(0), ROLLBACK, warm(0), write(1)], [read(0), write(0), read(1)]],
        {},
    ),
    "long values": ([[("write long", 0, 70)], [("copy", 0, 1)], [read(1), ("write long", 1, 65)]], {}),
    "readers of many credits": (
        [[credit(0)], [credit(0)], [credit(0)], [read(0)], [read(0), credit(0)], [read(0)]],
        {},
    ),
    "too many credits": ([[credit(0, 4)], [credit(0, 4)], [read(0)], [credit(0, 4)]], {"limit": 14}),
    "around the transactions": (
        [[read(0), credit(1)], [read(1), write(0)]],
        {"opening": [write(0), credit(1, 3)], "closing": [read(1), write(1)]},
    ),
}


@pytest.mark.parametrize("strategy", ["block-stm", "locks", "waves", "access-list"])
@pytest.mark.parametrize("name", BLOCKS)
def test_many_schedules(name: str, strategy: str) -> None:
    programs, rules = BLOCKS[name]
    nothing = [([], [])] * len(programs)
    for workers in (2, 3):
        program = TrialProgram([5, 7, None], programs, strategy, workers, declared=nothing, rules=rules)
        exploration = sample(program, range(150))
        assert exploration.first is None, exploration.first.text(40)


@pytest.mark.parametrize("name", ["wipes", "reverted frames", "readers of many credits"])
def test_every_schedule_with_one_preemption(name: str) -> None:
    programs, rules = BLOCKS[name]
    exploration = explore(TrialProgram([5, 7, None], programs, rules=rules), preemptions=1)
    assert exploration.first is None, exploration.first.text(40)


@pytest.mark.parametrize(
    ("name", "block"), [("rollback-forgets-marks", "reverted frames"), ("wipe-unrecorded", "wipes")]
)
def test_a_bug_there_is_found(name: str, block: str) -> None:
    assert apart().call(violation_of, name, block) not in (None, CRASH, LIVELOCK, OUT_OF_POINTS, LOST_WAKE_UP)


def violation_of(name: str, block: str) -> str | None:
    """What random schedules find first of all that is wrong with the bug of that name."""
    programs, rules = BLOCKS[block]
    found = sample(TrialProgram([5, 7, None], programs, bug=seeded_bugs()[name].number, rules=rules), range(3000)).first
    return found and found.violation and found.violation.name
