"""Every bug seeded into the compiled engine is found by a vector or by the explorer; without a bug nothing is found.

`samestate mutants --engine 'optimized:*'` prints what finds which. Runs from a source checkout, where the build for the
explorer can be made.
"""

from __future__ import annotations

import json
import time
from typing import Final

import pytest

from samestate.conformance.engines.optimized import has_engine

if not has_engine():
    pytest.skip("this installation has no compiled engine (SAMESTATE_PURE)", allow_module_level=True)

from samestate.conformance.exploring.variants import unavailable
from samestate.conformance.mutants.compiled import (
    FIRST_SEEDS,
    SEEDED,
    Seeded,
    first_found,
    hunt,
    search_smallest,
    vectors,
    vectors_for,
)
from samestate.conformance.mutants.report import INVARIANT, OUTPUT
from samestate.reference.explorer import explore

pytestmark = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))

MINIMUM: Final = 12
COUNTER: Final = "toy/interleavings/three_increments"
COUNTER_SECONDS: Final = 60
PREEMPTIONS: Final = 2
CONTROLS: Final = list(dict.fromkeys((seeded.strategy, seeded.right_declarations) for seeded in SEEDED.values()))


def test_there_are_enough() -> None:
    from samestate.conformance.exploring.compiled import seeded_bugs

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
    found = [first_found(none, 0, vector, seed) for seed in FIRST_SEEDS for vector in vectors_for(strategy)]
    assert [what for what in found if what is not None] == []
    assert list(search_smallest(none, seeds=range(150))) == []


@pytest.mark.parametrize("bug", ["counter-after-index", "none"])
def test_explorer_runs_all_schedules_with_two_preemptions(bug: str) -> None:
    """Three transactions, two workers, the compiled toy machine: the task counted too late is found, else nothing."""
    from samestate.conformance.exploring.compiled import NOTHING, ToyProgram, seeded_bugs
    from samestate.conformance.vectors import toy

    state, blocks = toy.read_case(vectors()[COUNTER].case)
    program = ToyProgram(blocks[0], state, workers=2, bug=NOTHING if bug == "none" else seeded_bugs()[bug].number)
    began = time.process_time()
    exploration = explore(program, PREEMPTIONS)
    assert time.process_time() - began < COUNTER_SECONDS
    if bug == "none":
        assert exploration.first is None, exploration.first.text(40)
        assert exploration.runs > 5_000
    else:
        assert exploration.first is not None
        assert len(exploration.first.schedule) == 1
