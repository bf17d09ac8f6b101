"""`samestate fill` and `samestate run`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from samestate.conformance import command
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from tests.data import data_folder

FUNDED = "evm/funding/funded_by_an_earlier_transaction-berlin"
SCENARIO = "funding.funded_by_an_earlier_transaction"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(command.application, [str(argument) for argument in arguments])


def test_fill_writes_what_is_not_there(tmp_path: Path) -> None:
    result = call("fill", SCENARIO, "--output", tmp_path)
    assert (result.exit_code, result.output) == (0, "0 the same, 8 written, 0 different\n")
    written = (tmp_path / f"{FUNDED}{SUFFIX}").read_bytes()
    assert written == (VECTORS / f"{FUNDED}{SUFFIX}").read_bytes()
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {SUFFIX}


def test_fill_shares_its_work(tmp_path: Path) -> None:
    result = call("fill", "evm.funding", "toy.block_gas", "--output", tmp_path, "--jobs", "2")
    assert result.exit_code == 0, result.output
    for path in tmp_path.rglob(f"*{SUFFIX}"):
        assert path.read_bytes() == (VECTORS / path.relative_to(tmp_path)).read_bytes()
    again = call("fill", "evm.funding", "toy.block_gas", "--output", tmp_path, "--check", "--jobs", "2")
    assert again.output.endswith(" the same, 0 written, 0 different\n")


def test_fill_overwrites_only_if_told_to(tmp_path: Path) -> None:
    call("fill", SCENARIO, "--output", tmp_path)
    path = tmp_path / f"{FUNDED}{SUFFIX}"
    right = path.read_text()
    path.write_text(right.replace('gas_used: "42000"', 'gas_used: "42001"'))
    for arguments in ([], ["--check"]):
        result = call("fill", SCENARIO, "--output", tmp_path, *arguments)
        assert result.exit_code == 1
        assert '-      gas_used: "42001"\n+      gas_used: "42000"' in result.output
        assert path.read_text() != right
    path.write_bytes(b"\xff")
    assert call("fill", SCENARIO, "--output", tmp_path).exit_code == 1
    assert call("fill", FUNDED, "--output", tmp_path, "--update").exit_code == 0
    assert path.read_text() == right


def test_fill_check_writes_nothing(tmp_path: Path) -> None:
    result = call("fill", SCENARIO, "--output", tmp_path, "--check")
    assert result.exit_code == 1
    assert "is not there yet" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["fill", "no such"], "no scenario is called 'no such'"), (["fill", "--check", "--update"], "only one of them")],
)
def test_fill_has_bad_input(arguments: list[str], complaint: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_run_prints_a_vector() -> None:
    result = call("run", VECTORS / f"{FUNDED}{SUFFIX}")
    assert result.exit_code == 0
    assert "block 0: valid" in result.output
    assert "(poor): 0x0de0b6b3a7640000 from step 0" in result.output


def test_run_gives_json() -> None:
    (block,) = json.loads(call("run", VECTORS / f"{FUNDED}{SUFFIX}", "--json", "-").output)
    assert block["status"] == "valid"
    assert block["gas_used"] == "42000"
    assert [step["step"] for step in block["access"]] == ["open", "0", "1", "close"]


def test_run_tells_rejections() -> None:
    result = call("run", VECTORS / f"evm/nonces/gap_in_mid_block-london{SUFFIX}")
    assert (result.exit_code, result.output) == (0, "block 0: rejected as NONCE_TOO_HIGH, transaction 2\n")


@pytest.mark.fixtures
def test_run_takes_block_files() -> None:
    path = sorted((data_folder() / "blocks").glob("*.json.gz"))[0]
    result = call("run", path, "--json", "-")
    assert result.exit_code == 0
    assert json.loads(result.output)[0]["status"] == "valid"


def test_installed_vectors_are_never_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "site-packages" / "samestate" / "vectors"
    for options in ((), ("--update",)):
        result = call("fill", "toy.sizes", "--output", folder, *options)
        assert result.exit_code == 2
        assert "is the folder of installed vectors, which is never written to" in result.output
    assert not folder.exists()
    assert call("fill", "toy.sizes", "--output", folder, "--check").exit_code == 1
