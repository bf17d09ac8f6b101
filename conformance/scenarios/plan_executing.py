"""Executing a scenario of several chains: the builder's chains as a plan, and what the specification makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from samestate.conformance.scenarios.executed import ExecutedScenario
from samestate.conformance.scenarios.plan_builder import PlanBuilder
from samestate.conformance.scenarios.rules_reached import watching
from samestate.conformance.scenarios.scenario import Ruleset, Scenario
from samestate.conformance.vectors import chains
from samestate.conformance.vectors.document import Json, Object, Path
from samestate.conformance.vectors.model import Case

OF_PLANS: Final = f"{chains.NAME}."
"""How the rules of plans begin. Those of the machines are in vectors of their own."""


def execute_scenario(scenario: Scenario, ruleset: Ruleset) -> ExecutedScenario:
    """The scenario, executed. Raises Unexpected where it is not about what it says."""
    builder = PlanBuilder()
    scenario.story(builder)
    case = drafted_plan(scenario.id(ruleset), builder)
    with watching() as reached:
        expected = chains.execute(case)
    builder.check(expected)
    case = replace(case, selectors=frozenset(chains.needed_selectors(case.blocks, expected)))
    names = {name: address for chain in builder.chains.values() for name, address in chain.names().items()}
    rules = frozenset(rule for rule in reached if rule.startswith(OF_PLANS))
    return ExecutedScenario(case, tuple(expected), rules, comments(case, names), names)


def drafted_plan(identity: str, builder: PlanBuilder) -> Case:
    """What the builder describes, before any of it is executed."""
    rounds: list[dict[str, Json]] = [{} for _ in range(builder.round + 1)]
    for name, chain in sorted(builder.chains.items()):
        for number, block in zip(chain.rounds, chain.blocks(), strict=False):
            claimed = builder.inboxes.get((number, name))
            inbox: Object = {}
            if claimed is not None:
                inbox = {"inbox": [{"source": source, "sequence": str(sequence)} for source, sequence in claimed]}
            rounds[number][name] = {**block, **inbox}
    for number, name, block in builder.strays:
        rounds[number][name] = block
    return Case(
        id=identity,
        machine=chains.NAME,
        fork=chains.FORK,
        params={},
        selectors=frozenset(),
        pre={
            "chains": {name: builder.chains[name].written() for name in sorted(builder.chains)},
            "links": [*builder.links],
        },
        blocks=tuple({"chains": {name: round_[name] for name in sorted(round_)}} for round_ in rounds),
    )


def comments(case: Case, names: dict[str, str]) -> dict[Path, str]:
    """Comments: who an account is, and which round it is."""
    known = {address: name for name, address in names.items()}
    above: dict[Path, str] = {("blocks", number): f"round {number}" for number in range(len(case.blocks))}
    written = case.pre["chains"]
    for chain, content in (written if isinstance(written, dict) else {}).items():
        pre = content["pre"] if isinstance(content, dict) else {}
        accounts = pre.get("accounts", pre) if isinstance(pre, dict) else {}
        for address in accounts if isinstance(accounts, dict) else ():
            inside = ("accounts",) if isinstance(pre, dict) and "accounts" in pre else ()
            if address in known:
                above["pre", "chains", chain, "pre", *inside, address] = known[address]
    return above
