"""Executing a scenario of Solana's machine: drafts as blocks, and what the specification makes of them."""

from __future__ import annotations

import functools
from dataclasses import replace

from samestate.conformance.generating.svm.instructions import transfer
from samestate.conformance.scenarios.executed import ExecutedScenario, check_draft
from samestate.conformance.scenarios.rules_reached import watching
from samestate.conformance.scenarios.scenario import Ruleset, Scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder, blockhash_of_slot
from samestate.conformance.scenarios.svm_draft import SOL, SvmDraft
from samestate.conformance.vectors import svm
from samestate.conformance.vectors.document import Object, Path
from samestate.conformance.vectors.model import Case
from samestate.spec.machine import Rejection
from samestate.spec.svm.block import HistoryEntry
from samestate.spec.svm.history import next_hash
from samestate.spec.svm.transaction import SignedTransaction, decode_transaction


def execute_scenario(scenario: Scenario, ruleset: Ruleset) -> ExecutedScenario:
    """The scenario, executed. Raises Unexpected where it is not about what it says."""
    builder = SvmBlockBuilder(ruleset.name)
    scenario.story(builder)
    executed = execute_drafts(scenario.id(ruleset), ruleset.name, builder)
    return replace(executed, rules=executed.rules - ordinary_rules(ruleset.name))


@functools.lru_cache(maxsize=8)
def ordinary_rules(ruleset: str) -> frozenset[str]:
    """The rules that a block reaches in which one account pays another: they tell no vector from another."""
    builder = SvmBlockBuilder(ruleset)
    payer, shop = builder.wallets("payer", "shop")
    builder.send(payer, transfer(payer.address, shop.address, SOL))
    return execute_drafts("svm/ordinary/transfer", ruleset, builder).rules


def execute_drafts(identity: str, ruleset: str, builder: SvmBlockBuilder) -> ExecutedScenario:
    """What a builder has been told, executed. Raises Unexpected where it says what is not so."""
    case = Case(
        id=identity,
        machine=svm.NAME,
        fork=ruleset,
        params=dict(sorted(builder.params.items())),
        selectors=frozenset(),
        pre=svm.write_state(builder.accounts, builder.bank, builder.slot_time, builder.others),
        blocks=(),
    )
    machine, state, bank = svm.read_case(case)
    blocks: list[Object] = []
    expected: list[Object] = []
    rules: set[str] = set()
    for index, draft in enumerate(builder.drafts):
        block = block_of(builder, draft, bank.blockhashes.last)
        with watching() as reached:
            expect, state, bank = svm.execute_block(block, machine, state, bank)
        rules |= reached
        check_draft(f"{identity}: block {index}", draft, expect, state)
        blocks.append(block)
        expected.append(expect)
    case = replace(case, blocks=tuple(blocks))
    case = replace(case, selectors=frozenset(svm.needed_selectors(case, expected)))
    accounts = {name: str(account) for name, account in builder.named.items()}
    return ExecutedScenario(case, tuple(expected), frozenset(rules), comments(builder, case.pre), accounts)


def block_of(builder: SvmBlockBuilder, draft: SvmDraft, previous: bytes) -> Object:
    """The block that a draft describes, its entries hashed one after another where it has a proof of history."""
    entries: list[tuple[list[bytes], int, bytes]] = []
    for entry in draft.entries:
        if builder.has_history:
            right = next_hash(previous, HistoryEntry(entry.hashes, b"", decoded(entry.wires)))
            previous = right if entry.hash is None else entry.hash
        entries.append((entry.wires, entry.hashes, previous))
    return svm.write_block(
        draft.slot,
        draft.leader.address,
        entries,
        blockhash=None if builder.has_history else blockhash_of_slot(draft.slot),
        unix_timestamp=draft.unix_timestamp,
    )


def decoded(wires: list[bytes]) -> tuple[SignedTransaction, ...]:
    """Those of the transactions that can be decoded: only with them does an entry have a right hash."""
    found = []
    for wire in wires:
        try:
            found.append(decode_transaction(wire))
        except Rejection:
            continue
    return tuple(found)


def comments(builder: SvmBlockBuilder, pre: Object) -> dict[Path, str]:
    """Comments: who an account is, and who sends a transaction."""
    names = {str(account): name for name, account in builder.named.items()}
    accounts = pre["accounts"]
    above: dict[Path, str] = {("pre", "accounts", address): names[address] for address in accounts if address in names}
    for index, draft in enumerate(builder.drafts):
        number = 0
        for place, entry in enumerate(draft.entries):
            for position, comment in enumerate(entry.comments):
                above["blocks", index, "entries", place, "txs", position] = f"{number}: {comment}".removesuffix(": ")
                number += 1
    return above
