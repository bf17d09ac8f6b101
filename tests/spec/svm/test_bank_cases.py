"""The specification against the validator's own Bank, on every case that was recorded of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.slot_time import SLOT_TIMES, CostLimits
from samestate.spec.svm.state import svm_state
from samestate.spec.svm.transaction import SignedTransaction, decode_transaction
from tests.spec.svm.bank_cases import LEADER, Run, accounts_of_case, blockhash, ruleset_named, state_of_case
from tests.spec.svm.real_blocks import facts
from tests.spec.svm.small import message_of, signed

BYTECODE = {
    "loader-v3 program called / only listed / with program data listed": "a memo program, whose account is not at hand",
    "memo ok": "a memo program, whose account is not at hand",
}
ORDER = {
    # In a block the first of two such transactions is the one at fault, and nothing is said of the second.
    "locks: 64 keys, 65 keys, readonly counted too, 66 with duplicate message in the batch": [
        "slot 1, transaction 4: err is 'TOO_MANY_ACCOUNT_LOCKS', on the Bank 'ALREADY_PROCESSED'",
    ],
    # The Bank verifies signatures right after the size. Here they come last of what a transaction says by itself: in
    # replay they are verified beside all else, and either error makes the block invalid.
    "precedence": [
        "slot 1, transaction 5: err is 'INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA', on the Bank 'SIGNATURE_FAILURE'",
        "slot 1, transaction 6: err is 'INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT', on the Bank 'SIGNATURE_FAILURE'",
        "slot 1, transaction 11: err is 'ADDRESS_LOOKUP_TABLE_NOT_FOUND', on the Bank 'SIGNATURE_FAILURE'",
    ],
}
"""Where it is a matter of order, which of two errors is named."""


def decoded(wire: str, expected: dict[str, Any]) -> SignedTransaction | None:
    """A transaction, or None for what neither the Bank nor anybody here can decode."""
    try:
        return decode_transaction(base64.b64decode(wire))
    except Rejection as rejection:
        assert rejection.code is Invalid.MALFORMED_TRANSACTION
        assert expected["stage"] == "decode"
        return None


def run_case(case: dict[str, Any]) -> Run:
    recorded = {block["slot"]: block for block in case["bank"]["blocks"]}
    blocks = [{"slot": block} if isinstance(block, int) else block for block in case["blocks"]]
    limits = CostLimits(*case["limits"]) if "limits" in case else SLOT_TIMES[400].limits
    genesis_hash = bytes(32)
    if case["name"] == "genesis hash usable":
        wire = next(block["entries"][0][0] for block in blocks if block.get("entries"))
        genesis_hash = decode_transaction(base64.b64decode(wire)).message.blockhash
    ruleset = case["ruleset"] if isinstance(case["ruleset"], str) else "B"
    run = Run(ruleset_named(ruleset), state_of_case(case), limits, genesis_hash)
    for block in blocks:
        slot, entries, expected = block["slot"], [], []
        for place, wires in enumerate(block.get("entries", [])):
            bank_says = recorded[slot]["entries"][place]["txs"]
            found = [(decoded(wire, says), says) for wire, says in zip(wires, bank_says, strict=True)]
            entries.append([transaction for transaction, _ in found if transaction is not None])
            expected += [says for transaction, says in found if transaction is not None]
        run.slot(slot, entries, expected)
        if slot in recorded:
            run.compare_accounts(slot, recorded[slot]["post"])
            leader = run.state.account(LEADER) or Account(0)
            if leader.lamports != recorded[slot]["leader"][1]:
                run.differences.append(f"slot {slot}: the leader has {leader.lamports}")
    return run


def test_whole_blocks_and_slots() -> None:
    compared, differences = 0, {}
    for case in facts("bank-cases")["cases"]:
        if case["name"] not in BYTECODE:
            run = run_case(case)
            compared += run.compared
            if run.differences:
                differences[case["name"]] = run.differences
    assert differences == ORDER
    assert compared >= 230


@pytest.mark.parametrize("ruleset", ["A", "B"])
def test_the_recorded_ones(ruleset: str) -> None:
    cases = {case["name"]: case for case in facts("oracle-cases")["cases"]}
    compared, differences = 0, {}
    for recorded in facts("bank-recorded")["results"]:
        if recorded["ruleset"] != ruleset or recorded["case"] in BYTECODE:
            continue
        case = cases[recorded["case"]]
        run = Run(ruleset_named(ruleset), svm_state(accounts_of_case(case["accounts"])))
        run.slot(1, [[built(parts)] for parts in case["txs"]], recorded["detail"])
        compared += run.compared
        if run.differences:
            differences[recorded["case"]] = run.differences
    assert differences == {}
    assert compared >= 70


def built(parts: dict[str, Any]) -> SignedTransaction:
    """A transaction from its parts."""
    message = message_of(
        [bytes.fromhex(key) for key in parts["keys"]],
        [(program, accounts, bytes.fromhex(data)) for program, accounts, data in parts["ix"]],
        header=tuple(parts["header"]),
        blockhash=blockhash(0) if parts["blockhash"] == "latest" else bytes.fromhex(parts["blockhash"]),
        version="legacy" if parts["version"] is None else parts["version"],
        lookups=[(bytes.fromhex(where), writable, readonly) for where, writable, readonly in parts["lookups"]],
    )
    return signed(message, *parts["signers"])
