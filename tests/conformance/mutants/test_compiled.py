"""Runs of seeded bugs that crash or never end: no kill, no harm to who hunts, and no hunt without end."""

from __future__ import annotations

import ctypes
from typing import Final

import pytest

from samestate.conformance.engines.optimized import has_engine

if not has_engine():
    pytest.skip("this installation has no compiled engine (SAMESTATE_PURE)", allow_module_level=True)

from samestate.conformance.exploring.variants import unavailable
from samestate.conformance.mutants import compiled
from samestate.conformance.mutants.compiled import FIRST_SEEDS, MOST_ENDS, SEEDED, Seeded, hunt, runs, vectors_for
from samestate.conformance.mutants.hunting import NoVerdict

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

NAME: Final = "status-before-publication"


def crash(seeded: Seeded, bug: int, vector: str, seed: int) -> None:
    """Reads what is not there."""
    ctypes.string_at(8)


def crash_of_one(seeded: Seeded, bug: int, vector: str, seed: int) -> None:
    """Of all vectors the third does that."""
    if vector == vectors_for(seeded.strategy)[2].case.id:
        crash(seeded, bug, vector, seed)


def test_who_only_crashes_is_not_found_and_the_hunt_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "first_found", crash)
    finding = hunt(NAME)
    assert (finding.kill, finding.passed) == (None, 0)
    vectors = vectors_for("block-stm")
    tried = [(FIRST_SEEDS[0], vector) for vector in vectors]
    assert list(runs(SEEDED[NAME], 1, tried)) == [
        (FIRST_SEEDS[0], NoVerdict(vector.case.id, "crashed: SIGSEGV")) for vector in vectors[:MOST_ENDS]
    ]


def test_after_a_crash_the_others_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "first_found", crash_of_one)
    vectors = vectors_for("block-stm")[:6]
    found = [what for _, what in runs(SEEDED[NAME], 1, [(0, vector) for vector in vectors])]
    crashed = NoVerdict(vectors[2].case.id, "crashed: SIGSEGV")
    assert found == [None, None, crashed, None, None, None]
