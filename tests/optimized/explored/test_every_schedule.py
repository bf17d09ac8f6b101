"""The compiled workers are right under every schedule with few preemptions, and under random ones."""

from __future__ import annotations

import pytest

from samestate.conformance.exploring.compiled import apart, seeded_bugs
from samestate.conformance.exploring.variants import unavailable
from samestate.reference.explorer import explore, replay, sample
from tests.optimized.explored.trial import CONFLICTING, TrialProgram, random_block

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

PARALLEL = ["block-stm", "locks", "waves", "access-list"]


def test_three_conflicting_transactions_two_workers_two_preemptions() -> None:
    exploration = explore(TrialProgram([5, None, 7], CONFLICTING), preemptions=2)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.runs > 5_000


@pytest.mark.parametrize("strategy", PARALLEL)
@pytest.mark.parametrize("declared", ["right", "nothing"])
def test_every_strategy_under_every_schedule_with_one_preemption(strategy: str, declared: str) -> None:
    nothing = [([], [])] * len(CONFLICTING) if declared == "nothing" else None
    program = TrialProgram([5, None, 7], CONFLICTING, strategy, declared=nothing)
    exploration = explore(program, preemptions=1)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.runs > 40


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("strategy", PARALLEL)
def test_random_blocks_under_random_schedules(strategy: str, workers: int) -> None:
    for seed in range(100):
        base, programs = random_block(seed)
        predicted = [(0, 0, 3), (0, 1, None)] if seed % 2 else []
        program = TrialProgram(base, programs, strategy, workers, predicted=predicted)
        exploration = sample(program, range(5))
        assert exploration.first is None, f"{base} {programs}\n{exploration.first.text(40)}"


def test_the_counter_raised_after_the_index_is_found_and_found_again() -> None:
    first, second = apart().call(find_the_counter_twice)
    assert first == second


def find_the_counter_twice() -> tuple[str, str]:
    """What is wrong with it, and again."""
    bug = seeded_bugs()["counter-after-index"].number
    program = TrialProgram([5, None, 7], CONFLICTING, bug=bug)
    found = explore(program, preemptions=2).first
    assert found is not None
    assert found.violation is not None
    again = replay(program, found)
    return str(again.violation), str(found.violation)
