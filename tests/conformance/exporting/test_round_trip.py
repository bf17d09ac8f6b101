"""What is exported is read back by this project's own reader of fixtures, and passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import samestate
from samestate.conformance import command
from samestate.conformance.exporting.exporter import FOLDERS, ExportedTest, Refusal
from samestate.conformance.exporting.information import hash_of
from tests.conformance.exporting.vectors import content_of, exported, first_of_each_suite

EXECUTED_NOTHING = "no block of the case gets as far as being executed"


def written(folder: Path, ids: tuple[str, ...], form: str) -> int:
    """Export vectors into a folder. How many could be."""
    count = 0
    for id in ids:
        each = exported(id, form)
        if isinstance(each, ExportedTest):
            path = folder / each.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(each.text, encoding="utf-8")
            count += 1
    return count


@pytest.mark.parametrize("form", FOLDERS)
def test_a_vector_of_each_suite_and_fork_passes_again(tmp_path: Path, form: str) -> None:
    count = written(tmp_path, first_of_each_suite(), form)
    assert count >= {"blockchain_test": 60, "blockchain_test_engine": 50, "state_test": 10}[form]
    cases = list(samestate.read(tmp_path))
    assert len(cases) == count
    for case in cases:
        verdict = samestate.check(case)
        assert verdict.result is samestate.Result.PASSED, verdict


@pytest.mark.slow
def test_every_vector_passes_again_on_both_implementations(tmp_path: Path) -> None:
    result = CliRunner().invoke(command.application, ["export", "--to", "eest", "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    for case in samestate.read(*(tmp_path / folder for folder in FOLDERS.values())):
        for engine in ("spec", "optimized"):
            verdict = samestate.check(case, engine)
            if verdict.result is not samestate.Result.PASSED:
                assert engine == "optimized", verdict
                assert verdict.reason.startswith(EXECUTED_NOTHING), verdict


def test_a_test_says_what_it_is_and_has_the_hash_that_consumers_compute() -> None:
    test = content_of("evm/access_lists/account_too_many-amsterdam", "blockchain_test")
    information = test["_info"]
    assert information["fixture-format"] == "blockchain_test"
    assert information["vector"] == "evm/access_lists/account_too_many-amsterdam"
    assert information["description"] == "what it is about"
    assert information["hazards"]
    assert information["rules"]
    assert information["hash"] == hash_of(test)


def test_an_invalid_block_shows_the_list_that_came_with_it() -> None:
    (block,) = content_of("evm/access_lists/account_too_many-amsterdam", "blockchain_test")["blocks"]
    assert block["expectException"] == "BlockException.INVALID_BLOCK_ACCESS_LIST"
    assert "blockHeader" not in block
    assert len(block["rlp_decoded"]["blockAccessList"]) > 1
    (payload,) = content_of("evm/access_lists/account_too_many-amsterdam", "blockchain_test_engine")[
        "engineNewPayloads"
    ]
    assert payload["validationError"] == "BlockException.INVALID_BLOCK_ACCESS_LIST"
    assert payload["params"][0]["blockAccessList"].startswith("0x")


def test_bytes_that_are_no_access_list_go_into_a_payload_alone() -> None:
    id = "evm/access_lists/bytes_that_are_no_list-amsterdam"
    assert isinstance(exported(id, "blockchain_test_engine"), ExportedTest)
    refused = exported(id, "blockchain_test")
    assert isinstance(refused, Refusal)
    assert refused.reason == "a block access list that is no list of accounts, which JSON cannot say"


@pytest.mark.parametrize(
    ("id", "versions"),
    [
        ("evm/transfers/all_but_the_fee-paris", ("1", "1")),
        ("evm/withdrawals/in_time_for_the_next_block-shanghai", ("2", "2")),
        ("evm/system_contracts/hashes_of_ancestors-osaka", ("4", "3")),
        ("evm/system_contracts/hashes_of_ancestors-amsterdam", ("5", "4")),
    ],
)
def test_a_payload_comes_by_the_call_of_its_fork(id: str, versions: tuple[str, str]) -> None:
    call = content_of(id, "blockchain_test_engine")["engineNewPayloads"][-1]
    assert (call["newPayloadVersion"], call["forkchoiceUpdatedVersion"]) == versions


def test_a_state_test_names_its_sender_and_the_key() -> None:
    test = content_of("evm/system_contracts/hashes_of_ancestors-osaka", "state_test")
    assert test["env"]["currentNumber"] == "0x03e8", "a state test begins with no genesis: it has the vector's number"
    assert len(bytes.fromhex(test["transaction"]["secretKey"][2:])) == 32
    assert list(test["post"]) == ["Osaka"]


@pytest.mark.parametrize(
    ("id", "form", "reason"),
    [
        ("evm/access_lists/account_twice-amsterdam", "state_test", "a state test has one transaction"),
        ("evm/builder_requests/deposits_that_fail-amsterdam", "state_test", "it is about what a state test leaves out"),
        (
            "evm/system_contracts/beacon_root_of_this_block-cancun",
            "state_test",
            "in this form it comes to something else",
        ),
        (
            "evm/transfers/to_oneself-berlin",
            "blockchain_test_engine",
            "before Paris blocks do not come through the Engine API",
        ),
        (
            "evm/access_lists/right_list-bpo2withaccesslists",
            "blockchain_test",
            "no consumer knows a network of these rules",
        ),
        ("toy/conflicts/long_chain", "blockchain_test", "no client executes the toy machine"),
    ],
)
def test_what_a_form_cannot_say_is_told(id: str, form: str, reason: str) -> None:
    refused = exported(id, form)
    assert isinstance(refused, Refusal)
    assert (refused.vector, refused.form, refused.reason) == (id, form, reason)
