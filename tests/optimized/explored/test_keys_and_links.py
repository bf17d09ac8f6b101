"""What only names and long lists reach: the key table that all workers share, and the links above a list of versions.

Under the explorer a walk makes use of links after one version, and every version has some.
"""

from __future__ import annotations

from collections import Counter

import pytest

from samestate.conformance.exploring.compiled import apart, label, part, seeded_bugs
from samestate.conformance.exploring.variants import unavailable
from samestate.reference.explorer import CRASH, LIVELOCK, LOST_WAKE_UP, Label, explore, sample
from tests.optimized.core.in_order import in_order
from tests.optimized.explored.trial import (
    CONFLICTING,
    INCREMENT,
    Operation,
    TrialProgram,
    arena,
    credit,
    random_block,
    read,
    write,
)

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

PARALLEL = ["block-stm", "locks", "waves", "access-list"]
MEET = [[read(0), write(1)], [read(1), write(0)], [read(2), read(0)]]
"""Keys that are not in the table before the first transaction meets them."""
LONG: list[list[Operation]] = [[write(0)], INCREMENT, [credit(0)], [credit(0)], [read(0)], [write(0)], [credit(0)]]
"""Seven transactions on one key: of what the first two write, much may lie above by the time it is read."""


@pytest.mark.parametrize("strategy", PARALLEL)
def test_every_schedule_with_one_preemption_of_workers_that_meet_keys(strategy: str) -> None:
    for programs in (MEET, CONFLICTING):
        exploration = explore(TrialProgram([None, None, None], programs, strategy, named=True), preemptions=1)
        assert exploration.first is None, exploration.first.text(40)
        assert exploration.complete


@pytest.mark.parametrize("strategy", PARALLEL)
def test_random_blocks_that_find_their_keys_by_name(strategy: str) -> None:
    for seed in range(60):
        base, programs = random_block(seed)
        predicted = [(0, 0, 3), (0, 1, None)] if seed % 2 else []
        program = TrialProgram(base, programs, strategy, 3, predicted=predicted, named=True)
        exploration = sample(program, range(5))
        assert exploration.first is None, f"{base} {programs}\n{exploration.first.text(40)}"


@pytest.mark.parametrize("strategy", PARALLEL)
def test_a_long_list_under_random_schedules(strategy: str) -> None:
    outcomes = in_order([5], LONG).outcomes
    predicted = [(0, 0, outcomes[0]), (0, 1, 2), (0, 5, 5), (0, 6, 77)]
    nothing = [([], [])] * len(LONG)
    for workers in (2, 3):
        program = TrialProgram([5], LONG, strategy, workers, declared=nothing, predicted=predicted)
        exploration = sample(program, range(200))
        assert exploration.first is None, exploration.first.text(40)


@pytest.mark.parametrize("name", ["key-taken-blindly", "link-too-far", "link-to-itself"])
def test_a_bug_there_is_found(name: str) -> None:
    assert apart().call(violation_of, name) not in (None, CRASH, LIVELOCK, LOST_WAKE_UP)


def violation_of(name: str) -> str | None:
    """What random schedules find first of all that is wrong with the bug of that name."""
    bug = seeded_bugs()[name].number
    if name == "key-taken-blindly":
        program = TrialProgram([None, None, None], MEET, bug=bug, named=True)
    else:
        program = TrialProgram([5], LONG, workers=3, bug=bug)
    found = sample(program, range(3000)).first
    return found and found.violation and found.violation.name


def test_a_walk_through_a_long_list_is_short() -> None:
    """In falling order each version is put in at the end: without links behind all that are there."""
    passed: Counter[str] = Counter()
    control = part("core.explored")
    arena().reset()
    block = part("trial.trial").TrialBlock(arena(), [0], [[credit(0)] for _ in range(300)])
    control.set_hook(lambda point: passed.update([point.name]), label)
    for transaction in reversed(range(300)):
        block.execute(transaction)
    control.set_hook(None)
    assert block.values() == [300]
    assert passed["memory.tower.link"] >= 300
    assert passed["memory.list.load"] < 20 * 300


def test_confirming_what_a_step_did_ends_when_the_block_is_stopped() -> None:
    """A step that is said to change 200 keys and changes none: each is taken back under the commit lock."""
    passed: Counter[str] = Counter()
    control = part("core.explored")
    arena().reset()
    predicted = [(key, 0, 7) for key in range(200)]
    block = part("trial.trial").TrialBlock(arena(), [0] * 200, [[]], "access-list", 1, predicted=predicted)

    def hook(point: Label) -> None:
        passed[point.name] += 1
        if point.name == "memory.confirm.write" and passed[point.name] == 1:
            arena().request_stop(2)

    control.set_hook(hook, label)
    try:
        assert block.work(0) == "out of time"
    finally:
        control.set_hook(None)
    assert 1 <= passed["memory.confirm.write"] <= 64
