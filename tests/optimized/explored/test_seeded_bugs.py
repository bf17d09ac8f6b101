"""The explorer finds each bug that is seeded into the compiled core, by a wrong result or a named invariant."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from samestate.conformance.exploring.compiled import apart, seeded_bugs
from samestate.conformance.exploring.variants import unavailable
from samestate.reference.explorer import (
    CRASH,
    LIVELOCK,
    LOST_WAKE_UP,
    OUT_OF_POINTS,
    ExploredRun,
    RandomTurns,
    explore,
    run_once,
    sample,
)
from tests.optimized.explored.trial import (
    CONFLICTING,
    INCREMENT,
    Operation,
    Programs,
    TrialProgram,
    credit,
    read,
    remove,
    write,
)

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

CHAIN = [[write(0)], [read(0), write(1)], [read(1)]]
"""The second transaction goes wrong by itself; the third one only because of it."""
TWO_WAIT = [*CHAIN, [read(1)]]
PATHS = [[write(0)], [read(0), ("write at", 1, 2)], [read(1), read(2)]]
"""Where the second transaction writes depends on what it has read."""
CREDITS = [[write(0)], [read(0), credit(1)], [credit(1)], [read(1)]]
SAME_VALUE = [[write(0)], [read(0), remove(1)], [read(1)]]
"""The second transaction leaves the same value whatever it has read."""

BLOCK_STM: dict[str, Programs] = {
    "skipped-validation": CONFLICTING,
    "validation-by-value": SAME_VALUE,
    "dropped-estimate": CHAIN,
    "counter-after-index": CONFLICTING,
    "stale-wake": CHAIN,
    "lost-dependency": TWO_WAIT,
    "credits-ignore-incarnation": CREDITS,
    "removed-left-standing": PATHS,
    "new-location-missed": CONFLICTING,
    "done-check-once": CHAIN,
    "status-before-publication": CONFLICTING,
    "credit-hides-base": CREDITS,
    "estimate-read-through": CREDITS,
    "validation-index-not-lowered": CONFLICTING,
    "base-read-unrecorded": CONFLICTING,
    "waiter-after-close": CHAIN,
}
IN_ORDER = {
    "locks-ignore-reads": "locks",
    "wave-skips-predecessor": "waves",
    "offender-only": "waves",
    "commit-out-of-order": "locks",
    "list-trusted": "access-list",
}


def blocks(name: str, bug: int) -> Sequence[TrialProgram]:
    """A small block on which the bug can show, for two workers and for three."""
    base = [5, 7, None]
    if name in BLOCK_STM:
        return [TrialProgram(base, BLOCK_STM[name], "block-stm", workers, bug) for workers in (3, 2)]
    nothing = None if name in ("locks-ignore-reads", "wave-skips-predecessor") else [([], [])] * 4
    programs: list[list[Operation]] = [INCREMENT, INCREMENT, [read(0), write(1)], [read(1), write(0)]]
    return [
        TrialProgram(base, programs, IN_ORDER[name], workers, bug, nothing, predicted=[(0, 0, 3), (1, 1, 4)])
        for workers in (2, 3)
    ]


@pytest.mark.parametrize("name", [*BLOCK_STM, *IN_ORDER])
def test_it_is_found(name: str) -> None:
    assert apart().call(violation_of, name, seconds=600) not in (None, CRASH, LIVELOCK, OUT_OF_POINTS, LOST_WAKE_UP)


def violation_of(name: str) -> str | None:
    """What random schedules find first of all that is wrong with the bug of that name."""
    for program in blocks(name, seeded_bugs()[name].number):
        found = sample(program, range(10_000)).first
        if found is not None and found.violation is not None:
            return found.violation.name
    return None


@pytest.mark.parametrize("name", [*BLOCK_STM, *IN_ORDER])
def test_without_it_nothing_is_wrong(name: str) -> None:
    for program in blocks(name, 0):
        exploration = sample(program, range(300))
        assert exploration.first is None, exploration.first.text(40)


def test_every_seeded_bug_of_the_core_is_here() -> None:
    elsewhere = {"warm-set-kept"}  # the toy machine
    elsewhere |= {"key-taken-blindly", "link-too-far", "link-to-itself"}  # test_keys_and_links
    elsewhere |= {"rollback-forgets-marks", "wipe-unrecorded"}  # test_views
    assert set(seeded_bugs()) - elsewhere == {*BLOCK_STM, *IN_ORDER}


def test_the_counter_is_found_among_all_schedules_with_two_preemptions() -> None:
    assert apart().call(preemptions_that_show_the_counter) <= 2


def preemptions_that_show_the_counter() -> int:
    program = TrialProgram([5, 7, None], CONFLICTING, bug=seeded_bugs()["counter-after-index"].number)
    found = explore(program, preemptions=2).first
    assert found is not None
    return len(found.schedule)


def test_a_schedule_can_be_replayed_from_its_seed() -> None:
    once, twice = apart().call(run_one_seed_twice)
    assert (once.schedule, str(once.violation), once.points) == (twice.schedule, str(twice.violation), twice.points)


def run_one_seed_twice() -> list[ExploredRun]:
    program = TrialProgram([5, 7, None], CHAIN, "block-stm", 3, seeded_bugs()["done-check-once"].number)
    seed = next(seed for seed in range(10_000) if run_once(program, RandomTurns(seed)).violation)
    return [run_once(program, RandomTurns(seed), keep_trace=True) for _ in range(2)]
