"""Blocks conflict as much as `fuzz --conflict` says, and the command in a reproducer says it again."""

from __future__ import annotations

from samestate.conformance.fuzzing.campaign import Wanted, case_of
from samestate.conformance.vectors.model import text


def test_the_conflict_that_is_wanted_takes_the_place_of_the_drawn_one() -> None:
    none, everything = (
        [int(text(case_of("evm", seed, 30, wanted)[1][0], "critical_path")) for seed in range(4, 10)]
        for wanted in (Wanted(conflict=0.0), Wanted(conflict=1.0))
    )
    assert 2 * sum(none) < sum(everything)  # one is a block that is full, whatever its conflicts


def test_the_options_say_so() -> None:
    assert Wanted(conflict=0.25, forks=("Cancun",)).options() == ["--conflict", "0.25", "--fork", "Cancun"]
    assert Wanted().options() == []
