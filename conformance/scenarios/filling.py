"""Filling: from a scenario to the text of its vector. What is expected comes from the specification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conformance.scenarios.block_builder import CHAIN_ID, BlockBuilder, Draft, Unexpected
from conformance.scenarios.rules_reached import watching
from conformance.scenarios.scenario import Scenario
from conformance.vectors import evm
from conformance.vectors.document import Object, Path
from conformance.vectors.loading import load_vector
from conformance.vectors.model import FORMAT, VALID, Case, members, text
from conformance.vectors.places import SUFFIX
from conformance.vectors.writing import write_yaml
from spec.evm.fork import Fork
from spec.evm.state import FlatState

GENERATOR: Final = "samestate-fill/1"
SIZE_LIMIT: Final = 60_000


@dataclass(frozen=True, slots=True)
class Filled:
    """A vector as text, its id and its size in bytes."""

    id: str
    text: str


def fill(scenario: Scenario, fork: Fork) -> Filled:
    """The vector of a scenario under a fork. Raises Unexpected where the scenario is not about what it says."""
    builder = BlockBuilder(fork)
    scenario.story(builder)
    identity = scenario.id(fork)
    case = Case(
        id=identity,
        machine=evm.NAME,
        fork=fork.name.replace(" ", ""),
        params={"chain_id": str(CHAIN_ID)},
        selectors=frozenset(),
        pre={address: builder.pre[address] for address in sorted(builder.pre)},
        blocks=tuple(write_draft(fork, draft) for draft in builder.drafts),
    )
    blocks, expected, rules = execute(case, fork, builder.drafts)
    content: Object = {
        "format": FORMAT,
        "id": identity,
        "machine": {"name": case.machine, "fork": case.fork, "params": dict(case.params)},
        "rules": [*sorted(rules)],
        "hazards": [*scenario.hazards],
        "selectors": [*evm.needed_selectors(fork, case.pre, blocks, expected)],
        "pre": case.pre,
        "blocks": [{**block, "expect": expect} for block, expect in zip(blocks, expected, strict=True)],
        "provenance": {
            "scenario": scenario.title,
            "generator": GENERATOR,
            "accounts": {name: str(account) for name, account in sorted(builder.named.items())},
        },
    }
    written = write_yaml(content, comments(builder), header(scenario))
    load_vector(identity + SUFFIX, written.encode())
    if len(written) > SIZE_LIMIT:
        raise Unexpected(f"{identity}: has {len(written)} bytes, and may have {SIZE_LIMIT}")
    return Filled(identity, written)


def execute(case: Case, fork: Fork, drafts: list[Draft]) -> tuple[list[Object], list[Object], set[str]]:
    """The blocks with their proposed access lists, what comes out of each, and the rules that were reached."""
    state = evm.state_of(case)
    blocks: list[Object] = []
    expected: list[Object] = []
    rules: set[str] = set()
    for index, (draft, block) in enumerate(zip(drafts, case.blocks, strict=True)):
        if draft.proposed_access_list is not None:
            right, _, _ = evm.execute_block(case, fork, block, state)
            proposed = draft.proposed_access_list(evm.unhexed(text(right, "block_access_list")))
            block = {**block, "block_access_list": evm.hexed(proposed)}
        with watching() as reached:
            expect, state, _ = evm.execute_block(case, fork, block, state)
        rules |= reached
        check(f"{case.id}: block {index}", draft, expect, state)
        blocks.append(block)
        expected.append(expect)
    return blocks, expected, rules


def check(where: str, draft: Draft, expect: Object, state: FlatState) -> None:
    """What the scenario says of a block must be so."""
    status = text(expect, "status")
    if draft.rejection is None and status != VALID:
        raise Unexpected(f"{where}: the scenario says it is valid, and the specification rejects it: {expect}")
    if draft.rejection is not None:
        code, transaction = draft.rejection
        at_fault = expect.get("transaction")
        if status != code.name or (transaction is not None and at_fault != str(transaction)):
            raise Unexpected(f"{where}: the scenario says {code.name} of {transaction}, the specification {expect}")
    elif draft.receipts is not None:
        succeeded = tuple(text(receipt, "status") == "success" for receipt in members(expect, "receipts"))
        if succeeded != (draft.receipts or (True,) * len(succeeded)):
            raise Unexpected(f"{where}: the scenario says {draft.receipts} of the receipts, and they are {succeeded}")
    for look in draft.checks:
        try:
            look(state)
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
        block["ommers"] = [{"address": evm.hexed(ommer.address), "number": str(ommer.number)} for ommer in draft.ommers]
    return block


def header(scenario: Scenario) -> str:
    """The comment above a vector: the scenario's sentence, and what not to do."""
    sentence = " ".join((scenario.story.__doc__ or "").split())
    return f"{sentence}\nWritten by `samestate fill {scenario.title}`; do not edit."


def comments(builder: BlockBuilder) -> dict[Path, str]:
    """Comments: who an account is, and what a transaction does."""
    names = {str(account): name for name, account in builder.named.items()}
    above: dict[Path, str] = {("pre", address): names[address] for address in builder.pre if address in names}
    for index, draft in enumerate(builder.drafts):
        for place, (_, comment) in enumerate(draft.transactions):
            above[("blocks", index, "txs", place)] = f"{place}: {comment}"
    return above
