"""`samestate generate`: a vector that check accepts, the same for the same seed, with so many conflicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.commands import generate
from samestate.conformance.vectors.document import SIZE_LIMIT
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import members


def samestate(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, list(arguments))


def conflicts(path: Path) -> int:
    """Transactions that read a slot that an earlier one wrote."""
    edges = members(load_vector_file(path).expected[0], "depends")
    return len({edge["later"] for edge in edges if edge["kind"] == "RAW" and str(edge["key"]).startswith("slot")})


@pytest.mark.parametrize("conflict", ["0", "0.3", "1"])
def test_a_toy_block_has_so_many_conflicts(tmp_path: Path, conflict: str) -> None:
    target = tmp_path / "block.yaml"
    result = samestate("generate", "--txs", "40", "--conflict", conflict, "--seed", "7", "-o", str(target))
    assert result.exit_code == 0, result.output
    assert "40 transactions" in result.stdout
    assert conflicts(target) == min(39, round(40 * float(conflict)))
    assert "1 passed" in samestate("check", str(target)).output
    assert f"--txs 40 --conflict {conflict} --seed 7" in target.read_text()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a/block", "1"), ("b/block", "1"), ("c/block", "2")):
        assert samestate("generate", "--seed", seed, "-o", str(tmp_path / f"{name}.yaml")).exit_code == 0
    texts = [(tmp_path / name / "block.yaml").read_text() for name in "abc"]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    "options", [("--fork", "Prague"), ("--fork", "Amsterdam", "--access-list"), ("--fork", "London")]
)
def test_an_evm_block_passes_check(tmp_path: Path, options: tuple[str, ...]) -> None:
    target = tmp_path / "block.yaml"
    assert samestate("generate", "--machine", "evm", "--txs", "6", *options, "-o", str(target)).exit_code == 0
    assert "1 passed" in samestate("check", str(target)).output
    assert ("block_access_list:" in target.read_text()) == ("Amsterdam" in options)
    assert ("slot_number:" in target.read_text()) == ("Amsterdam" in options)


def test_a_toy_block_with_its_access_list(tmp_path: Path) -> None:
    target = tmp_path / "block.yaml"
    assert samestate("generate", "--txs", "5", "--access-list", "-o", str(target)).exit_code == 0
    assert load_vector_file(target).case.selectors >= {"proposed-access-list"}


@pytest.mark.slow
def test_as_many_transactions_as_there_may_be_are_a_vector_that_check_takes(tmp_path: Path) -> None:
    target = tmp_path / "block.yaml"
    most = str(generate.MOST_TRANSACTIONS)
    assert samestate("generate", "--txs", most, "--conflict", "1", "-o", str(target)).exit_code == 0
    assert target.stat().st_size <= SIZE_LIMIT
    assert "1 passed" in samestate("check", str(target)).output


def test_what_check_would_refuse_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "SIZE_LIMIT", 10_000)
    result = samestate("generate", "--txs", "20", "-o", str(tmp_path / "block.yaml"))
    assert result.exit_code == 2
    assert "`check` takes at most 10000; about" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_transactions_at_all(tmp_path: Path) -> None:
    target = tmp_path / "empty.yaml"
    assert samestate("generate", "--txs", "0", "-o", str(target)).exit_code == 0
    assert "1 passed" in samestate("check", str(target)).output


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--conflict", "1.5"), "--conflict 1.5: must be between 0 and 1"),
        (("--conflict", "nan"), "--conflict nan: must be between 0 and 1"),
        (("--machine", "avm"), "--machine avm: must be one of evm, svm, toy"),
        (("--fork", "Prague"), "--fork Prague: no fork is called so; known are toy, signed"),
        (("--machine", "evm", "--fork", "Tangerine"), "--fork Tangerine: no fork is called so; known are Berlin"),
        (("--machine", "evm", "--fork", "Paris", "--access-list"), "Paris has no block access lists"),
        (("--txs", "-1"), "--txs"),
        (("--seed", "-1"), "--seed"),
        (("-o", "Block.yaml"), "must be called NAME.yaml"),
        (("-o", "block.json"), "must be called NAME.yaml"),
        (("-o", "/proc/nowhere/block.yaml"), "cannot be written"),
    ],
)
def test_bad_input_is_told(tmp_path: Path, options: tuple[str, ...], complaint: str) -> None:
    target = () if "-o" in options else ("-o", str(tmp_path / "block.yaml"))
    result = samestate("generate", *target, *options)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("│", " ").split())


def test_forks_are_called_as_in_check(tmp_path: Path) -> None:
    for name in ("arrow glacier", "ArrowGlacier"):
        target = tmp_path / "case.yaml"
        options = ["generate", "--machine", "evm", "--txs", "1", "--fork", name, "-o", str(target)]
        assert CliRunner().invoke(command.application, options).exit_code == 0
        assert 'fork: "ArrowGlacier"' in target.read_text()


def test_the_command_in_the_vector_makes_it_again(tmp_path: Path) -> None:
    target = tmp_path / "block.yaml"
    options = ["generate", "--machine", "toy", "--txs", "3", "--conflict", "0.3333333333", "--seed", "7"]
    assert samestate(*options, "-o", str(target)).exit_code == 0
    assert " ".join(options) in target.read_text(encoding="utf-8")
