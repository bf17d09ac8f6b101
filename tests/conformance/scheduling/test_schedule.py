"""`samestate schedule`: a block that engines execute, the same for the same pool, and what was left out and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.vectors import svm
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import members
from samestate.spec.svm.declared import declared_accounts


def samestate(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, list(arguments))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("pool") / "pool.yaml"
    options = ("--machine", "evm", "--fork", "Osaka", "--txs", "60", "--conflict", "0.5", "--seed", "4")
    assert samestate("generate", *options, "-o", str(target)).exit_code == 0
    return target


def test_a_block_of_a_pool(pool: Path, tmp_path: Path) -> None:
    target, report = tmp_path / "block.yaml", tmp_path / "report.json"
    made = samestate("schedule", str(pool), "--limit", "gas=2000000", "-o", str(target), "--json", str(report))
    assert made.exit_code == 0, made.output
    said = json.loads(report.read_text())
    assert 0 < said["placed"] < said["pool"]
    assert said["placed"] + len(said["left_out"]) == said["pool"]
    assert "no gas left in the block" in said["left_out"].values()
    assert 0 < said["used"]["gas"] <= said["limits"]["gas"] == 2_000_000
    assert sorted(index for entry in said["entries"] for index in entry) == sorted(
        set(range(said["pool"])) - {int(index) for index in said["left_out"]}
    )
    if said["fees_bound"] is not None:
        assert 0 < said["fees_declared"] <= said["fees_bound"] * (1 + 1e-9)
    checked = samestate("check", str(target), "--engine", "spec", "--engine", "optimized")
    assert "2 passed, 0 failed" in checked.output, checked.output

    again = tmp_path / "again" / "block.yaml"
    assert samestate("schedule", str(pool), "--limit", "gas=2000000", "-o", str(again)).exit_code == 0
    assert again.read_bytes() == target.read_bytes()


def test_a_block_with_room_for_all(pool: Path, tmp_path: Path) -> None:
    made = samestate("schedule", str(pool), "--limit", "gas=900000000", "-o", str(tmp_path / "b.yaml"), "--json", "-")
    said = json.loads(made.stdout)
    assert "no gas left in the block" not in said["left_out"].values()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--limit", "gas"), "--limit gas: must be NAME=N"),
        (("--limit", "gas=0"), "--limit gas=0: must be NAME=N"),
        (("--limit", "wits=3"), "--limit wits: is none here; there are"),
        (("--look-ahead", "0"), "Invalid value"),
    ],
)
def test_options_that_cannot_be_meant(pool: Path, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    target = tmp_path / "block.yaml"
    refused = samestate("schedule", str(pool), *options, "-o", str(target))
    assert refused.exit_code == 2
    assert said in refused.output
    assert not target.exists()


def test_pools_that_are_none(tmp_path: Path) -> None:
    target = tmp_path / "block.yaml"
    missing = samestate("schedule", str(tmp_path / "none.yaml"), "-o", str(target))
    assert (missing.exit_code, target.exists()) == (2, False)
    toy = tmp_path / "toy.yaml"
    assert samestate("generate", "--txs", "3", "-o", str(toy)).exit_code == 0
    refused = samestate("schedule", str(toy), "-o", str(target))
    assert refused.exit_code == 2
    assert "its machine is toy; a mempool is of evm, svm" in refused.output


@pytest.fixture(scope="module")
def solana_pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("pool") / "solana.yaml"
    options = ("--machine", "svm", "--txs", "80", "--conflict", "0.4", "--seed", "5")
    assert samestate("generate", *options, "-o", str(target)).exit_code == 0
    return target


def test_a_block_of_entries_of_a_pool(solana_pool: Path, tmp_path: Path) -> None:
    target, report = tmp_path / "block.yaml", tmp_path / "report.json"
    limits = ("--limit", "units=500000", "--limit", "account units=100000")
    made = samestate("schedule", str(solana_pool), *limits, "-o", str(target), "--json", str(report))
    assert made.exit_code == 0, made.output
    said = json.loads(report.read_text())
    assert 0 < said["placed"] < said["pool"]
    assert said["placed"] + len(said["left_out"]) == said["pool"]
    assert {"no units left in the block", "no units left for a key that it writes"} <= set(said["left_out"].values())
    assert said["used"]["units"] <= said["limits"]["units"] == 500_000
    assert len(said["entries"]) > 1
    vector = load_vector_file(target)
    assert dict(vector.case.params) == {"limit_account": "100000", "limit_block": "500000"}
    (block,) = vector.case.blocks
    assert [len(entry["txs"]) for entry in members(block, "entries")] == [len(entry) for entry in said["entries"]]
    _, state, bank = svm.read_case(vector.case)
    decoded = svm.read_block(block, state, bank)
    for entry in decoded.entries:
        used: set[bytes] = set()
        for transaction in entry.transactions:
            _, writes = declared_accounts(decoded, transaction)
            assert used.isdisjoint(writes)
            used.update(writes)
    checked = samestate("check", str(target), "--engine", "spec", "--engine", "optimized")
    assert "2 passed, 0 failed" in checked.output, checked.output


def test_what_the_leader_earns(solana_pool: Path, tmp_path: Path) -> None:
    made = samestate("schedule", str(solana_pool), "-o", str(tmp_path / "b.yaml"), "--json", "-")
    said = json.loads(made.stdout)
    (expect,) = load_vector_file(tmp_path / "b.yaml").expected
    fees = expect["fees"]
    assert said["fees_earned"] == int(fees["priority"]) + int(fees["signatures"]) - int(fees["signatures"]) // 2
    assert said["fee_unit"] == "lamports"
