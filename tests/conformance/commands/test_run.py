"""samestate run: which case is chosen, and that whatever `check` knows to be rejected is not called valid."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from samestate.conformance.command import application
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.svm.addresses import address
from tests.conformance.checking.cases import blockchain_test, write
from tests.conformance.checking.test_outside import FORMS
from tests.conformance.checking.test_outside import engine as stand_in
from tests.conformance.commands.test_trace import state_test
from tests.data import archive_members, data_folder

LISTS = VECTORS / "evm/access_lists"
CONFLICTS = VECTORS / "toy/conflicts"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(application, ["run", *map(str, arguments), "--json", "-"])


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("account_too_many", "INVALID_BLOCK_ACCESS_LIST"),
        ("list_out_of_order", "MALFORMED_ACCESS_LIST"),
        ("bytes_that_are_no_list", "MALFORMED_ACCESS_LIST"),
        ("more_items_than_gas_allows", "ACCESS_LIST_TOO_LARGE"),
        ("system_read_left_out", "INVALID_BLOCK_ACCESS_LIST"),
    ],
)
def test_a_vector_of_a_folder_is_judged_as_it_is_alone(case: str, status: str) -> None:
    alone = run(LISTS / f"{case}-amsterdam{SUFFIX}")
    chosen = run(LISTS, "--case", case)
    assert chosen.exit_code == 0, chosen.stderr
    assert [block["status"] for block in json.loads(chosen.stdout)] == [status]
    assert chosen.stdout == alone.stdout


@pytest.mark.parametrize("engine", ["spec", "reference:locks", "optimized", "optimized:waves@processes"])
def test_a_vector_of_a_folder_can_be_given_to_every_engine(engine: str) -> None:
    result = run(CONFLICTS, "--case", "toy/conflicts/long_chain", "--engine", engine)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == list(load_vector_file(CONFLICTS / f"long_chain{SUFFIX}").expected)


def test_the_schedule_of_a_vector_of_a_folder(tmp_path: Path) -> None:
    target = tmp_path / "trace.json"
    result = run(CONFLICTS, "--case", "toy/conflicts/long_chain", "--engine", "optimized", "--trace", target)
    assert result.exit_code == 0, result.stderr
    assert json.loads(target.read_text())["traceEvents"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((CONFLICTS / f"long_chain{SUFFIX}", "--case", "nonsense"), "no case has 'nonsense' in its name; there are\n"),
        ((CONFLICTS, "--case", "nonsense"), "no case has 'nonsense' in its name; there are\n"),
        ((CONFLICTS,), "--case must fit one case, but fits "),
    ],
)
def test_a_vector_that_is_not_there_is_told(arguments: tuple[object, ...], complaint: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert "toy/conflicts/" in result.stderr


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("engine", ["reference:locks", "optimized:sequential@processes", stand_in()])
def test_fixtures_and_block_files_run_on_every_engine(form: str, engine: str, tmp_path: Path) -> None:
    """What the specification gives, gives the engine, as far as it gives anything."""
    if engine.startswith("optimized"):
        pytest.importorskip("samestate.optimized", reason="without the compiled engine (SAMESTATE_PURE)")
    path = write(tmp_path / "case.json", FORMS[form]())
    right = json.loads(run(path).stdout)
    given = run(path, "--engine", engine)
    assert given.exit_code == 0, given.stderr
    results = json.loads(given.stdout)
    assert [result["status"] for result in results] == ["valid"] * len(right)
    for result, expected in zip(results, right, strict=True):
        shared = set(result) & set(expected) - {"access", "depends"}
        assert {"gas_used", "receipts_root"} <= shared
        assert {name: result[name] for name in shared} == {name: expected[name] for name in shared}


def test_what_an_engine_gives_of_a_fixture_is_told_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "case.json", FORMS["blockchain test"]())
    assert [result["gas_used"] for result in json.loads(run(path, "--engine", stand_in("gas_used")).stdout)] == [
        "1"
    ] * 2


def test_an_engine_outside_is_given_the_proposed_access_list_of_a_fixture(tmp_path: Path) -> None:
    path = write(tmp_path / "case.json", {"case": blockchain_test(AMSTERDAM)})
    assert [result["status"] for result in json.loads(run(path, "--engine", stand_in()).stdout)] == ["valid"] * 2
    lists = run(path, "--engine", "reference:access-list")
    assert [result["status"] for result in json.loads(lists.stdout)] == ["valid"] * 2
    refused = run(path, "--engine", stand_in("--lacks", "proposed-access-list"))
    assert "the engine cannot do: proposed-access-list" in refused.stderr


def test_what_an_engine_cannot_do_of_a_fixture_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "case.json", FORMS["rewarded blocks"]())
    refused = run(path, "--engine", "reference:access-list")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"{path}::case: " in refused.stderr
    refused = run(path, "--engine", stand_in("--lacks", "rewards"))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "the engine cannot do: rewards" in refused.stderr
    assert "--trace: only vectors can be given" in run(path, "--trace", tmp_path / "t.json").stderr


def test_a_malformed_transaction_is_a_rejection(tmp_path: Path) -> None:
    test = state_test(0xAC)
    test["post"]["Prague"][0]["txbytes"] = "0x7f01"
    (tmp_path / "case.json").write_text(json.dumps({"case": test}))
    result = run(tmp_path / "case.json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == [{"status": "TYPE_NOT_SUPPORTED"}]


@pytest.mark.fixtures
def test_the_lists_of_blockchain_tests_are_judged(tmp_path: Path) -> None:
    judged: set[str] = set()
    for _, content in archive_members("eest-amsterdam-7928", "blockchain_tests"):
        for name, test in json.loads(content).items():
            wrong = [block.get("expectException", "") for block in test["blocks"]]
            if not any("BLOCK_ACCESS_LIST" in exceptions or "BAL_HASH" in exceptions for exceptions in wrong):
                continue
            path = tmp_path / "case.json"
            path.write_text(json.dumps({name: test}))
            result = run(path)
            assert result.exit_code == 0, (name, result.stderr)
            for block, exceptions in zip(json.loads(result.stdout), wrong, strict=True):
                assert (block["status"] != "valid") == bool(exceptions), (name, exceptions)
                judged |= {exceptions} - {""}
        if len(judged) >= 3:
            break
    assert len(judged) >= 3, judged


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["check", "--engine", "reference:waves", "--engine", "optimized@processes"],
        ["run"],
        ["run", "--engine", "reference:block-stm"],
        ["run", "--engine", "optimized:sequential@processes"],
        ["trace"],
    ],
)
def test_a_vector_without_a_block_hash_that_is_asked_for_is_refused(command: list[str], tmp_path: Path) -> None:
    content = (VECTORS / f"evm/system_contracts/hashes_of_ancestors-osaka{SUFFIX}").read_text(encoding="utf-8")
    without, count = re.subn(r'\n +"744": "0x[0-9a-f]{64}"', "", content)
    assert count == 1
    path = tmp_path / f"hashes{SUFFIX}"
    path.write_text(without, encoding="utf-8")
    result = CliRunner().invoke(application, [*command, str(path)])
    assert result.exit_code == 2, result.output
    assert "the hash of block 744 is missing" in result.output


def solana(name: str) -> Path:
    path = data_folder() / "svm" / name
    if not path.exists():
        pytest.skip(f"SAMESTATE_DATA has no svm/{name}")
    return path


@pytest.mark.parametrize("engine", ["spec", "optimized"])
def test_a_block_of_solana_has_its_bank_hash(engine: str) -> None:
    (block,) = json.loads(run(solana("testnet-417955322"), "--engine", engine).stdout)
    assert block["bank_hash"] == f"0x{address('EH3kF42fPEd3FgD86Ubyd4WdYccXMmZ7wx35rFqH1G4d').hex()}"
    assert len(block["receipts"]) == 417


def test_a_recorded_case_is_chosen_by_its_name() -> None:
    name = "fees-only program missing, again in same batch / entry / slot"
    many = run(solana("facts/bank-cases.json"), "--case", "fees-only program missing, again")
    assert (many.exit_code, "--case must fit one case, but fits 4" in many.output) == (2, True)
    one = json.loads(run(solana("facts/bank-cases.json"), "--case", f"{name}/slot 2, transaction 0").stdout)
    recorded = json.loads(solana("facts/bank-cases.json").read_text(encoding="utf-8"))["cases"]
    (case,) = [case for case in recorded if case["name"] == name]
    assert one[0]["bank_hash"] == f"0x{case['bank']['blocks'][0]['hash']}", "as the Bank was recorded to give it"


def test_what_is_a_part_of_a_block_of_solana_holds_no_case() -> None:
    alone = run(solana("testnet-417955322") / "accounts.json.gz")
    assert alone.exit_code == 2
    assert "samestate: " in alone.output
