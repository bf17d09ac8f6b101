"""Agave's Bank and LiteSVM: what is asked of them, what is made of their answers, and what they are not asked."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from samestate.conformance.checking.vectors import check_vector
from samestate.conformance.checking.verdict import Result
from samestate.conformance.engines.clients.agave.question import question, unable
from samestate.conformance.engines.clients.agave.results import one_by_one, results_of
from samestate.conformance.engines.clients.litesvm import asking
from samestate.conformance.engines.clients.litesvm.engine import merged
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.engines.registry import compare_engine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import POST_STATE, Case, member, members
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.spec.svm.addresses import RECENT_BLOCKHASHES, address, base58
from tests.conformance.checking.cases import samestate
from tests.data import data_folder

TRANSFER = "svm/transfers/one_transfer-mainnet-2026-09"


def case_of(id: str = TRANSFER) -> Case:
    return load_vector_file(VECTORS / f"{id}{SUFFIX}").case


def with_bank(case: Case, **fields: Any) -> Case:
    bank = {**member(case.pre, "bank"), **fields}
    return replace(case, pre={**case.pre, "bank": bank})


def processed(**fields: Any) -> dict[str, Any]:
    return {
        "stage": "processed",
        "error": None,
        "units": 150,
        "logs": ["Program 11111111111111111111111111111111 success"],
        "fee": 5000,
        "priority_fee": 0,
        "loaded_size": 213,
        "payer_balance": 1,
        "cost": {"total": 1481},
        "too_much": None,
        **fields,
    }


def answer(*transactions: dict[str, Any], history: str | None = None, **closed: Any) -> dict[str, Any]:
    given = {
        "slot": 1,
        "lattice": "00" * 32,
        "bank_hash": "01" * 32,
        "blockhash": "02" * 32,
        "signatures": 1,
        "block_cost": 1481,
        "accounts": {},
        **closed,
    }
    return {"blocks": [{"history": history, "transactions": list(transactions), "closed": given}]}


def result(*transactions: dict[str, Any], **fields: Any) -> Object:
    (made,) = results_of(case_of(), answer(*transactions, **fields))
    return made


# The Bank


def test_the_bank_is_asked_about_all_that_a_case_says() -> None:
    asked = question(case_of())
    assert asked["parent"]["slot"] == 1000 and len(asked["blockhashes"]) == 3
    assert asked["slot_nanoseconds"] == 400_000_000 and asked["hashes_per_tick"] == 62_500
    assert len(asked["features"]) == 247  # 250 of September, but for those that make slots shorter
    (block,) = asked["blocks"]
    assert block["limits"] == [40_000_000, 100_000_000, 100_000_000]
    assert base64.b64decode(block["entries"][0]["transactions"][0])[:1] == b"\x01"
    assert asked["accounts"]["00" * 32][0] == 1
    json.dumps(asked)


def test_limits_and_features_of_a_case_go_before_those_of_its_ruleset() -> None:
    params = {"limit_block": "7", "enable_tx_v1": "inactive"}
    asked = question(replace(case_of(), params=params))
    assert asked["blocks"][0]["limits"] == [40_000_000, 7, 100_000_000]
    assert len(asked["features"]) == 246


def test_what_the_bank_cannot_be_given_is_not_asked() -> None:
    case = case_of()
    assert unable(case) == ""
    told = unable(with_bank(case, status_cache={"0x" + "00" * 32: ["0x" + "01" * 32]}))
    assert told == "the Bank cannot be told what was processed before the first block"
    queue = members(member(case.pre, "bank"), "blockhashes")
    gap = [{**queue[0], "number": "1"}, *queue[1:]]
    assert unable(with_bank(case, blockhashes=gap)) == "the Bank's queue of blockhashes has no gaps"
    rent = {"lamports": "1", "owner": "Sysvar1111111111111111111111111111111111111", "data": "0x" + "07" + "00" * 16}
    accounts = {**member(case.pre, "accounts"), "SysvarRent111111111111111111111111111111111": rent}
    another = replace(case, pre={**case.pre, "accounts": accounts})
    assert unable(another) == "the Bank takes the price of rent from the sysvar, which says another"


def test_receipts_are_as_vectors_have_them() -> None:
    made = result(processed(), processed(error="InstructionError(0, Custom(1))"), processed(error="E", logs=None))
    assert [receipt["status"] for receipt in members(made, "receipts")] == ["success", "failed", "fees-only"]
    assert members(made, "receipts")[1]["error"] == "InstructionError(0, Custom(1))"
    assert members(made, "receipts")[2]["logs"] == []
    assert made["bank_hash"] == "0x" + "01" * 32 and made["block_cost"] == "1481"


def test_accounts_are_brought_up_to_date() -> None:
    case = case_of()
    payer = next(name for name in member(case.pre, "accounts") if name[0] != "1")
    changes = {address(payer).hex(): None, "05" * 32: [7, base64.b64encode(b"data").decode(), "00" * 32, True]}
    accounts = member(member(result(processed(), accounts=changes), POST_STATE), "accounts")
    assert payer not in accounts
    assert accounts[base58(b"\x05" * 32)] == {
        "lamports": "7",
        "owner": base58(bytes(32)),
        "executable": "true",
        "data": "0x64617461",
    }


@pytest.mark.parametrize(
    ("transaction", "status"),
    [
        ({"stage": "malformed", "error": "TrailingBytes"}, "MALFORMED_TRANSACTION"),
        ({"stage": "refused", "error": "DuplicateInstruction(1)"}, "DUPLICATE_INSTRUCTION"),
        (
            {"stage": "refused", "error": "InstructionError(0, InvalidInstructionData)"},
            "INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA",
        ),
        (
            {"stage": "unprocessable", "error": "InsufficientFundsForRent { account_index: 0 }"},
            "INSUFFICIENT_FUNDS_FOR_RENT",
        ),
        (processed(too_much="WouldExceedMaxBlockCostLimit"), "WOULD_EXCEED_MAX_BLOCK_COST_LIMIT"),
    ],
)
def test_a_block_is_invalid_for_its_first_wrong_transaction(transaction: dict[str, Any], status: str) -> None:
    assert result(processed(), transaction) == {"status": status, "transaction": "1"}


def test_a_malformed_transaction_goes_before_all_else() -> None:
    wrong = {"stage": "malformed", "error": "x"}
    assert result({"stage": "undecided"}, wrong) == {"status": "MALFORMED_TRANSACTION", "transaction": "1"}
    assert result(history="TooManyTicks") == {"status": "TOO_MANY_TICKS"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"blocks": []},
        {"blocks": "all"},
        {"blocks": [{}]},
        {"blocks": [{"history": None, "transactions": [{"stage": "asleep"}], "closed": None}]},
        answer({"stage": "processed"}),
        answer(processed(), accounts={"zz": None}),
        answer(processed(), accounts={"00" * 32: [1]}),
    ],
)
def test_what_is_no_answer_is_a_failure(given: dict[str, Any]) -> None:
    with pytest.raises(EngineFailure, match=r"gives no results of 1 blocks|gives a result that is none"):
        results_of(case_of(), given)


def test_a_sysvar_that_the_state_does_not_have_is_not_asked_about() -> None:
    case = case_of("svm/nonces/advance-mainnet-2026-09")
    assert unable(case) == ""
    sysvar = base58(RECENT_BLOCKHASHES)
    accounts = {name: account for name, account in member(case.pre, "accounts").items() if name != sysvar}
    case = replace(case, pre={**case.pre, "accounts": accounts})
    assert "a transaction names RecentBlockhashes, which is none" in unable(case)


# LiteSVM


def test_litesvm_is_asked_slot_by_slot_and_told_what_happens_between() -> None:
    case = case_of()
    right = execute(case)
    asked = asking.question(case, right)
    (slot,) = asked["slots"]
    assert slot["clock"][0] == 1001 and slot["slot_hashes"][0][0] == 1000
    assert len(slot["transactions"]) == len(slot["told"]) == 1
    assert "00" * 32 not in asked["accounts"]
    assert asked["log_bytes"] == 10_000


def test_what_litesvm_gives_stands_in_the_place_of_what_is_right() -> None:
    case = case_of()
    right = execute(case)
    receipt = members(right[0], "receipts")[0]
    told = {"error": None, "units": 150, "logs": receipt["logs"], "fee": 5000, "accounts": {}}
    assert merged(right, {"slots": [[told]]}) == right
    (other,) = merged(right, {"slots": [[{**told, "error": "AccountNotFound", "units": 3}]]})
    assert members(other, "receipts")[0]["error"] == "AccountNotFound"
    assert members(other, "receipts")[0]["status"] == "failed"
    left = {"05" * 32: ["9", "", "00" * 32, False]}
    with pytest.raises(EngineFailure, match=r"transaction 0: account .*: expected absent, LiteSVM leaves 0x09"):
        merged(right, {"slots": [[{**told, "accounts": left}]]})
    with pytest.raises(ValueError, match="0 results of 1 transactions"):
        merged(right, {"slots": [[]]})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lamports_per_signature": "5001"}, "LiteSVM has prices of its own"),
        ({"lamports_per_byte": "5080"}, "LiteSVM has prices of its own"),
    ],
)
def test_what_litesvm_cannot_be_given_is_not_asked(changes: dict[str, str], said: str) -> None:
    case = with_bank(case_of(), **changes)
    assert asking.unable(case, execute(case)) == said


def test_litesvm_judges_no_blocks() -> None:
    case = case_of()
    assert "judges no blocks" in asking.unable(case, [{"status": "SANITIZE_FAILURE"}])


class Knowing:
    """An engine that knows what a program of bytecode does."""

    id = "knowing"
    capabilities = replace(
        find_engine("spec").capabilities, outputs=frozenset({"rejection_code"}), access=Granularity.NONE
    )

    def run(self, case: Case) -> list[Object]:
        return [{"status": "valid"} for _ in case.blocks]


def test_of_what_nothing_is_said_an_engine_may_know() -> None:
    vector = load_vector_file(VECTORS / f"svm/loading/bytecode-mainnet-2026-09{SUFFIX}")
    verdict = check_vector(vector, Knowing())  # type: ignore[arg-type] # it is never closed
    assert verdict.result is Result.SKIPPED
    assert verdict.reason.startswith("BYTECODE_NOT_SPECIFIED: ")
    assert check_vector(vector, find_engine("spec")).result is Result.PASSED


# Those that are here


def engine_or_skip(id: str) -> Any:
    try:
        return find_engine(id)
    except InputError as missing:
        pytest.skip(str(missing))


@pytest.mark.peers
def test_the_bank_gives_the_bank_hash_of_a_real_block() -> None:
    made = engine_or_skip("agave")
    made.close()
    ran = samestate("check", data_folder() / "svm" / "testnet-417955322", "--engine", "agave")
    assert ran.exit_code == 0 and "1 passed, 0 failed, 1 skipped" in ran.output, ran.output


@pytest.mark.peers
@pytest.mark.parametrize("suite", ["transfers", "locks", "lookup_tables"])
def test_the_bank_agrees_with_vectors(suite: str) -> None:
    made = engine_or_skip("agave")
    try:
        for path in sorted((VECTORS / "svm" / suite).glob(f"*{SUFFIX}")):
            vector = load_vector_file(path)
            if not made.capabilities.missing(vector.case):
                assert compare_engine(made, vector) is None, path.name
    finally:
        made.close()


@pytest.mark.parametrize(
    ("id", "code"),
    [
        # the second of an entry names the value that the nonce had: the same message, and another's
        ("svm/nonces/a_durable_transaction-mainnet-2026-09", "BLOCKHASH_NOT_FOUND"),
        ("svm/transfers/one_transfer-mainnet-2026-09", "ALREADY_PROCESSED"),
    ],
)
def test_a_message_twice_in_a_batch_is_called_what_it_is_one_by_one(id: str, code: str) -> None:
    case = case_of(id)
    (entry,) = members(case.blocks[0], "entries")
    wires = entry["txs"]
    assert isinstance(wires, list)
    case = replace(case, blocks=({**case.blocks[0], "entries": [{"txs": [*wires, *wires]}]},))
    (expected,) = execute(case)
    assert expected == {"status": code, "transaction": "1"}
    assert one_by_one(case, 0, {"status": "ALREADY_PROCESSED", "transaction": "1"}) == expected
    assert one_by_one(case, 0, {"status": "SANITIZE_FAILURE", "transaction": "1"})["status"] == "SANITIZE_FAILURE"
