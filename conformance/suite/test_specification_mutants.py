"""Every bug of the specification is killed by a vector, and passes others; docs/mutants.md says which vector that is.

`samestate mutants --engine spec` prints what finds which.
"""

from __future__ import annotations

import re
from typing import Final

import pytest

from samestate.conformance.exploring.variants import CHECKOUT
from samestate.conformance.mutants.page import cell
from samestate.conformance.mutants.specification.bug import SpecificationBug
from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.mutants.specification.hunting import judge
from samestate.conformance.mutants.specification.judgement import DIFFERS
from samestate.conformance.suite.tiers import one_in
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS

PAGE: Final = CHECKOUT / "docs" / "mutants.md"
BUGS: Final = tuple(all_bugs().values())
EVERY: Final = 4
"""CI takes one of so many, since each is a process of its own; `make conformance` and the soak take all."""
ROW: Final = re.compile(
    r"^\| `(?P<name>[\w-]+)` \| (?P<wrong>.+) `(?P<rule>(?:evm|svm|chains)\.[\w.-]+)` \| (?P<hazards>[H0-9, ]*) \| "
    r"\[(?P<source>[^\]]+)\]\((?P<address>[^)]+)\) \| `(?P<vector>[^`]+)` \|",
    re.MULTILINE,
)

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/mutants.md is in a source checkout alone")


def rows() -> dict[str, dict[str, str]]:
    """The rows of the page about bugs of the specification, by the name of the bug."""
    return {row["name"]: row.groupdict() for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))}


def test_the_page_has_every_bug_as_it_is() -> None:
    """Each in a row of its own, with what is wrong, the rule, the hazards and the source; and a vector for each."""
    said = {
        name: (row["wrong"], row["rule"], row["hazards"], row["source"], row["address"]) for name, row in rows().items()
    }
    assert said == {
        bug.name: (cell(bug.wrong), bug.rule, ", ".join(bug.hazards), bug.source, bug.address) for bug in BUGS
    }


@pytest.mark.parametrize("bug", one_in(EVERY, BUGS, lambda bug: bug.name))
def test_the_vector_on_the_page_kills_the_bug(bug: SpecificationBug) -> None:
    vector = load_vector_file(VECTORS / f"{rows()[bug.name]['vector']}{SUFFIX}")
    assert [each.outcome for each in judge(bug, [vector])] == [DIFFERS]
