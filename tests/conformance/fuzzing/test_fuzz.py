"""Fuzzing: an engine with a bug is found out, its block made small and written as a vector that `check` runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conformance import command, engines
from conformance.block_engine import BlockEngine, capabilities
from conformance.engine import EngineFailure
from conformance.fuzzing import campaign
from conformance.fuzzing.shrinking import fewer
from conformance.vectors.loading import load_vector_file
from conformance.vectors.model import members, texts
from spec.machine import Key
from spec.transition import apply_block
from spec.view import Ledger

Run = Callable[..., Any]


def samestate(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, list(arguments))


class Forgetful(Ledger):
    """A ledger that shows each step the value from before the block of every slot that ends in an even digit."""

    def value(self, key: Key) -> Any:
        return self.before.get(key) if key[:1] == b"\x03" and key[-1] % 2 == 0 else super().value(key)

    def source(self, key: Key) -> tuple[int, ...]:
        return () if key[:1] == b"\x03" and key[-1] % 2 == 0 else super().source(key)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(machine: Any, block: Any, state: Any, predictions: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("spec.transition.Ledger", Forgetful)
            return apply_block(machine, block, state)

    made = BlockEngine("forgetful", capabilities(("toy",), "", ""), execute)
    monkeypatch.setitem(engines.REGISTRY, "forgetful", lambda workers: made)


@pytest.mark.usefixtures("forgetful")
def test_a_bug_is_found_and_shrunk_to_a_vector(tmp_path: Path) -> None:
    result = samestate("fuzz", "--engine", "forgetful", "--seed", "1", "--blocks", "40", "--output", str(tmp_path))
    assert result.exit_code == 1, result.output
    assert "FOUND forgetful, seed " in result.stdout
    assert "RAW on step" in result.stdout
    assert "seed 1: --machine toy --txs 12 --seed 1 gives the same blocks again" in result.stdout
    (found,) = (tmp_path / "toy").iterdir()
    vector = load_vector_file(found)
    transactions = members(vector.case.blocks[0], "txs")
    assert len(transactions) == 2
    assert sum(len(texts(each, "operations")) for each in transactions) == 2
    assert samestate("check", str(found)).exit_code == 0
    failed = samestate("check", str(found), "--engine", "forgetful")
    assert failed.exit_code == 1
    assert "RAW on step 0 was missed" in failed.output or "cannot be kept" in failed.output


@pytest.mark.usefixtures("forgetful")
def test_the_seed_replays_what_was_found(tmp_path: Path) -> None:
    arguments = ("fuzz", "--engine", "forgetful", "--output", str(tmp_path), "--seed")
    first = samestate(*arguments, "1", "--blocks", "40")
    seed = first.stdout.split("seed ")[1].split(":")[0]
    again = samestate(*arguments, seed, "--blocks", "1")
    assert again.exit_code == 1
    assert f"FOUND forgetful, seed {seed}:" in again.stdout


@pytest.mark.parametrize("machine", ["toy", "evm"])
def test_the_specification_agrees_with_itself(machine: str, tmp_path: Path) -> None:
    result = samestate(
        "fuzz", "--engine", "spec", "--machine", machine, "--seed", "5", "--blocks", "10", "--txs", "6",
        "--output", str(tmp_path / "none"),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "spec: 10 blocks" in result.stdout
    assert not (tmp_path / "none").exists()


def test_an_engine_that_fails_is_found_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(machine: Any, block: Any, state: Any, predictions: Any) -> Any:
        if block.transactions:
            raise EngineFailure("out of memory")
        return apply_block(machine, block, state)

    made = BlockEngine("failing", capabilities(("toy",), "", ""), execute)
    monkeypatch.setitem(engines.REGISTRY, "failing", lambda workers: made)
    result = samestate("fuzz", "--engine", "failing", "--seed", "1", "--blocks", "3", "--output", str(tmp_path))
    assert result.exit_code == 1
    assert "out of memory" in result.stdout


@pytest.mark.usefixtures("forgetful")
def test_an_interruption_keeps_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = campaign.case_of
    seen: list[int] = []

    def case_of(machine: str, seed: int, transactions: int) -> Any:
        seen.append(seed)
        if len(seen) > 40:
            raise KeyboardInterrupt
        return original(machine, seed, transactions)

    monkeypatch.setattr(campaign, "case_of", case_of)
    result = samestate(
        "fuzz", "--engine", "forgetful", "--engine", "spec", "--seed", "1", "--blocks", "400", "--output", str(tmp_path)
    )
    assert result.exit_code == 130
    assert "FOUND forgetful" in result.stdout
    assert len(list((tmp_path / "toy").iterdir())) == 1
    assert "interrupted" in result.stderr


def test_time_ends_it() -> None:
    result = samestate("fuzz", "--engine", "spec", "--minutes", "0.005", "--seed", "3")
    assert result.exit_code == 0
    assert "seed 3: " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--machine", "svm"), "--machine svm: must be toy or evm"),
        (("--engine", "nobody"), "no engine is called 'nobody'"),
        (("--engine", "nobody:*"), "no engine is called 'nobody:*'"),
        (("--blocks", "0"), "--blocks"),
        (("--workers", "0"), "--workers"),
        (("--minutes", "-1"), "--minutes -1: must be more than 0"),
        (("--minutes", "nan"), "--minutes nan: must be more than 0"),
        (("--seed", "many"), "--seed"),
    ],
)
def test_bad_input_is_told(arguments: tuple[str, ...], complaint: str) -> None:
    result = samestate("fuzz", *arguments)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("│", " ").split())


def test_an_engine_without_the_machine_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    made = BlockEngine("narrow", capabilities(("toy",), "", ""), apply_block)  # type: ignore[arg-type]
    monkeypatch.setitem(engines.REGISTRY, "narrow", lambda workers: made)
    result = samestate("fuzz", "--engine", "narrow", "--machine", "evm")
    assert result.exit_code == 2
    assert "none of narrow has the machine evm" in result.stderr


def test_parts_are_left_out_big_ones_first() -> None:
    kept = ["".join(each) for each in fewer("abcd")]
    assert kept == ["", "cd", "ab", "bcd", "acd", "abd", "abc"]
    assert list(fewer("")) == []
