"""Every mutant breaks a rule of scheduling that there is, and the table of the compiled ones says which."""

from __future__ import annotations

import re

from samestate.conformance.mutants import all_mutants
from samestate.conformance.mutants.compiled import SEEDED
from samestate.conformance.rules.anchors import all_anchors, root

RULES = {anchor.name for anchor in all_anchors("reference")}
LEFT_ALONE = 14
"""So many rules no mutant breaks. Fewer are welcome."""


def table() -> dict[str, str]:
    """The rule that each bug breaks, as the table beside the compiled engine has it."""
    (file,) = (root() / "optimized").rglob("mutants.md")
    rows = re.findall(r"^\| ([A-Z_]+) \|[^|]+\| `([^`]+)` \|", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {name.lower().replace("_", "-"): rule for name, rule in rows}


def test_every_mutant_of_a_readable_strategy_breaks_a_rule_that_there_is() -> None:
    assert {mutant.name: mutant.rule for mutant in all_mutants() if mutant.rule not in RULES} == {}


def test_every_seeded_bug_breaks_a_rule_that_there_is_and_the_table_has_the_same() -> None:
    assert {name: rule for name, rule in table().items() if rule not in RULES} == {}
    assert len(table()) >= len(SEEDED)
    assert {name: seeded.rule for name, seeded in SEEDED.items()}.items() <= table().items()


def test_most_rules_are_broken_by_a_mutant() -> None:
    broken = {mutant.rule for mutant in all_mutants()} | set(table().values())
    assert len(RULES - broken) <= LEFT_ALONE, sorted(RULES - broken)
