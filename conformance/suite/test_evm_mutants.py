"""Every bug seeded into the compiled EVM is found by a vector of the rule that it breaks; without one nothing is.

Runs from a source checkout, where the build for the explorer can be made.
"""

from __future__ import annotations

import json
from typing import Final

import pytest

from samestate.conformance.engines.optimized import has_engine

if not has_engine():
    pytest.skip("this installation has no compiled engine (SAMESTATE_PURE)", allow_module_level=True)

from samestate.conformance.exploring.compiled import NOTHING, seeded_bugs
from samestate.conformance.exploring.variants import unavailable
from samestate.conformance.mutants.compiled_evm import ROOM, SEEDED, hunt, runs, subjects, vectors_for
from samestate.conformance.mutants.report import INVARIANT, OUTPUT

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

MINIMUM: Final = 20


def test_there_are_enough() -> None:
    assert len(SEEDED) >= MINIMUM
    assert set(SEEDED) == set(seeded_bugs(ROOM))


@pytest.mark.parametrize("name", SEEDED)
def test_seeded_bug_is_found(name: str) -> None:
    """By an output or an invariant, of a vector of its rule or hazards; and some vectors pass all the same."""
    finding = hunt(name)
    assert finding.kill is not None, f"nothing finds {name}: {finding.wrong}"
    assert finding.kill.kind in (OUTPUT, INVARIANT)
    assert not subjects()[finding.kill.vector].isdisjoint({finding.rule, *finding.hazards})
    assert finding.passed > 0
    json.dumps(finding.document())


def test_nothing_is_found_without_a_bug() -> None:
    """The same vectors under the first schedules: no crash and no livelock either."""
    given = list(dict.fromkeys(id for seeded in SEEDED.values() for id in vectors_for(seeded)))
    assert len(given) >= 200
    for seed, found in runs(NOTHING, given):
        if seed == 2:
            break
        assert found is None, found
