"""Every mutant breaks a rule of scheduling that there is."""

from __future__ import annotations

import re

from samestate.conformance.exploring.compiled import seeded_bugs
from samestate.conformance.exploring.variants import CHECKOUT
from samestate.conformance.mutants.catalogue import all_mutants
from samestate.conformance.mutants.compiled import SEEDED
from samestate.conformance.rules.anchors import all_anchors

RULES = {anchor.name for anchor in all_anchors("reference")}
LEFT_ALONE = 16
"""So many rules no mutant breaks. Fewer are welcome."""


def test_every_mutant_of_a_readable_strategy_breaks_a_rule_that_there_is() -> None:
    assert {mutant.name: mutant.rule for mutant in all_mutants() if mutant.rule not in RULES} == {}


def test_every_seeded_bug_of_the_compiled_engine_breaks_a_rule_that_there_is() -> None:
    assert {name: seeded.rule for name, seeded in SEEDED.items() if seeded.rule not in RULES} == {}


def test_most_rules_are_broken_by_a_mutant() -> None:
    broken = {mutant.rule for mutant in all_mutants()} | {seeded.rule for seeded in SEEDED.values()}
    assert len(RULES - broken) <= LEFT_ALONE, sorted(RULES - broken)


def test_the_table_of_seeded_bugs_has_each_with_the_rule_that_it_breaks() -> None:
    text = (CHECKOUT / "optimized" / "core" / "mutants.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z_]+) \| ([\w., ]+) \| ([\w.-]+) \| .+ \|$", text, re.MULTILINE)
    table = {bug.lower().replace("_", "-"): rule for bug, _, rule in rows}
    assert table.keys() == seeded_bugs().keys()
    assert {bug: rule for bug, rule in table.items() if rule not in RULES} == {}
    assert {bug: table[bug] for bug in SEEDED} == {bug: seeded.rule for bug, seeded in SEEDED.items()}
