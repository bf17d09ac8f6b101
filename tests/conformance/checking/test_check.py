"""`samestate check`: what passes, what fails and how it says so, what is bad input, and what programs read."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any, NoReturn

import pytest

from samestate.conformance.checking import running
from samestate.conformance.engines import registry as engines
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.spec.evm.state import FlatState
from tests.conformance.checking.cases import (
    RECIPIENT,
    RLP_TEST,
    WRONG_RLP_TEST,
    alloc,
    block_file,
    hexed,
    samestate,
    state_test,
    transfer,
    write,
)


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:xz") as tar:
        for name, content in members.items():
            information = tarfile.TarInfo(name)
            information.size = len(content)
            tar.addfile(information, io.BytesIO(content))
    return path


def test_all_that_passes(tmp_path: Path) -> None:
    write(tmp_path / "states" / "a.json", {"transfer": state_test()})
    write(tmp_path / "encodings" / "b.json", {"dog": RLP_TEST})
    write(tmp_path / "blocks" / "c.json", block_file()[0])
    result = samestate("check", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("\n3 passed, 0 failed, 0 skipped\n")
    assert re.search(r"^c +Paris +ok +- +- +ok +- +ok +- +ok +ok +- +- +-$", result.stdout, re.MULTILINE)


def test_a_wrong_digit_in_a_state_root_is_told_with_both_values(tmp_path: Path) -> None:
    test = state_test()
    (post,) = test["post"]["London"]
    right = post["hash"]
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    post["hash"] = wrong
    result = samestate("check", write(tmp_path / "a.json", {"transfer": test}))
    assert result.exit_code == 1
    assert f"FAILED {tmp_path}/a.json::transfer (London)\n" in result.stdout
    assert f"  state root: expected {wrong}, the specification gives {right}\n" in result.stdout
    assert result.stdout.endswith("\n0 passed, 1 failed, 0 skipped\n")


def test_cases_of_unsupported_forks_are_counted_by_reason(tmp_path: Path) -> None:
    test = state_test()
    test["post"]["Istanbul"] = test["post"]["London"]
    result = samestate("check", write(tmp_path / "a.json", {"transfer": test}))
    assert result.exit_code == 0
    assert "skipped      1  unsupported fork Istanbul\n" in result.stdout
    assert result.stdout.endswith("\n1 passed, 0 failed, 1 skipped\n")


def test_one_fork_alone(tmp_path: Path) -> None:
    test = state_test()
    test["post"]["Berlin"] = test["post"]["London"]
    path = write(tmp_path / "a.json", {"transfer": test, "dog": RLP_TEST})
    assert samestate("check", path, "--fork", "london").stdout.endswith("\n1 passed, 0 failed, 0 skipped\n")


def test_what_holds_no_block_is_for_the_specification_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines.REGISTRY, "other", engines.SpecEngine)
    path = write(tmp_path / "a.json", {"dog": RLP_TEST})
    result = samestate("check", path, "--engine", "othe?", "--engine", "spec")
    assert result.exit_code == 0
    reason = "the case holds no block, and so nothing for an engine to execute"
    assert f"skipped      1  {reason}\nother executed nothing\n" in result.stdout
    assert result.stdout.endswith("\n1 passed, 0 failed, 1 skipped\n")


def test_an_engine_that_is_named_and_executes_nothing_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines.REGISTRY, "other", engines.SpecEngine)
    path = write(tmp_path / "a.json", {"dog": RLP_TEST})
    result = samestate("check", path, "--engine", "other", "--engine", "all")
    assert result.exit_code == 2
    assert result.stderr.startswith("samestate: --engine other: executed nothing, every case was skipped")
    assert "\nother executed nothing\n" in result.stdout


def test_a_run_that_only_skips_is_no_success(tmp_path: Path) -> None:
    test = state_test()
    test["post"]["Istanbul"] = test["post"].pop("London")
    path = write(tmp_path / "a.json", {"transfer": test})
    for names in ((), ("--engine", "reference:*"), ("--engine", "reference"), ("--jobs", "2")):
        result = samestate("check", path, *names)
        assert result.exit_code == 2, result.output
        assert "samestate: nothing was executed, every case was skipped: a run that only skips" in result.stderr
        assert "0 passed, 0 failed, " in result.stdout


def test_what_failed_comes_before_who_was_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines.REGISTRY, "other", engines.SpecEngine)
    path = write(tmp_path / "a.json", {"dog": WRONG_RLP_TEST})
    result = samestate("check", path, "--engine", "spec", "--engine", "other")
    assert result.exit_code == 1
    assert "\nother executed nothing\n" in result.stdout


def test_a_crash_is_a_failure_that_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(case: object) -> None:
        raise LookupError("nobody expected this")

    monkeypatch.setattr(running, "run_encoding_test", crash)
    result = samestate("check", write(tmp_path / "a.json", {"dog": RLP_TEST}))
    assert result.exit_code == 1
    assert re.search(
        r"  the specification crashed: LookupError: nobody expected this "
        r"\(test_check\.py:\d+ in crash < running\.py:\d+ in run_case\)\n",
        result.stdout,
    )


def test_a_crash_of_another_engine_bears_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class Crashing(engines.SpecEngine):
        def run(self, case: Case) -> NoReturn:
            raise LookupError("nobody expected this")

    monkeypatch.setitem(engines.REGISTRY, "mine", Crashing)
    vector = VECTORS / f"toy/conflicts/long_chain{SUFFIX}"
    result = samestate("check", vector, "--engine", "mine", "--engine", "spec")
    assert result.exit_code == 1
    assert "  mine crashed: LookupError: nobody expected this (test_check.py:" in result.stdout
    assert "the specification crashed" not in result.stdout
    assert result.stdout.endswith("\n1 passed, 1 failed, 0 skipped\n")


def prepare(folder: Path) -> dict[str, list[object]]:
    """Bad input by name: the arguments that it takes."""
    good = write(folder / "good.json", {"dog": RLP_TEST})
    (folder / "empty").mkdir()
    (folder / "notes").mkdir()
    (folder / "notes" / "readme.txt").write_text("no case")
    whole = archive(folder / "whole.tar.xz", {"a/one.json": good.read_bytes() * 1})
    (folder / "cut.tar.xz").write_bytes(whole.read_bytes()[:-20])
    archive(folder / "bad.tar.xz", {"a/one.json": good.read_bytes(), "a/two.json": b'{"dog": '})
    write(folder / "nothing.json", {})
    write(folder / "unknown.json", {"what": {"is": "this"}})
    return {
        "no such path": [folder / "absent"],
        "an empty folder": [folder / "empty"],
        "a folder without cases": [folder / "notes"],
        "an unknown engine": [good, "--engine", "nobody"],
        "an unknown fork": [good, "--fork", "Prag"],
        "a fork that no case has": [good, "--fork", "Prague"],
        "a sample of a fork that no case has": [good, "--fork", "Prague", "--sample", "5"],
        "a truncated archive": [folder / "cut.tar.xz"],
        "a document in an archive": [folder / "bad.tar.xz"],
        "a document without a case": [folder / "nothing.json"],
        "a document of no known form": [folder / "unknown.json"],
        "a JSON target that cannot be": [good, "--json", folder / "absent" / "out.json"],
    }


MESSAGES = {
    "no such path": r"absent: there is no such file or folder",
    "an empty folder": r"empty: holds no \.json",
    "a folder without cases": r"notes: holds no \.json",
    "an unknown engine": r"no engine is called 'nobody'; known are .*spec",
    "an unknown fork": r"--fork Prag: no fork is called so; known are .*Prague",
    "a fork that no case has": r"good\.json: no case to check with --fork Prague: take a limit away or give",
    "a sample of a fork that no case has": r"good\.json: no case to check with --fork Prague --sample 5",
    "a truncated archive": r"cut\.tar\.xz: cannot be read: the file ends before its end mark",
    "a document in an archive": r"bad\.tar\.xz:a/two\.json: not JSON: Expecting value: line 1 column 9",
    "a document without a case": r"nothing\.json: holds no case; known are vectors, state_test",
    "a document of no known form": r"unknown\.json: what: is no case; known are vectors, state_test",
    "a JSON target that cannot be": r"--json .*out\.json: cannot be written: there is no folder .*",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_bad_input_is_one_line_and_exit_code_two(tmp_path: Path, name: str) -> None:
    result = samestate("check", *prepare(tmp_path)[name])
    assert result.exit_code == 2, result.output
    assert re.fullmatch(rf"samestate: [^\n]*{MESSAGES[name]}[^\n]*\n", result.stderr), result.stderr


@pytest.mark.parametrize("arguments", [(), ("--jobs", "2"), ("--sample", "2"), ("--resume",)])
def test_a_document_that_cannot_be_used_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "release"
    write(folder / "a.json", {"dog": RLP_TEST})
    (folder / "b.json").write_text('{"dog": ')
    (folder / "c.json").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    write(folder / "d.json", {"hog": {**state_test(), "env": {}}})
    write(folder / "e.json", {"cat": RLP_TEST})
    result = samestate("check", folder, *arguments, "--json", tmp_path / "verdicts.json")
    assert result.exit_code == 2, result.output
    assert f"ERROR {folder}/b.json: not JSON: Expecting value: line 1 column 9 (char 8)\n" in result.stdout
    assert f"ERROR {folder}/c.json: is a Git LFS pointer and not the file that it stands for" in result.stdout
    assert f"ERROR {folder}/d.json: hog: env: the field 'currentNumber' is missing\n" in result.stdout
    assert result.stdout.endswith("\n2 passed, 0 failed, 0 skipped, 3 unusable\n")
    assert result.stderr == (
        f"samestate: {folder}/b.json: not JSON: Expecting value: line 1 column 9 (char 8); "
        "and 2 more documents cannot be used\n"
    )
    value = verdicts(tmp_path / "verdicts.json")
    assert (value["passed"], value["unusable"]) == (2, 3)
    assert [(verdict["result"], verdict["kind"]) for verdict in value["verdicts"]][1] == ("error", "document")


def test_what_failed_comes_before_what_cannot_be_used(tmp_path: Path) -> None:
    write(tmp_path / "a.json", {"dog": WRONG_RLP_TEST})
    (tmp_path / "b.json").write_text("")
    result = samestate("check", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.endswith("\n0 passed, 1 failed, 0 skipped, 1 unusable\n")


def test_a_path_without_documents_says_so_after_the_others(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", {"dog": RLP_TEST})
    (tmp_path / "empty").mkdir()
    result = samestate("check", tmp_path / "empty", good)
    assert result.exit_code == 2
    assert result.stdout.endswith("\n1 passed, 0 failed, 0 skipped, 1 unusable\n")


def test_half_a_block_is_an_error_and_the_others_are_checked(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", {"dog": RLP_TEST})
    block = write(tmp_path / "block.json", {"parentHash": "0x" + "11" * 32, "transactions": [], "number": "0x1"})
    witness = write(tmp_path / "witness.json", {"state": [], "codes": [], "headers": []})
    wrong = write(tmp_path / "wrong.json", {"state": [], "codes": [], "headers": [1]})
    result = samestate("check", block, witness, wrong, good)
    assert result.exit_code == 2
    assert f"ERROR {block}: is a block without its witness" in result.stdout
    assert f"ERROR {witness}: is a witness without its block" in result.stdout
    assert f"ERROR {wrong}: headers[0]: must be hex of whole bytes" in result.stdout
    assert result.stdout.endswith("\n1 passed, 0 failed, 0 skipped, 3 unusable\n")


def test_what_is_not_known_is_skipped_with_its_reason(tmp_path: Path) -> None:
    test = state_test()
    test["post"]["Bogota"] = test["post"]["London"]
    write(tmp_path / "a.json", {"transfer": test})
    write(tmp_path / "b.json", {"later": {"_info": {"fixture-format": "blockchain_test_engine_reorg"}}})
    (tmp_path / ".meta").mkdir()
    write(tmp_path / ".meta" / "index.json", {"root_hash": None, "test_cases": []})
    result = samestate("check", tmp_path)
    assert result.exit_code == 0, result.output
    assert "skipped      1  unknown fork Bogota\n" in result.stdout
    assert "skipped      1  unknown fixture format blockchain_test_engine_reorg\n" in result.stdout
    assert "skipped      1  what a release says of itself holds no case\n" in result.stdout
    assert result.stdout.endswith("\n1 passed, 0 failed, 3 skipped\n")


def verdicts(path: Path) -> Any:
    return json.loads(path.read_text())


def test_json_holds_every_verdict(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"dog": RLP_TEST, "hog": WRONG_RLP_TEST})
    target = tmp_path / "out" / "verdicts.json"
    target.parent.mkdir()
    target.write_text("before")
    assert samestate("check", path, "--json", target).exit_code == 1
    value = verdicts(target)
    assert (value["passed"], value["failed"], value["skipped"], value["engines"]) == (1, 1, 0, ["spec"])
    assert value["verdicts"][0] == {
        "id": f"{path}::dog",
        "path": str(path),
        "file": str(path),
        "kind": "rlp_test",
        "fork": "",
        "engine": "spec",
        "result": "passed",
        "reason": "",
        "cached": None,
        "checks": ["decoding", "encoding"],
        "hazards": [],
    }
    assert value["verdicts"][1]["reason"] == "encoding: expected 0x83646f68, the specification gives 0x83646f67"
    assert list(target.parent.iterdir()) == [target]


def test_the_slowest_cases_are_told_where_that_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"dog": RLP_TEST, "transfer": state_test()})
    result = samestate("check", path, "--durations", "1", "--json", tmp_path / "v")
    (slowest,) = verdicts(tmp_path / "v")["slowest"]
    assert slowest["id"] == f"{path}::transfer" and slowest["engine"] == "spec" and slowest["seconds"] >= 0
    assert re.search(rf"^ +[0-9]+\.[0-9][0-9] s  {re.escape(slowest['id'])}$", result.stdout, re.MULTILINE)
    assert samestate("check", path, "--json", tmp_path / "w").exit_code == 0
    assert verdicts(tmp_path / "w")["slowest"] == []


def test_json_on_stdout_is_alone_there(tmp_path: Path) -> None:
    result = samestate("check", write(tmp_path / "a.json", {"dog": RLP_TEST}), "--json", "-")
    assert json.loads(result.stdout)["passed"] == 1
    assert result.stderr.endswith("\n1 passed, 0 failed, 0 skipped\n")


def test_where_json_cannot_be_written_nothing_is_checked(tmp_path: Path) -> None:
    result = samestate("check", write(tmp_path / "a.json", {"dog": RLP_TEST}), "--json", tmp_path / "no" / "b.json")
    assert result.exit_code == 2
    assert f"cannot be written: there is no folder {tmp_path}/no" in result.stderr
    assert result.stdout == ""


def test_json_is_written_into_what_is_no_file_and_never_in_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"dog": RLP_TEST})
    (tmp_path / "nothing").symlink_to("/dev/null")
    assert samestate("check", path, "--json", tmp_path / "nothing").exit_code == 0
    assert (tmp_path / "nothing").is_symlink()


def test_two_processes_say_what_one_says(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path / f"{number % 3}" / f"{number:02}.json", {"dog": RLP_TEST, "hog": WRONG_RLP_TEST})
    write(tmp_path / "1" / "transfer.json", {"transfer": state_test()})
    write(tmp_path / "block.json", block_file()[0])
    outputs = []
    for jobs in (1, 2):
        assert samestate("check", tmp_path / "1", tmp_path, "--jobs", jobs, "--json", tmp_path / "v").exit_code == 1
        outputs.append({**verdicts(tmp_path / "v"), "seconds": 0})
        (tmp_path / "v").unlink()
    assert outputs[0] == outputs[1]
    assert len(outputs[0]["verdicts"]) == 80 + 26 + 2 + 1


def test_bad_input_in_another_process_is_the_same_line(tmp_path: Path) -> None:
    for number in range(20):
        write(tmp_path / f"{number:02}.json", {"dog": RLP_TEST})
    (tmp_path / "19.json").write_text("{")
    results = [samestate("check", tmp_path, "--jobs", jobs) for jobs in (1, 2)]
    assert [result.exit_code for result in results] == [2, 2]
    assert results[0].stderr == results[1].stderr
    assert "19.json: not JSON" in results[0].stderr


def test_where_a_rejection_is_expected_it_comes_before_what_is_said_of_the_state(tmp_path: Path) -> None:
    """A valid transaction is a difference, whatever root and accounts stand beside it; so are accounts that changed."""
    name = "TransactionException.INTRINSIC_GAS_TOO_LOW"
    valid, low, changed = state_test(), state_test(), state_test()
    after = {**alloc(), hexed(RECIPIENT): {**alloc()[hexed(RECIPIENT)], "balance": "0x6"}}
    for test, state in ((valid, alloc()), (low, alloc()), (changed, after)):
        (post,) = test["post"]["London"]
        post |= {"expectException": name, "state": state}
    for test in (low, changed):
        root = hexed(FlatState.from_alloc(alloc()).root())
        test["post"]["London"][0] |= {"txbytes": hexed(transfer(20_999)), "hash": root}
    valid["post"]["London"][0]["hash"] = "0x" + "00" * 32
    result = samestate("check", write(tmp_path / "a.json", {"valid": valid, "low": low, "changed": changed}))
    assert result.exit_code == 1
    assert f"\n  the transaction is valid, expected {name}\n" in result.stdout
    assert "\n  root of the accounts after the rejection: expected 0x" in result.stdout
    assert result.stdout.endswith("\n1 passed, 2 failed, 0 skipped\n")
