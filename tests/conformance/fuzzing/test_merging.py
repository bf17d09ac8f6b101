"""Searches that are made one: no seed, no finding, no block of the corpus twice, and none of another search."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.engines import names as engines
from samestate.conformance.engines.in_process import capabilities
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.fuzzing import merging
from samestate.conformance.fuzzing.database import Database
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case


def fuzz(*arguments: object) -> Any:
    return CliRunner().invoke(command.application, ["fuzz", *map(str, arguments)])


class Unlucky:
    """An engine of the toy that gets every third seed wrong."""

    id = "unlucky"
    capabilities = capabilities(("toy",), "", "")

    def run(self, case: Case) -> Any:
        if "found" in case.id or int(case.id.rpartition("_")[2]) % 3 == 0:
            raise EngineFailure("out of luck")
        return execute(case)

    def close(self) -> None:
        pass


@pytest.fixture
def unlucky(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines.REGISTRY, "unlucky", lambda workers: Unlucky())


def search(folder: Path, seed: int, blocks: int, *options: str) -> None:
    words = ("--engine", "spec", "--engine", "unlucky", "--all", "--jobs", 1, "--txs", 2)
    assert fuzz(*words, "--database", folder, "--seed", seed, "--blocks", blocks, *options).exit_code == 1


def test_two_halves_are_what_one_search_of_both_is(unlucky: None, tmp_path: Path) -> None:
    """Seeds 0 to 5 and 4 to 9 in two folders, then together; and 0 to 9 in one."""
    first, second, whole, both = (tmp_path / name for name in ("first", "second", "whole", "both"))
    search(first, 0, 6)
    search(second, 4, 6)
    search(whole, 0, 10)
    told = fuzz("--merge", first, "--merge", second, "--database", both)
    assert told.exit_code == 0, told.output
    assert f"{second}: 4 seeds, 2 findings" in told.stdout and "2 seeds were done here already" in told.stdout
    with Database(both, is_read_only=True) as merged, Database(whole, is_read_only=True) as right:
        assert list(merged.seeds()) == list(right.seeds())
        assert merged.counted(("spec", "unlucky")) == right.counted(("spec", "unlucky"))
        assert merged.forks() == right.forks()
        assert merged.marks == right.marks
        assert {(row.id, row.seed) for row in merged.findings.values()} == {
            (row.id, row.seed) for row in right.findings.values()
        }
        found = [Path(row.file) for row in merged.findings.values()]
    assert sorted(found) == sorted((both / "found" / "toy").iterdir())
    for file in [*found, *(both / "corpus" / "toy").iterdir()]:
        assert load_vector_file(file).case.machine == "toy"
    corpora = [{path.name for path in (each / "corpus" / "toy").iterdir()} for each in (first, both)]
    assert corpora[0] <= corpora[1]


def test_what_was_merged_before_adds_nothing(unlucky: None, tmp_path: Path) -> None:
    search(tmp_path / "first", 0, 3)
    search(tmp_path / "second", 3, 3)
    for _ in range(2):
        again = fuzz("--merge", tmp_path / "second", "--database", tmp_path / "first")
    assert "0 seeds, 0 findings, 0 blocks of the corpus; 3 seeds were done here already" in again.stdout
    with Database(tmp_path / "first", is_read_only=True) as database:
        assert database.done == {0, 1, 2, 3, 4, 5} and len(database.findings) == 2


def test_a_merge_that_was_ended_is_done_again(unlucky: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever came of it before its seeds were counted is there once."""
    search(tmp_path / "first", 0, 2)
    search(tmp_path / "second", 2, 8)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "add", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        assert fuzz("--merge", tmp_path / "second", "--database", tmp_path / "first").exit_code == 130
    assert fuzz("--merge", tmp_path / "second", "--database", tmp_path / "first").exit_code == 0
    with Database(tmp_path / "first", is_read_only=True) as database:
        assert database.done == set(range(10))
        assert sorted(row.seed for row in database.findings.values()) == [0, 3, 6, 9]
    assert len(list((tmp_path / "first" / "found" / "toy").iterdir())) == 4


def test_findings_of_one_id_get_another(unlucky: None, tmp_path: Path) -> None:
    search(tmp_path / "first", 0, 1)
    search(tmp_path / "second", 3, 1)
    with Database(tmp_path / "second") as database:
        (row,) = database.findings.values()
        moved = tmp_path / "second" / "found" / "toy" / "unlucky-0.yaml"
        text = Path(row.file).read_text(encoding="utf-8").replace('"toy/found/unlucky-3"', '"toy/found/unlucky-0"')
        moved.write_text(text, encoding="utf-8")
        content = {**row.document(), "id": "toy/found/unlucky-0", "file": str(moved)}
        database._write("UPDATE findings SET id = ?, content = ?", [("toy/found/unlucky-0", json.dumps(content))])
    assert fuzz("--merge", tmp_path / "second", "--database", tmp_path / "first").exit_code == 0
    with Database(tmp_path / "first", is_read_only=True) as database:
        assert {row.id: row.seed for row in database.findings.values()} == {
            "toy/found/unlucky-0": 0,
            "toy/found/unlucky-3": 3,
        }
        for row in database.findings.values():
            assert load_vector_file(Path(row.file)).case.id == row.id


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--txs", "4"), "txs is 4 there, and 2 here"),
        (("--conflict", "0.5"), "conflict is 0.5 there, and None here"),
        (("--engine", "reference:waves"), "engines is spec, unlucky, reference:waves there, and spec, unlucky here"),
    ],
)
def test_another_search_is_refused(unlucky: None, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    search(tmp_path / "first", 0, 1)
    search(tmp_path / "second", 3, 1, *options)
    refused = fuzz("--merge", tmp_path / "second", "--database", tmp_path / "first")
    assert refused.exit_code == 2 and said in " ".join(refused.stderr.split()), refused.output
    with Database(tmp_path / "first", is_read_only=True) as database:
        assert database.done == {0}


def test_what_cannot_be_merged_is_named_and_nothing_written(unlucky: None, tmp_path: Path) -> None:
    search(tmp_path / "first", 0, 1)
    search(tmp_path / "second", 3, 1)

    def refused(*words: object) -> str:
        result = fuzz(*words)
        assert result.exit_code == 2, result.output
        return " ".join(result.stderr.split())

    into = ("--database", tmp_path / "first")
    assert "say with --database" in refused("--merge", tmp_path / "second")
    assert "must be another folder" in refused("--merge", tmp_path / "first", *into)
    assert "has no search.sqlite" in refused("--merge", tmp_path / "nowhere", *into)
    (tmp_path / "spoilt").mkdir()
    (tmp_path / "spoilt" / "search.sqlite").write_bytes(b"no database" * 100)
    for folders in (("spoilt",), ("second", "spoilt")):
        words = [word for folder in folders for word in ("--merge", tmp_path / folder)]
        assert f"--merge {tmp_path / 'spoilt'}: search.sqlite: file is not a database" in refused(*words, *into)
    assert "--blocks: searches are merged as they are" in refused("--merge", tmp_path / "second", "--blocks", 1, *into)
    (tmp_path / "second" / "found" / "toy" / "unlucky-3.yaml").unlink()
    assert "the reproducer of its finding toy/found/unlucky-3 is not there" in refused(
        "--merge", tmp_path / "second", *into
    )
    shutil.rmtree(tmp_path / "second" / "corpus")
    assert merging.MERGE in refused("--merge", tmp_path / "second", *into)
    assert not (tmp_path / "nowhere").exists()
    with Database(tmp_path / "first", is_read_only=True) as database:
        assert database.done == {0} and len(database.findings) == 1
