"""Every seeded bug of the reference strategies is found by a vector or by the explorer; without a bug nothing is found.

`samestate mutants` prints what finds which.
"""

from __future__ import annotations

import json
import time
from typing import Final

import pytest

from samestate.conformance.engines.names import STRATEGIES
from samestate.conformance.mutants.catalogue import all_mutants
from samestate.conformance.mutants.hunting import NO_KILL, POINTS, hunt, program_of, search, smallest, vectors_of
from samestate.conformance.mutants.mutant import MUTANTS, Mutant, unmutated
from samestate.conformance.mutants.report import INVARIANT, OUTPUT
from samestate.conformance.suite.tiers import one_in
from samestate.conformance.vectors.model import Vector
from samestate.reference.explorer import explore, sample
from samestate.reference.invariants import (
    ACTIVE_COUNTED,
    COMMIT_ORDER,
    COMMITTED_ONCE,
    COMMITTED_READS,
    DONE_IDLE,
    DONE_VALIDATED,
    LATEST_VERSIONS,
    LOCK_CONFLICT,
    MARKED_FIRST,
    NAMES,
    NEXT_INCARNATION,
    NO_ESTIMATE_READ,
    ONE_RUNNER,
    WAVE_CONFLICT,
    WAVE_ORDER,
)

ALL: Final = all_mutants()
MINIMUM: Final = 40
EVERY: Final = 3
"""CI hunts one mutant in so many; `make conformance` and the soak hunt all."""
PREEMPTIONS: Final = 2
COUNTER: Final = "toy/interleavings/three_increments"
COUNTER_SECONDS: Final = 60
SHOWING_SEEDS: Final = range(60)

CONTROLS: Final = [*((strategy, "toy") for strategy in STRATEGIES), ("block-stm", "evm")]
"""The strategies, and the machines whose vectors their mutants are hunted with."""


def test_there_are_mutants() -> None:
    assert len(ALL) >= MINIMUM
    assert {mutant.strategy for mutant in ALL} == {*STRATEGIES} - {"sequential"}


@pytest.mark.parametrize("mutant", one_in(EVERY, ALL, lambda mutant: mutant.name))
def test_mutant_is_killed(mutant: Mutant) -> None:
    """By an output or an invariant; and it passes most of what it is given, so that it is no bug that anybody sees."""
    finding = hunt(mutant)
    assert finding.wrong
    assert finding.kill is not None, f"nothing kills {mutant.name}: {finding.wrong}"
    assert finding.kill.kind in (OUTPUT, INVARIANT)
    assert finding.kill.through not in NO_KILL
    assert finding.passed > finding.ran / 2
    json.dumps(finding.document())


SHOWS: Final = {
    ONE_RUNNER: "taken-by-two",
    NEXT_INCARNATION: "incarnations-not-counted",
    MARKED_FIRST: "dropped-estimate",
    NO_ESTIMATE_READ: "estimate-read-as-value",
    LATEST_VERSIONS: "removed-write-left-standing",
    COMMITTED_ONCE: "taken-by-two",
    COMMIT_ORDER: "commits-what-is-finished",
    COMMITTED_READS: "list-trusted",
    WAVE_CONFLICT: "wave-without-reads",
    WAVE_ORDER: "wave-against-members-only",
    LOCK_CONFLICT: "locks-read-together",
    ACTIVE_COUNTED: "waiter-taken-off-twice",
    DONE_VALIDATED: "base-read-unchecked",
    DONE_IDLE: "done-while-active",
}
"""For each invariant a mutant that breaks it."""


@pytest.mark.parametrize("invariant", NAMES)
def test_every_invariant_is_broken_by_a_mutant(invariant: str) -> None:
    """One that nothing breaks might as well not be checked."""
    mutant = MUTANTS[SHOWS[invariant]]
    found: set[str] = set()
    for vector in smallest(mutant):
        exploration = sample(program_of(mutant, vector), SHOWING_SEEDS, POINTS, stop_at=len(SHOWING_SEEDS))
        found |= {report.violation.name for report in exploration.violations if report.violation is not None}
        if invariant in found:
            return
    raise AssertionError(f"{mutant.name} breaks only {found}")


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
        assert exploration.violations == ()
        assert exploration.runs > 8_000
    else:
        assert exploration.first is not None
        assert len(exploration.first.schedule) == 1
        assert "a block is done only when" in str(exploration.first.violation)
