"""What Agave's real Bank does with whole blocks: error, units, logs, fee, cost and accounts after, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.cost import transaction_cost
from samestate.spec.svm.outcome import Outcome
from tests.spec.svm.bank_cases import (
    account_as_shown,
    after_transactions,
    chain_of,
    code_of,
    decoded,
    put_together,
)
from tests.spec.svm.real_blocks import facts

pytestmark = [pytest.mark.fixtures]


def results_of(outcome: Outcome) -> dict[str, Any]:
    """An outcome as the Bank's program shows it."""
    cost = transaction_cost(outcome.transaction.resolved, outcome.units, outcome.loaded_size)
    return {
        "err": "ok" if outcome.error is None else str(outcome.error),
        "cu": outcome.units,
        "logs": list(outcome.logs) if outcome.is_executed else None,
        "fee": outcome.fee.signatures,
        "priority": outcome.fee.priority,
        "loaded": outcome.loaded_size,
        "cost": {
            "alloc": cost.allocation,
            "data": cost.data,
            "exec": cost.execution,
            "lock": cost.write_locks,
            "pages": cost.loaded_pages,
            "sig": cost.signatures,
            "sum": cost.total,
        },
    }


def differences_of(where: str, expected: Mapping[str, Any], ours: Outcome | Rejection, quiet: bool) -> list[str]:
    """Where one transaction comes to something else than on the Bank."""
    if isinstance(ours, Rejection):
        is_same = expected["stage"] != "committed" and ours.code.name == code_of(expected)
        return [] if is_same else [f"{where}: rejected with {ours}"]
    results = results_of(ours)
    if expected["stage"] != "committed":
        return [f"{where}: {results}"]
    wanted = {key: expected.get(key) for key in results}
    wanted["cost"] = {key: expected["cost"][key] for key in results["cost"]}
    if quiet:
        wanted["logs"] = results["logs"]
    return [f"{where}: {key}: {results[key]} for {wanted[key]}" for key in results if results[key] != wanted[key]]


def differences(case: Mapping[str, Any]) -> list[str]:
    """Where a case of blocks comes to something else than on the Bank."""
    chain, found = chain_of(case), []
    recorded = {block["slot"]: block for block in case["bank"]["blocks"]}
    for block in case["blocks"]:
        given = {"slot": block, "entries": []} if isinstance(block, int) else block
        slot, before = given["slot"], chain.state
        wires = [list(decoded(entry)) for entry in given["entries"]]
        result, placed = chain.add(slot, [[one for one in entry if not isinstance(one, Rejection)] for entry in wires])
        if slot not in recorded:
            continue
        ours = iter(placed)
        for entry, theirs in zip(wires, recorded[slot]["entries"], strict=True):
            for one, expected in zip(entry, theirs["txs"], strict=True):
                came_to = one if isinstance(one, Rejection) else next(ours)
                where = f"slot {slot}: {expected['err']}"
                found += differences_of(where, expected, came_to, given.get("quiet", False))
        changed = after_transactions(result)
        for key, wanted in recorded[slot]["post"].items():
            address = bytes.fromhex(key)
            shown = account_as_shown(changed[address] if address in changed else before.account(address))
            if shown != wanted:
                found.append(f"slot {slot}: account {key}: {shown} for {wanted}")
    return found


def recorded_differences(case: Mapping[str, Any], record: Mapping[str, Any]) -> list[str]:
    """Where a case of a few transactions, each in an entry of its own, comes to something else than on the Bank."""
    chain = chain_of({**case, "ruleset": record["ruleset"]})
    _, placed = chain.add(1, [[put_together(parts)] for parts in case["txs"]])
    pairs = zip(record["detail"], placed, strict=True)
    return [line for expected, ours in pairs for line in differences_of(expected["err"], expected, ours, False)]


OTHER_ORDER = {
    "locks: 64 keys, 65 keys, readonly counted too, 66 with duplicate message in the batch": (
        "slot 1: AlreadyProcessed: rejected with Transaction locked too many accounts: 66 keys",
    ),
    "precedence": (
        "slot 1: SignatureFailure: rejected with Error processing Instruction: invalid instruction data: instruction 0",
        "slot 1: SignatureFailure: rejected with LoadedAccountsDataSizeLimit set for transaction must be greater than "
        "0.",
        "slot 1: SignatureFailure: rejected with Transaction loads an address table account that doesn't exist: "
        "7v54NWdBtkjuAFJrLGsS2SXnuk8nKam81mZJeeYxVFi9",
    ),
}
"""Transactions with two defects, of which the Bank names the other one; it checks signatures first, and duplicates in a
batch before locks. Either way there is no such block."""

NOT_SPECIFIED = "rejected with the program is bytecode, whose execution is not specified: "
OF_BYTECODE = {
    "loader-v3 program called / only listed / with program data listed": (
        f"slot 1: ok: {NOT_SPECIFIED}Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH",
        f"slot 1: ok: {NOT_SPECIFIED}Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH",
        "slot 1: account 8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c: "
        "[9999994999, 'e3b0c44298fc1c14', '11111111111111111111111111111111', False, 0, ''] for "
        "[9999984999, 'e3b0c44298fc1c14', '11111111111111111111111111111111', False, 0, '']",
    ),
    "memo ok": (f"ok: {NOT_SPECIFIED}MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",),
}
"""Cases in which bytecode runs."""


@pytest.mark.parametrize("place", range(76))
def test_case_of_the_bank(place: int) -> None:
    case = facts("bank-cases")["cases"][place]
    known = OTHER_ORDER.get(case["name"]) or OF_BYTECODE.get(case["name"]) or ()
    assert differences(case) == list(known), case["name"]


@pytest.mark.parametrize("place", range(146))
def test_recorded_case(place: int) -> None:
    record = facts("bank-recorded")["results"][place]
    case = next(case for case in facts("oracle-cases")["cases"] if case["name"] == record["case"])
    known = OTHER_ORDER.get(case["name"]) or OF_BYTECODE.get(case["name"]) or ()
    assert recorded_differences(case, record) == list(known), case["name"]


def test_every_case_is_run() -> None:
    assert len(facts("bank-cases")["cases"]) == 76
    assert len(facts("bank-recorded")["results"]) == 146
