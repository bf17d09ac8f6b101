"""Every bug seeded into the compiled engine is found by a vector or by the explorer; without a bug nothing is found.

`samestate mutants --engine 'optimized:*'` prints what finds which. Runs from a source checkout, where the build for the
explorer can be made.
"""

from __future__ import annotations

import json
import time
from itertools import product
from typing import Final

import pytest

from samestate.conformance.engines.optimized import has_engine

if not has_engine():
    pytest.skip("this installation has no compiled engine (SAMESTATE_PURE)", allow_module_level=True)

from samestate.conformance.exploring.compiled import NOTHING, ToyProgram, apart, seeded_bugs
from samestate.conformance.exploring.variants import unavailable
from samestate.conformance.mutants.compiled import (
    FIRST_SEEDS,
    SEEDED,
    Seeded,
    hunt,
    is_small,
    runs,
    vectors,
    vectors_for,
)
from samestate.conformance.mutants.report import INVARIANT, OUTPUT
from samestate.conformance.vectors import toy
from samestate.reference.explorer import Exploration, explore

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

MINIMUM: Final = 12
COUNTER: Final = "toy/interleavings/three_increments"
COUNTER_SECONDS: Final = 60
PREEMPTIONS: Final = 2
CONTROLS: Final = list(dict.fromkeys((seeded.strategy, seeded.right_declarations) for seeded in SEEDED.values()))


def test_there_are_enough() -> None:
    assert len(SEEDED) >= MINIMUM
    assert set(SEEDED) <= set(seeded_bugs())


@pytest.mark.parametrize("name", SEEDED)
def test_seeded_bug_is_found(name: str) -> None:
    """By an output or an invariant, and some vectors pass all the same."""
    finding = hunt(name)
    assert finding.kill is not None, f"nothing finds {name}: {finding.wrong}"
    assert finding.kill.kind in (OUTPUT, INVARIANT)
    assert finding.passed > 0
    json.dumps(finding.document())


@pytest.mark.parametrize(("strategy", "right_declarations"), CONTROLS)
def test_nothing_is_found_without_a_bug(strategy: str, right_declarations: bool) -> None:
    """The same vectors and schedules, and the smallest blocks under more: no crash and no livelock either."""
    none = Seeded(strategy, "", right_declarations=right_declarations)
    given = vectors_for(strategy)
    tried = [*product(FIRST_SEEDS, given), *product(range(150), filter(is_small, given))]
    found = [what for _, what in runs(none, NOTHING, tried)]
    assert found == [None] * len(tried)


@pytest.mark.parametrize("bug", ["counter-after-index", "none"])
def test_explorer_runs_all_schedules_with_two_preemptions(bug: str) -> None:
    """Three transactions, two workers, the compiled toy machine: the task counted too late is found, else nothing."""
    exploration, seconds = apart().call(explore_counter, bug, seconds=10 * COUNTER_SECONDS)
    assert seconds < COUNTER_SECONDS
    if bug == "none":
        assert exploration.first is None, exploration.first.text(40)
        assert exploration.runs > 5_000
    else:
        assert exploration.first is not None
        assert len(exploration.first.schedule) == 1


def explore_counter(bug: str) -> tuple[Exploration, float]:
    """What comes of it with the bug of that name, and how many seconds of processor time that takes."""
    state, blocks = toy.read_case(vectors()[COUNTER].case)
    program = ToyProgram(blocks[0], state, workers=2, bug=NOTHING if bug == "none" else seeded_bugs()[bug].number)
    began = time.process_time()
    return explore(program, PREEMPTIONS), time.process_time() - began
