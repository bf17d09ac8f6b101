"""Engines that are commands take fixtures and block files: what is right passes, what is wrong fails, no pass is empty.

The stand-in answers as the specification does, but for what it is told to be wrong about.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.vectors.places import VECTORS
from samestate.spec.evm.forks import LONDON, PARIS
from tests.conformance.checking.cases import alloc, block_file, blockchain_test, samestate, state_test, write

SCRIPT = Path(__file__).with_name("outside_engine.py")

FORMS = {
    "state test": lambda: {"case": state_test_of_shanghai()},
    "blockchain test": lambda: {"case": blockchain_test()},
    "rewarded blocks": lambda: {"case": blockchain_test(LONDON)},
    "block file": lambda: block_file()[0],
}


def state_test_of_shanghai() -> dict[str, Any]:
    """A transfer under a fork that does nothing before the first transaction and nothing after the last."""
    from samestate.conformance.fixtures.state_test import StateTestCase, state_test_cases
    from samestate.spec.evm.machine import Evm
    from samestate.spec.evm.payload import Payload
    from samestate.spec.evm.receipt import logs_hash
    from samestate.spec.evm.transaction import decode_transaction
    from samestate.spec.transition import apply_block

    test = state_test()
    test["env"]["currentRandom"] = "0x" + "00" * 32
    (post,) = test["post"].pop("London")
    test["post"]["Shanghai"] = [post]
    (case,) = state_test_cases("place", "name", test)
    assert isinstance(case, StateTestCase)
    payload = Payload(case.environment, (decode_transaction(case.transaction),), is_bare=True)
    result = apply_block(Evm(case.fork), payload, case.pre)
    post |= {"hash": "0x" + result.state().root().hex(), "logs": "0x" + logs_hash(result.outcomes[0].logs).hex()}
    return test


def engine(*arguments: str) -> str:
    """The option's value that names the stand-in."""
    return " ".join([f"command:{sys.executable}", str(SCRIPT), *arguments])


def check(path: Path, *arguments: str, code: int) -> dict[str, Any]:
    """The one verdict on the case in a file by the stand-in."""
    result = samestate("check", path, "--engine", engine(*arguments), "--json", path.with_suffix(".out"))
    assert result.exit_code == code, result.output
    (verdict,) = json.loads(path.with_suffix(".out").read_text())["verdicts"]
    assert isinstance(verdict, dict)
    return verdict


@pytest.mark.parametrize("form", FORMS)
def test_what_is_right_passes_and_says_what_was_compared(form: str, tmp_path: Path) -> None:
    verdict = check(write(tmp_path / "a.json", FORMS[form]()), code=0)
    assert verdict["result"] == "passed"
    assert {"status", "gas_used", "receipts_root"} <= {*verdict["checks"]}
    assert ("state_root" in verdict["checks"]) == (form != "block file"), "a pre-state in part has no root"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wrong", ["gas_used", "receipts_root", "rejects"])
def test_what_is_wrong_fails(form: str, wrong: str, tmp_path: Path) -> None:
    verdict = check(write(tmp_path / "a.json", FORMS[form]()), wrong, code=1)
    assert verdict["result"] == "failed"
    assert "the specification gives" in verdict["reason"]
    assert f"command:{sys.executable}" in verdict["reason"]
    assert verdict["checks"][-1] == ("status" if wrong == "rejects" else wrong), "up to the first difference"


def test_the_table_of_blocks_shows_what_an_engine_was_judged_by(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", block_file()[0])
    right = samestate("check", path, "--engine", engine())
    assert re.search(r"^a +Paris +- +- +- +- +- +ok +- +ok +ok +- +- +-$", right.stdout, re.MULTILINE), right.stdout


def test_a_wrong_state_root_is_found_where_there_is_one(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.json", {"case": blockchain_test()})
    assert check(whole, "state_root", code=1)["reason"].startswith("block 1: state_root: ")
    part = write(tmp_path / "b.json", block_file()[0])
    assert check(part, "state_root", code=0)["result"] == "passed"
    nothing = check(part, "state_root", "--outputs", "state_root", code=2)
    assert (nothing["result"], nothing["reason"]) == (
        "skipped", "the state is known in part: it has no root, and the engine gives nothing else"
    )  # fmt: skip


def test_an_invalid_block_must_be_refused_by_the_engine(tmp_path: Path) -> None:
    test = state_test_of_shanghai()
    (post,) = test["post"]["Shanghai"]
    poor = alloc()
    poor[next(iter(poor))]["balance"] = "0x0"
    from samestate.spec.evm.state import FlatState

    post |= {"expectException": "TransactionException.INSUFFICIENT_ACCOUNT_FUNDS"}
    post |= {"hash": "0x" + FlatState.from_alloc(poor).root().hex()}
    path = write(tmp_path / "a.json", {"case": {**test, "pre": poor}})
    assert check(path, code=0)["checks"][0] == "status"
    accepted = check(path, "accepts", code=1)
    assert "the specification gives rejection INSUFFICIENT_FUNDS of transaction 0" in accepted["reason"]


def test_a_block_with_a_wrong_header_is_executed_and_then_judged_by_the_specification(tmp_path: Path) -> None:
    fixture = blockchain_test(exception="BlockException.INVALID_STATE_ROOT", state_root=bytes(32))
    assert check(write(tmp_path / "a.json", {"case": fixture}), code=0)["result"] == "passed"
    other = blockchain_test(exception="BlockException.INVALID_GAS_USED", state_root=bytes(32))
    assert "rejected as INVALID_STATE_ROOT" in check(write(tmp_path / "b.json", {"case": other}), code=1)["reason"]


def test_what_the_form_of_a_vector_cannot_say_is_skipped_with_the_reason(tmp_path: Path) -> None:
    reason = "a state test without what every block begins and ends with, which the form of a vector cannot say"
    rewarded = check(write(tmp_path / "a.json", {"case": state_test()}), code=2)
    assert (rewarded["result"], rewarded["reason"]) == ("skipped", reason)
    fixture = blockchain_test()
    fixture["config"]["blobSchedule"] = {"Cancun": {"target": "0x1", "max": "0x2", "baseFeeUpdateFraction": "0x5"}}
    own = check(write(tmp_path / "b.json", {"case": fixture}), code=2)
    assert (own["result"], own["reason"]) == (
        "skipped",
        "Cancun with a blob schedule or deposit contract of its own, which the form of a vector cannot say",
    )
    lacking = check(write(tmp_path / "c.json", {"case": blockchain_test(LONDON)}), "--lacks", "rewards", code=2)
    assert (lacking["result"], lacking["reason"]) == ("skipped", "the engine cannot do: rewards")
    assert check(write(tmp_path / "d.json", {"case": blockchain_test(PARIS)}), "--lacks", "rewards", code=0)


def test_a_block_that_no_header_rule_lets_pass_shows_nothing_about_the_engine(tmp_path: Path) -> None:
    headers = blockchain_test(exception="BlockException.INVALID_BLOCK_NUMBER", number=77)
    headers["blocks"] = headers["blocks"][1:2]
    headers["blocks"][0] |= {"expectException": "BlockException.UNKNOWN_PARENT"}
    headers |= {"lastblockhash": headers["genesisBlockHeader"]["hash"], "postState": headers["pre"]}
    verdict = check(write(tmp_path / "a.json", {"case": headers}), code=2)
    assert (verdict["result"], verdict["reason"]) == (
        "skipped", "no block of the case gets as far as being executed: what is wrong is found before"
    )  # fmt: skip


def test_of_a_vector_that_fails_the_way_to_its_first_difference_is_said() -> None:
    vector = VECTORS / "toy" / "conflicts" / "long_chain.yaml"
    failed = samestate("check", vector, "--engine", engine("gas_used"))
    assert failed.exit_code == 1
    (command,) = re.findall(r"^where it begins: samestate (.*)$", failed.output, re.MULTILINE)
    explained = samestate(*shlex.split(command))
    assert explained.exit_code == 0
    assert "gas" in explained.output
    assert "where it begins" not in samestate("check", vector, "--engine", engine()).output


@pytest.mark.parametrize("form", FORMS)
def test_of_a_fixture_that_fails_too_and_of_one_among_several(form: str, tmp_path: Path) -> None:
    made = FORMS[form]()
    cases = {**made, "other": made["case"]} if "case" in made else made
    failed = samestate("check", write(tmp_path / "a.json", cases), "--engine", engine("gas_used"))
    assert failed.exit_code == 1
    (command,) = re.findall(r"^where it begins: samestate (.*)$", failed.output, re.MULTILINE)
    explained = samestate(*shlex.split(command))
    assert explained.exit_code == 0, explained.output
    assert "gas" in explained.output


@pytest.mark.parametrize("name", ["a:b.json", "::a.json", "a::b::c.json"])
def test_of_a_fixture_that_fails_in_a_file_whose_name_holds_colons(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, {"case": blockchain_test(), "other": blockchain_test()})
    failed = samestate("check", path, "--engine", engine("gas_used"))
    (words,) = re.findall(r"^where it begins: samestate explain (.*)$", failed.output, re.MULTILINE)
    assert shlex.split(words) == [str(path), "--engine", engine("gas_used"), "--case", "case"]
    assert samestate("explain", *shlex.split(words)).exit_code == 0
    one = samestate("check", f"{path}::other", "--engine", engine("gas_used"))
    assert one.output.endswith("\n0 passed, 1 failed, 0 skipped\n"), one.output


@pytest.mark.parametrize(
    ("file", "member"), [("fixtures.tar", "tests/a.json"), ("of:today.tar", "tests/a.json"), ("b:c.tar", "t:u.json")]
)
def test_of_a_fixture_in_an_archive_that_fails(file: str, member: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / file, "w") as archive:
        archive.add(write(tmp_path / "a.json", {"case": blockchain_test()}), member)
    failed = samestate("check", tmp_path / file, "--engine", engine("gas_used"))
    assert failed.exit_code == 1
    (command,) = re.findall(r"^where it begins: samestate (.*)$", failed.output, re.MULTILINE)
    explained = samestate(*shlex.split(command))
    assert explained.exit_code == 0, explained.output
    assert "gas" in explained.output
