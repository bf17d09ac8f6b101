"""Executing a scenario about a chain: the builder's blocks with their headers, and what becomes of each."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.fixtures.forks import ForkSchedule
from samestate.conformance.scenarios.chain_builder import ChainBuilder, Sealed
from samestate.conformance.scenarios.chain_draft import ForkTransition
from samestate.conformance.scenarios.draft import CHAIN_ID, NamedAccount
from samestate.conformance.scenarios.evm_executing import check, ordinary_rules
from samestate.conformance.scenarios.executed import ExecutedScenario
from samestate.conformance.scenarios.rules_reached import watching
from samestate.conformance.scenarios.scenario import Ruleset, Scenario
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object, Path
from samestate.conformance.vectors.evm.chain import VectorChain, chain_selectors, encode_parts
from samestate.conformance.vectors.evm.header import write_header
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import Case
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.state import FlatState


def schedule_of(ruleset: Ruleset) -> ForkSchedule:
    """Which fork rules which block."""
    if isinstance(ruleset, ForkTransition):
        return ruleset.schedule
    if not isinstance(ruleset, Fork):
        raise TypeError(f"{ruleset} is no fork of the EVM")
    return ForkSchedule(ruleset)


def execute_scenario(scenario: Scenario, ruleset: Ruleset) -> ExecutedScenario:
    """The scenario under one fork or two. Raises Unexpected where it is not about what it says."""
    schedule = schedule_of(ruleset)
    builder = ChainBuilder(schedule)
    scenario.story(builder)
    builder.seal()
    drafted = Case(
        id=scenario.id(ruleset),
        machine=evm.NAME,
        fork=schedule.first.name.replace(" ", ""),
        params={"chain_id": str(CHAIN_ID)},
        selectors=frozenset(),
        pre={address: builder.pre[address] for address in sorted(builder.pre)},
        blocks=(),
        parent=write_header(builder.parent_header),
        transition=write_transition(schedule),
    )
    chain = VectorChain(drafted)
    blocks: list[Object] = []
    expected: list[Object] = []
    rules: set[str] = set()
    state: FlatState = evm.state_of(drafted)
    for index, sealed in enumerate(builder.sealed):
        block = write_sealed(sealed)
        propose = sealed.draft.proposed_access_list
        if propose is not None:
            block["block_access_list"] = hexed(propose(sealed.access_list))
        with watching() as reached:
            step = chain.add(block)
        rules |= reached
        state = step.state or state
        check(f"{drafted.id}: block {index}", sealed.draft, step.written, state)
        blocks.append(block)
        expected.append(step.written)
    case = replace(drafted, blocks=tuple(blocks))
    case = replace(case, selectors=frozenset(chain_selectors(case, expected)))
    accounts = {name: str(account) for name, account in builder.named.items()}
    ordinary = ordinary_rules(schedule.first) | ordinary_rules(schedule.then or schedule.first)
    return ExecutedScenario(case, tuple(expected), frozenset(rules) - ordinary, comments(builder), accounts)


def write_transition(schedule: ForkSchedule) -> Object | None:
    """What stands under ``machine.transition``."""
    if schedule.then is None:
        return None
    written: Object = {"fork": schedule.then.name.replace(" ", "")}
    limits = {
        "number": schedule.from_number,
        "timestamp": schedule.from_timestamp,
        "total_difficulty": schedule.from_total_difficulty,
    }
    return written | {name: str(limit) for name, limit in limits.items() if limit is not None}


def write_sealed(sealed: Sealed) -> Object:
    """A block as a vector has it, without what is expected and the list that comes with it."""
    draft = sealed.draft
    block: Object = {
        "header": write_header(sealed.header),
        "hash": hexed(sealed.header.hash()),
        "txs": [evm.write_transaction(raw) for raw, _ in draft.transactions],
    }
    if draft.ommer_headers:
        block["ommers"] = [write_header(ommer) for ommer in draft.ommer_headers]
    if draft.has_withdrawals:
        block["withdrawals"] = [evm.write_withdrawal(withdrawal) for withdrawal in draft.withdrawals]
    if draft.change is not None:
        return {"rlp": hexed(draft.change(encode_parts(block)))}
    return block


def comments(builder: ChainBuilder) -> dict[Path, str]:
    """Comments: who an account is, what a transaction does, and what is special about a header."""
    names = {str(account): name for name, account in builder.named.items()}
    above: dict[Path, str] = {("pre", address): names[address] for address in builder.pre if address in names}
    for index, sealed in enumerate(builder.sealed):
        if sealed.draft.change is not None:
            continue
        for field, comment in sealed.draft.comments.items():
            above[("blocks", index, "header", field)] = comment
        for place, ommer in enumerate(sealed.draft.ommer_headers):
            who = by_address(builder, ommer.coinbase)
            above[("blocks", index, "ommers", place)] = f"{place}: by {who}, number {ommer.number}"
        for place, (_, comment) in enumerate(sealed.draft.transactions):
            above[("blocks", index, "txs", place)] = f"{place}: {comment}"
    return above


def by_address(builder: ChainBuilder, address: bytes) -> str:
    """The name of an account, or its address."""
    found: NamedAccount | None = next((each for each in builder.named.values() if each.address == address), None)
    return found.name if found is not None else hexed(address)
