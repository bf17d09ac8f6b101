"""What was recorded of Solana's chain and of its engines: told apart, put together, and compared as far as it goes."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.api import cases as api
from samestate.conformance.checking.recorded import check_recorded, entries_checks
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.registry import find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.solana.entries import WireEntry
from samestate.conformance.fixtures.solana.genesis import blockhash_of
from samestate.conformance.fixtures.solana.recorded import (
    RecordedResult,
    read_bank_cases,
    read_oracle_cases,
    signed_transaction,
)
from samestate.conformance.vectors.recorded.bank_case import vectors_of_bank_case
from samestate.conformance.vectors.recorded.model import NotExecuted, RecordedEntries, RecordedVector
from samestate.conformance.vectors.recorded.oracle_case import with_stage
from samestate.conformance.vectors.recorded.parts import Form, form_of, is_binary
from samestate.spec.svm.block import HistoryEntry
from samestate.spec.svm.history import next_hash
from samestate.spec.svm.signature import address_of
from samestate.spec.svm.transaction import decode_transaction
from tests.conformance.checking.cases import samestate
from tests.conformance.fixtures.solana.samples import (
    PARENT,
    SLOT,
    as_json,
    batch_of,
    ledger_account,
    manifest,
    manifest_bytes,
    shreds_of,
    transfer,
)
from tests.data import data_folder

PAYER = address_of(b"\x01" * 32)
SYSTEM = "00" * 32
DIGEST_OF_NOTHING = "e3b0c44298fc1c14"
SHOP = b"\x02" * 32


def bank_case(**changes: Any) -> dict[str, Any]:
    """A case of the Bank: one transfer, and the same one again, which cannot be processed."""
    wire = base64.b64encode(transfer(10**9, blockhash_of(0))).decode()
    told = {
        "stage": "committed",
        "err": "ok",
        "cu": 150,
        "fee": 5000,
        "priority": 0,
        "loaded": 149,
        "logs": [f"Program {'1' * 32} invoke [1]", f"Program {'1' * 32} success"],
        "cost": {"sum": 1481},
        "fits": "ok",
    }
    post = {SHOP.hex(): [10**9, DIGEST_OF_NOTHING, "1" * 32, False, 0, ""]}
    block = {
        "slot": 1,
        "entries": [{"txs": [told, {"stage": "unprocessed", "err": "AlreadyProcessed"}], "post": post}],
        "post": {},
        "hash": "00" * 32,
        "parent_hash": "00" * 32,
        "lattice": "00" * 32,
        "signatures": 1,
        "blockhash": blockhash_of(1).hex(),
        "leader": [10**9, 10**9 + 2500],
    }
    return {
        "name": "a transfer twice",
        "ruleset": "B",
        "accounts": {PAYER.hex(): [10**10, "", SYSTEM, False]},
        "blocks": [{"slot": 1, "entries": [[wire, wire]]}],
        "bank": {"blocks": [block]},
        **changes,
    }


def with_told(**fields: Any) -> dict[str, Any]:
    """The case with something else told of the first transaction."""
    case = bank_case()
    case["bank"]["blocks"][0]["entries"][0]["txs"][0] |= fields
    return case


def verdicts(case: dict[str, Any]) -> list[Verdict]:
    engine = find_engine("spec")
    (read,) = read_bank_cases("file", {"cases": [case]})
    return [check_recorded(each, "spec", engine) for each in vectors_of_bank_case("file", read)]


def without_sums(case: dict[str, Any]) -> dict[str, Any]:
    """The case with the sums that the specification gives: only what is recorded by hand is then compared."""
    (read,) = read_bank_cases("file", {"cases": [case]})
    whole, *_ = vectors_of_bank_case("file", read)
    assert not isinstance(whole, NotExecuted)
    (result,) = find_engine("spec").run(whole.case)  # type: ignore[union-attr] # it has blocks
    block = case["bank"]["blocks"][0]
    block |= {"hash": str(result["bank_hash"])[2:], "lattice": str(result["state_root"])[2:]}
    return case


# Cases of the Bank


def test_a_recorded_chain_is_a_case_of_what_was_processed_and_one_of_each_that_was_not() -> None:
    made = verdicts(without_sums(bank_case()))
    assert [verdict.result for verdict in made] == [Result.PASSED, Result.PASSED], [each.reason for each in made]
    assert [verdict.id for verdict in made] == [
        "file::a transfer twice",
        "file::a transfer twice/slot 1, transaction 1",
    ]
    assert {"receipts", "bank_hash", "state_root", "signature_count", "accounts"} <= {*made[0].checks}
    assert {"rejection_code", "transaction"} <= {*made[1].checks}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cu": 151}, "receipt 0: units: expected 151, the engine gives 150"),
        ({"fee": 1}, "receipt 0: fee: expected 1"),
        ({"loaded": 1}, "receipt 0: loaded_size: expected 1"),
        ({"cost": {"sum": 1}}, "receipt 0: cost: expected 1"),
        ({"priority": 1}, "receipt 0: priority_fee: expected 1"),
        ({"err": "InstructionError(0, Custom(1))"}, "receipt 0: status: expected failed"),
        ({"logs": ["Program"]}, "receipt 0: logs[0]: expected Program"),
    ],
)
def test_what_differs_from_what_was_recorded_is_named(fields: dict[str, Any], said: str) -> None:
    verdict = verdicts(without_sums(with_told(**fields)))[0]
    assert verdict.result is Result.FAILED
    assert verdict.reason.startswith(said)


def test_an_account_that_is_not_what_was_recorded_is_named() -> None:
    case = without_sums(bank_case())
    case["bank"]["blocks"][0]["entries"][0]["post"][SHOP.hex()][0] = 7
    assert "is not what was recorded, but Account(lamports=1000000000" in verdicts(case)[0].reason
    case["bank"]["blocks"][0]["entries"][0]["post"][SHOP.hex()] = None
    assert "is not what was recorded, but Account(" in verdicts(case)[0].reason


def test_a_wrong_hash_and_a_wrong_code_are_named() -> None:
    assert (
        verdicts(bank_case())[0].reason.startswith("state_root: expected 0x00")
        or "hash" in verdicts(bank_case())[0].reason
    )
    case = without_sums(bank_case())
    case["bank"]["blocks"][0]["entries"][0]["txs"][1]["err"] = "AccountNotFound"
    assert "expected rejection ACCOUNT_NOT_FOUND" in verdicts(case)[1].reason


def test_what_cannot_be_executed_is_told_with_one_code() -> None:
    program = base64.b64encode(transfer(1) + b"").decode()
    case = bank_case()
    token = bytes.fromhex("06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9")
    wire = base64.b64decode(program).replace(SHOP, token)
    case["blocks"][0]["entries"] = [[base64.b64encode(wire).decode()] * 2]
    (verdict,) = verdicts(case)
    assert verdict.result is Result.SKIPPED
    assert verdict.reason == "BYTECODE_NOT_SPECIFIED: a transaction names a program of the genesis"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ruleset": "C"}, "ruleset: must be one of A, B, but is 'C'"),
        ({"ruleset": {"A without": [], "B without": []}}, "must name one ruleset"),
        ({"blocks": [{"slot": 1, "entries": [[]]}]}, "0 transactions"),
        ({"blocks": [{"slot": 2, "entries": [["AA=="]]}]}, "has no result of slot 2"),
        ({"blocks": [3, 2]}, "slots must ascend from 1 on"),
        ({"accounts": {"00": [1, "", SYSTEM, False]}}, "must be an address in hex or base58"),
        ({"accounts": {SYSTEM: [1, "0", SYSTEM, False]}}, "must be hex of whole bytes"),
        ({"accounts": {SYSTEM: [1, "z99999999999", SYSTEM, False]}}, "is more than an account may have"),
        ({"accounts": {SYSTEM: [2**64, "", SYSTEM, False]}}, "lamports do not fit 64 bits"),
        ({"limits": [1, 2]}, "limits: must be three numbers"),
    ],
)
def test_a_case_that_is_none_is_said_to_be_so(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        verdicts(bank_case(**changes))
    assert said in str(raised.value)


def test_features_that_no_rule_knows_cannot_be_switched() -> None:
    (verdict,) = verdicts(bank_case(ruleset={"B without": ["16FMCmgLzCNNz6eTwGanbyN2ZxvTBSLuQ6DZhgeMshg"]}))
    assert verdict.reason.endswith("cannot be switched by itself")


# Entries


def whole_slot(start: bytes = b"\x04" * 32) -> tuple[WireEntry, ...]:
    """64 ticks of ten hashes, and a transfer before the second."""
    entries: list[WireEntry] = []
    for index in range(65):
        wires = (transfer(),) if index == 1 else ()
        hashes = 4 if index == 1 else 6 if index == 2 else 10
        decoded = tuple(map(decode_transaction, wires))
        start = next_hash(start, HistoryEntry(hashes, b"", decoded))
        entries.append(WireEntry(hashes, start, wires))
    return tuple(entries)


def entries_case(**changes: Any) -> RecordedEntries:
    case = RecordedEntries("file", "slot", whole_slot(), b"\x04" * 32, 10, is_whole=True)
    return replace(case, **changes)


def test_entries_are_checked_as_far_as_they_are_there() -> None:
    assert {*entries_checks(entries_case())} == {"encoding", "signatures", "history", "ticks"}
    assert {*entries_checks(entries_case(entries=whole_slot()[3:9], start=None, is_whole=False))} == {
        "history",
        "ticks",
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start": bytes(32)}, "entry 0: its hash is not the one that follows"),
        ({"hashes_per_tick": 11}, "entry 0: is a tick after 10 hashes, and not 11"),
        ({"entries": whole_slot()[:-1]}, "63 ticks, and not 64"),
        (
            {"entries": (WireEntry(1, bytes(32), (transfer()[:1] + bytes(64) + transfer()[65:],)),)},
            "entry 0: transaction 0: Transaction did not pass signature verification",
        ),
    ],
)
def test_what_is_wrong_with_entries_is_named(changes: dict[str, Any], said: str) -> None:
    verdict = check_recorded(entries_case(**changes), "spec", find_engine("spec"))
    assert verdict.result is Result.FAILED and verdict.reason.startswith(said), verdict.reason


# Documents


def test_documents_are_told_apart_by_what_is_in_them() -> None:
    assert form_of(as_json(shreds_of([b"x"]))) is Form.SHREDS
    assert form_of([ledger_account()]) is Form.ACCOUNTS
    assert form_of({"cases": [bank_case()]}) is Form.BANK_CASES
    assert form_of({"note": "what is known", "numbers": {}}) is Form.FACTS
    assert form_of({"slot": 1, "entries": ""}) is Form.ENTRIES
    assert form_of({"pre": {}, "note": 7}) is None
    assert form_of([]) is None
    assert is_binary(transfer()) and not is_binary('{"ä": 1}'.encode()) and not is_binary("ä".encode() * 5000)


def ledger_folder(folder: Path, *, payloads: list[bytes], **beside: Any) -> Path:
    folder.mkdir()
    (folder / "shreds.json.gz").write_bytes(gzip.compress(json.dumps(as_json(shreds_of(payloads))).encode()))
    if "accounts" in beside:
        (folder / "accounts.json").write_text(json.dumps(beside["accounts"]))
    if "manifest" in beside:
        (folder / "manifest.bin.gz").write_bytes(gzip.compress(manifest_bytes(beside["manifest"])))
    return folder


def test_a_block_is_checked_with_what_lies_beside_its_shreds(tmp_path: Path) -> None:
    batch = batch_of(whole_slot())
    payloads = [batch[at : at + 1000] for at in range(0, len(batch), 1000)]
    accounts = [ledger_account(PAYER), ledger_account(bytes(32), owner="NativeLoader1111111111111111111111111111111")]
    alone = samestate("check", ledger_folder(tmp_path / "alone", payloads=payloads))
    assert "there is no manifest beside the shreds" in alone.output and "1 passed, 0 failed, 1 skipped" in alone.output
    whole = samestate(
        "check", ledger_folder(tmp_path / "whole", payloads=payloads, accounts=accounts, manifest=manifest())
    )
    # The transfer names no blockhash of the queue: the block is invalid, as it should be said to be.
    assert "expected a valid block, the engine gives rejection BLOCKHASH_NOT_FOUND" in whole.output, whole.output
    assert f"slot {SLOT} " in whole.output
    wrong = samestate(
        "check",
        ledger_folder(tmp_path / "wrong", payloads=payloads, accounts=accounts, manifest=manifest(slot=PARENT - 5)),
    )
    assert "must be of the parent's slot 100, but is of 95" in wrong.output
    late = samestate("check", ledger_folder(tmp_path / "late", payloads=payloads, accounts=[ledger_account(slot=SLOT)]))
    assert f"must be those of slot {PARENT}, but" in late.output


def test_what_belongs_to_no_block_is_named(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text(json.dumps([ledger_account()]))
    assert "there are no shreds beside it, and so no block" in samestate("check", tmp_path).output


def test_programs_read_and_check_the_cases_that_the_command_does(tmp_path: Path) -> None:
    """Of every form: in one document, in several of a folder, on the wire; what cannot be executed says why."""
    batch = batch_of(whole_slot())
    payloads = [batch[at : at + 1000] for at in range(0, len(batch), 1000)]
    ledger_folder(tmp_path / "ledger", payloads=payloads)
    (tmp_path / "recorded").mkdir()
    write_oracle_files(tmp_path / "recorded", bank_result())
    (tmp_path / "bank.json").write_text(json.dumps({"cases": [bank_case()]}))
    with tarfile.open(tmp_path / "wire.tar.xz", "w:xz") as stream:
        member = tarfile.TarInfo("transaction.bin")
        member.size = len(transfer())
        stream.addfile(member, io.BytesIO(transfer()))
    read = list(api.read(tmp_path))
    listed = samestate("check", tmp_path, "--list").output
    assert len(read) == 8 and sorted(case.id for case in read) == sorted(
        line for line in listed.splitlines() if line.startswith(str(tmp_path))
    ), listed
    verdicts = [api.check(case) for case in read]
    counts = [sum(verdict.result is result for verdict in verdicts) for result in (Result.PASSED, Result.FAILED)]
    assert f"{counts[0]} passed, {counts[1]} failed" in samestate("check", tmp_path).output
    assert all(verdict.reason for verdict in verdicts if verdict.result is not Result.PASSED)
    (executed,) = (case for case in read if case.id.endswith("bank.json::a transfer twice"))
    assert isinstance(executed, RecordedVector)
    (result,) = api.run(executed, "reference:waves")
    assert result["status"] == "valid"


def test_transactions_and_fixtures_lie_in_archives(tmp_path: Path) -> None:
    archive = tmp_path / "wire.tar.xz"
    with tarfile.open(archive, "w:xz") as stream:
        for name, content in (("one.bin", transfer()), ("bad.bin", b"\x00\x01"), ("program.fix", b"\x0a\x00")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            stream.addfile(member, io.BytesIO(content))
    said = samestate("check", archive).output
    assert "1 passed, 0 failed, 1 skipped, 1 unusable" in said
    assert "is no transaction, no list of signatures, and no manifest" in said
    assert "BYTECODE_NOT_SPECIFIED: a fixture of a program that is bytecode" in said


# The data


@pytest.mark.slow
def test_all_that_was_recorded_is_checked_as_it_lies_there() -> None:
    folder = data_folder() / "svm"
    if not folder.is_dir():
        pytest.skip("SAMESTATE_DATA has no svm")
    said = samestate("check", folder).output
    assert ", 0 failed, " in said and "unusable" not in said, said
    assert "its accounts are of slot 417958646, and not of its parent" in said


def oracle_case() -> dict[str, Any]:
    """A transfer by its parts, with what LiteSVM made of it."""
    transaction = {
        "header": [1, 0, 1],
        "keys": [PAYER.hex(), SHOP.hex(), SYSTEM],
        "ix": [[2, [0, 1], "0200000000ca9a3b00000000"]],
        "version": None,
        "lookups": [],
        "signers": [1],
        "blockhash": "latest",
    }
    told = {"err": "ok", "cu": 150, "logs": [f"Program {'1' * 32} invoke [1]", f"Program {'1' * 32} success"]}
    results = {"txs": [told], "post": {SHOP.hex(): [10**9, DIGEST_OF_NOTHING, "1" * 32]}}
    return {
        "name": "a transfer",
        "accounts": {PAYER.hex(): [10**10, "", SYSTEM, False], SHOP.hex(): [1, "", SYSTEM, False]},
        "txs": [transaction],
        "results": {"litesvm-0.15.2": results, "litesvm-1.5.0": results},
    }


def bank_result(**changes: Any) -> dict[str, Any]:
    told = {"stage": "committed", "err": "ok", "cu": 150, "fee": 5000, "priority": 0, "loaded": 213, "logs": None}
    diff = [[None, f"post {SHOP.hex()[:8]}", [1], [10**9 + 1, DIGEST_OF_NOTHING, "1" * 32]]]
    return {"case": "a transfer", "ruleset": "A", "diff": diff, "detail": [told], **changes}


def write_oracle_files(folder: Path, result: dict[str, Any]) -> Path:
    (folder / "oracle.json").write_text(json.dumps({"note": "", "cases": [oracle_case()]}))
    (folder / "recorded.json").write_text(json.dumps({"note": "", "results": [result]}))
    return folder


def test_single_transactions_are_made_of_their_parts() -> None:
    (case,) = read_oracle_cases("file", {"cases": [oracle_case()]})
    assert signed_transaction(case.transactions[0], blockhash_of(0)) == transfer(10**9, blockhash_of(0))


def test_the_results_of_the_bank_belong_to_the_cases_beside_them(tmp_path: Path) -> None:
    logs = oracle_case()["results"]["litesvm-1.5.0"]["txs"][0]["logs"]
    told = {**bank_result()["detail"][0], "logs": logs}
    both = write_oracle_files(tmp_path, bank_result(detail=[told]))
    said = samestate("check", both).output
    # LiteSVM says 1,000,000,000 lamports of the shop, which has one more.
    assert said.count("account 8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR: is not what was recorded") == 2, said
    assert "1 passed, 2 failed" in said
    sampled = samestate("check", both, "--sample", 3).output
    assert "1 passed, 2 failed" in sampled, sampled


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (bank_result(case="another"), "there is a result of the case 'another', and no such case"),
        (bank_result(detail=[]), "a transfer: 0 results for 1"),
    ],
)
def test_results_that_fit_no_case_are_named(result: dict[str, Any], said: str, tmp_path: Path) -> None:
    assert said in samestate("check", write_oracle_files(tmp_path, result)).output


def test_how_far_a_transaction_came_is_seen_of_what_it_logged() -> None:
    def stage(error: str | None, *logs: str) -> str:
        return with_stage(RecordedResult("", error, 0, logs)).stage

    assert stage(None) == stage("ix0 Custom(1)", "Program") == stage("ix0 Custom(2)") == "committed"
    assert stage("AccountNotFound") == stage("ix0 InvalidInstructionData") == "unprocessed"
    assert stage("InsufficientFundsForRent { account_index: 0 }", "Program") == "committed"
