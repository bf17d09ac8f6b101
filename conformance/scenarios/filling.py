"""Filling: from a scenario to the text of its vector. What is expected comes from the specification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from samestate.conformance.scenarios import chain_executing, evm_executing, plan_executing, svm_executing, toy_executing
from samestate.conformance.scenarios.draft import Unexpected
from samestate.conformance.scenarios.executed import ExecutedScenario
from samestate.conformance.scenarios.scenario import Ruleset, Scenario
from samestate.conformance.vectors import chains, evm, svm, toy
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.model import FORMAT
from samestate.conformance.vectors.places import SUFFIX
from samestate.conformance.vectors.writing import write_yaml

GENERATOR: Final = "samestate-fill/1"

EXECUTE: Final[Mapping[str, Callable[[Scenario, Ruleset], ExecutedScenario]]] = {
    evm.NAME: evm_executing.execute_scenario,
    svm.NAME: svm_executing.execute_scenario,
    toy.NAME: toy_executing.execute_scenario,
    chains.NAME: plan_executing.execute_scenario,
}
"""How the scenarios of each machine are executed."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A vector as text, and its id."""

    id: str
    text: str


def fill(scenario: Scenario, fork: Ruleset, known: str | None = None) -> Filled:
    """The vector of a scenario under a fork. Raises Unexpected where the scenario is not about what it says.

    What is written is loaded as any reader would, unless it is the text that is ``known`` to have been.
    """
    execute = chain_executing.execute_scenario if scenario.is_chain else EXECUTE[scenario.machine]
    executed = execute(scenario, fork)
    case = executed.case
    content: Object = {
        "format": FORMAT,
        "id": case.id,
        "machine": case.machine_document(),
        "rules": [*sorted(executed.rules)],
        "hazards": [*scenario.hazards],
        "selectors": [*sorted(case.selectors)],
        "pre": case.pre,
        **({} if case.parent is None else {"parent": case.parent}),
        "blocks": [{**block, "expect": expect} for block, expect in zip(case.blocks, executed.expected, strict=True)],
        "provenance": {
            "scenario": scenario.title,
            "generator": GENERATOR,
            "accounts": dict(sorted(executed.accounts.items())),
        },
    }
    written = write_yaml(content, executed.comments, header(scenario))
    if written != known:
        load_vector(case.id + SUFFIX, written.encode())
    if len(written) > scenario.size_limit:
        raise Unexpected(f"{case.id}: has {len(written)} bytes, and may have {scenario.size_limit}")
    return Filled(case.id, written)


def header(scenario: Scenario) -> str:
    """The comment above a vector: the scenario's sentence, and what not to do."""
    sentence = " ".join((scenario.story.__doc__ or "").split("\n\n")[0].split())
    return f"{sentence}\nWritten by `samestate fill {scenario.title}`; do not edit."
