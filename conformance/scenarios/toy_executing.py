"""Executing a scenario of the toy machine: the builder's drafts as blocks, and what the specification makes of them."""

from __future__ import annotations

from samestate.conformance.scenarios.executed import ExecutedScenario, check_draft
from samestate.conformance.scenarios.rules_reached import watching
from samestate.conformance.scenarios.scenario import Ruleset, Scenario
from samestate.conformance.scenarios.signed_block_builder import SignedBlockBuilder
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import ToyDraft
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.document import Object, Path
from samestate.conformance.vectors.model import Case
from samestate.spec.toy.access_list import AccessList, access_list_of
from samestate.spec.toy.block import Block
from samestate.spec.toy.state import ToyState
from samestate.spec.transition import execute_block


def execute_scenario(scenario: Scenario, ruleset: Ruleset) -> ExecutedScenario:
    """The scenario, executed. Raises Unexpected where it is not about what it says."""
    builder = SignedBlockBuilder() if ruleset.name == toy.SIGNED else ToyBlockBuilder()
    scenario.story(builder)
    identity = scenario.id(ruleset)
    before = state = builder.pre_state()
    blocks: list[Object] = []
    expected: list[Object] = []
    rules: set[str] = set()
    for index, draft in enumerate(builder.drafts):
        block = block_of(draft, state)
        with watching() as reached:
            expect, state = toy.execute_block(block, state)
        rules |= reached
        check_draft(f"{identity}: block {index}", draft, expect, state)
        blocks.append(toy.write_block(block))
        expected.append(expect)
    pre = toy.write_state(before)
    case = Case(
        id=identity,
        machine=toy.NAME,
        fork=ruleset.name,
        params={} if builder.chain_id is None else {"chain_id": str(builder.chain_id)},
        selectors=frozenset(toy.needed_selectors(pre, blocks, expected)),
        pre=pre,
        blocks=tuple(blocks),
    )
    accounts = {name: str(account) for name, account in builder.named.items()}
    return ExecutedScenario(case, tuple(expected), frozenset(rules), comments(builder, case.pre), accounts)


def block_of(draft: ToyDraft, state: ToyState) -> Block:
    """The block that a draft describes, with the access list that it is to carry."""

    def block(access_list: AccessList | None) -> Block:
        return Block(
            coinbase=draft.coinbase.address,
            gas_limit=draft.gas_limit,
            transactions=tuple(draft.transactions),
            withdrawals=tuple(draft.withdrawals),
            access_list=access_list,
            opening=tuple(draft.opening),
            chain_id=draft.chain_id,
        )

    if draft.access_list is None:
        return block(None)
    bare = block(None)
    result = execute_block(toy.machine_of(bare), bare, state, leave_out=lambda index, rejection: None)
    return block(draft.access_list(access_list_of(result.steps, state)))


def comments(builder: ToyBlockBuilder, pre: Object) -> dict[Path, str]:
    """Comments: who an account is, and who sends a transaction."""
    names = {str(account): name for name, account in builder.named.items()}
    accounts = pre["accounts"]
    above: dict[Path, str] = {("pre", "accounts", address): names[address] for address in accounts if address in names}
    for index, draft in enumerate(builder.drafts):
        for place, comment in enumerate(draft.comments):
            above["blocks", index, "txs", place] = f"{place}: {comment}"
    return above
