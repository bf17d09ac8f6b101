"""Every seeded bug of the reference strategies is found by a vector or by the explorer; without a bug nothing is found.

`samestate mutants` prints what finds which.
"""

from __future__ import annotations

import json
import time
from typing import Final

import pytest

from conformance.block_engine import STRATEGIES
from conformance.mutants import Mutant, all_mutants
from conformance.mutants.hunting import hunt, program_of, search, vectors_of
from conformance.mutants.mutant import MUTANTS, unmutated
from conformance.mutants.report import INVARIANT, OUTPUT
from conformance.vectors.model import Vector
from reference.explorer import CRASH, LIVELOCK, explore

ALL: Final = all_mutants()
MINIMUM: Final = 40
PREEMPTIONS: Final = 2
COUNTER: Final = "toy/interleavings/three_increments"
COUNTER_SECONDS: Final = 60

CONTROLS: Final = [*((strategy, "toy") for strategy in STRATEGIES), ("block-stm", "evm")]
"""The strategies, and the machines whose vectors their mutants are hunted with."""


def test_there_are_mutants() -> None:
    assert len(ALL) >= MINIMUM
    assert {mutant.strategy for mutant in ALL} == {*STRATEGIES} - {"sequential"}


@pytest.mark.parametrize("mutant", ALL, ids=[mutant.name for mutant in ALL])
def test_mutant_is_killed(mutant: Mutant) -> None:
    """By an output or an invariant; and it passes most of what it is given, so that it is no bug that anybody sees."""
    finding = hunt(mutant)
    assert finding.wrong
    assert finding.kill is not None, f"nothing kills {mutant.name}: {finding.wrong}"
    assert finding.kill.kind in (OUTPUT, INVARIANT)
    assert finding.kill.through not in (CRASH, LIVELOCK)
    assert finding.passed > finding.ran / 2
    json.dumps(finding.document())


@pytest.mark.parametrize(("strategy", "machine"), CONTROLS)
def test_nothing_is_found_without_a_bug(strategy: str, machine: str) -> None:
    """The same procedure, all of it: no output differs, no invariant is broken, nothing crashes or goes on for ever."""
    shown = {mutant.shown_by for mutant in ALL if (mutant.strategy, mutant.machine) == (strategy, machine)}
    assert list(search(unmutated(strategy, machine), shown)) == []


def counting_block() -> Vector:
    return next(vector for vector in vectors_of("toy") if vector.case.id == COUNTER)


@pytest.mark.parametrize("name", ["execution-counted-after-index", "none"])
def test_explorer_runs_all_schedules_with_two_preemptions(name: str) -> None:
    """Three transactions, two workers: it finds the task that is counted too late, and nothing where none is."""
    mutant = MUTANTS.get(name, unmutated("block-stm"))
    began = time.process_time()
    exploration = explore(program_of(mutant, counting_block()), PREEMPTIONS)
    assert time.process_time() - began < COUNTER_SECONDS
    if name == "none":
        assert exploration.complete
        assert exploration.violations == ()
    else:
        assert exploration.first is not None
        assert len(exploration.first.schedule) <= PREEMPTIONS
        assert "a block is done only when" in str(exploration.first.violation)
