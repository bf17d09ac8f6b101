"""Executing a scenario of the EVM: the builder's drafts as blocks, and what the specification makes of them."""

from __future__ import annotations

import functools

from samestate.conformance.scenarios.block_builder import CHAIN_ID, ETHER, BlockBuilder, Draft, Unexpected
from samestate.conformance.scenarios.executed import ExecutedScenario, check_receipts, check_status
from samestate.conformance.scenarios.rules_reached import watching
from samestate.conformance.scenarios.scenario import Ruleset, Scenario
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object, Path
from samestate.conformance.vectors.hexadecimal import hexed, unhexed
from samestate.conformance.vectors.model import Case, text
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.state import FlatState


def execute_scenario(scenario: Scenario, ruleset: Ruleset) -> ExecutedScenario:
    """The scenario under a fork. Raises Unexpected where it is not about what it says."""
    if not isinstance(ruleset, Fork):
        raise TypeError(f"{ruleset} is no fork of the EVM")
    fork = ruleset
    builder = BlockBuilder(fork)
    scenario.story(builder)
    drafted = drafted_case(scenario.id(fork), fork, builder)
    blocks, expected, rules = execute(drafted, fork, builder.drafts)
    case = Case(
        id=drafted.id,
        machine=drafted.machine,
        fork=drafted.fork,
        params=drafted.params,
        selectors=frozenset(evm.needed_selectors(fork, drafted.pre, blocks, expected)),
        pre=drafted.pre,
        blocks=tuple(blocks),
    )
    accounts = {name: str(account) for name, account in builder.named.items()}
    return ExecutedScenario(case, tuple(expected), rules - ordinary_rules(fork), comments(builder), accounts)


def drafted_case(identity: str, fork: Fork, builder: BlockBuilder) -> Case:
    """What the builder describes, before any of it is executed."""
    return Case(
        id=identity,
        machine=evm.NAME,
        fork=fork.name.replace(" ", ""),
        params={"chain_id": str(CHAIN_ID)},
        selectors=frozenset(),
        pre={address: builder.pre[address] for address in sorted(builder.pre)},
        blocks=tuple(write_draft(fork, draft) for draft in builder.drafts),
    )


def execute(case: Case, fork: Fork, drafts: list[Draft]) -> tuple[list[Object], list[Object], frozenset[str]]:
    """The blocks with their proposed access lists, what comes out of each, and the rules that were reached."""
    state = evm.state_of(case)
    blocks: list[Object] = []
    expected: list[Object] = []
    rules: set[str] = set()
    for index, (draft, block) in enumerate(zip(drafts, case.blocks, strict=True)):
        if draft.proposed_access_list is not None:
            right, _, _ = evm.execute_block(case, fork, block, state)
            own = (
                text(right, "block_access_list") if "block_access_list" in right else "0x"
            )  # a rejected block has none
            proposed = draft.proposed_access_list(unhexed(own))
            block = {**block, "block_access_list": hexed(proposed)}
        with watching() as reached:
            expect, state, _ = evm.execute_block(case, fork, block, state)
        rules |= reached
        check(f"{case.id}: block {index}", draft, expect, state)
        blocks.append(block)
        expected.append(expect)
    return blocks, expected, frozenset(rules)


@functools.lru_cache(maxsize=32)
def ordinary_rules(fork: Fork) -> frozenset[str]:
    """The rules that a block reaches in which one account pays another: they tell no vector from another."""
    builder = BlockBuilder(fork)
    alice, bob = builder.accounts(alice=ETHER, bob=ETHER)
    builder.transfer(alice, to=bob, value=7)
    drafted = drafted_case("ordinary", fork, builder)
    with watching() as reached:
        evm.execute_block(drafted, fork, drafted.blocks[0], evm.state_of(drafted))
    return frozenset(reached)


def check(where: str, draft: Draft, expect: Object, state: FlatState) -> None:
    """What the scenario says of a block must be so."""
    code, transaction = draft.rejection or (None, None)
    check_status(where, expect, code.name if code is not None else None, transaction)
    if code is None:
        check_receipts(where, expect, draft.receipts)
    try:
        for look in draft.result_checks:
            look(expect)
        for look_at_state in draft.checks:
            look_at_state(state)
    except Unexpected as unexpected:
        raise Unexpected(f"{where}: {unexpected}") from unexpected


def write_draft(fork: Fork, draft: Draft) -> Object:
    """A block as a vector has it, without what is expected."""
    block: Object = {
        "env": evm.write_environment(fork, draft.environment),
        "txs": [evm.write_transaction(raw) for raw, _ in draft.transactions],
    }
    fields = evm.block_fields(fork)
    if fields["withdrawals"]:
        block["withdrawals"] = [evm.write_withdrawal(withdrawal) for withdrawal in draft.withdrawals]
    if fields["ommers"]:
        block["ommers"] = [{"address": hexed(ommer.address), "number": str(ommer.number)} for ommer in draft.ommers]
    return block


def comments(builder: BlockBuilder) -> dict[Path, str]:
    """Comments: who an account is, and what a transaction does."""
    names = {str(account): name for name, account in builder.named.items()}
    above: dict[Path, str] = {("pre", address): names[address] for address in builder.pre if address in names}
    for index, draft in enumerate(builder.drafts):
        for place, (_, comment) in enumerate(draft.transactions):
            above[("blocks", index, "txs", place)] = f"{place}: {comment}"
    return above
