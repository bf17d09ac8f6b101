"""A search over processes, in a database that it goes on from: no seed is lost, and none is counted twice."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.engines import registry as engines
from samestate.conformance.engines.in_process import capabilities
from samestate.conformance.engines.process_tree import tree
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.errors import InputError
from samestate.conformance.fuzzing import crew as crews
from samestate.conformance.fuzzing.campaign import EngineChoice
from samestate.conformance.fuzzing.crew import Processes
from samestate.conformance.fuzzing.database import Database
from samestate.conformance.fuzzing.finding import Finding, FindingRow
from samestate.conformance.fuzzing.panel import SearchQuestion
from samestate.conformance.fuzzing.search import Search
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case

SPEC = {"spec": EngineChoice("spec", 1)}


def fuzz(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, ["fuzz", *arguments])


def refuse(name: str, finding: Finding) -> FindingRow:
    raise AssertionError(f"{name} is said to be wrong: {finding.difference}")


class Standin:
    """An engine of the toy that does on each case what it is told, and then gives what is right."""

    capabilities = capabilities(("toy",), "", "")

    def __init__(self, id: str, act: Callable[[Case], None]) -> None:
        self.id = id
        self.act = act

    def run(self, case: Case) -> Any:
        self.act(case)
        return execute(case)

    def close(self) -> None:
        pass


Register = Callable[[str, Callable[[Case], None]], None]


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Registers engines in this process, and in those that it forks."""

    def register(id: str, act: Callable[[Case], None]) -> None:
        monkeypatch.setitem(engines.REGISTRY, id, lambda workers: Standin(id, act))

    monkeypatch.setattr(crews, "process_context", lambda: multiprocessing.get_context("fork"))
    return register


def wrong(case: Case) -> None:
    if case.blocks[0]["txs"]:
        raise EngineFailure("out of luck")


@pytest.mark.parametrize("machine", ["toy", "evm"])
def test_processes_do_what_one_does(machine: str, tmp_path: Path) -> None:
    told = []
    for jobs in ("1", "2"):
        target = tmp_path / f"{jobs}.json"
        result = fuzz(
            "--machine", machine, "--engine", "spec", "--engine", "optimized", "--seed", "3", "--blocks", "9",
            "--jobs", jobs, "--json", str(target),
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        content = json.loads(target.read_text(encoding="utf-8"))
        told.append((content["blocks"], content["engines"]))
    assert told[0] == told[1]
    assert sum(fork["blocks"] for fork in told[0][0].values()) == 9


def test_a_search_goes_on_from_its_database(tmp_path: Path) -> None:
    options = ("--engine", "spec", "--jobs", "1", "--database", str(tmp_path))
    assert fuzz(*options, "--blocks", "4", "--seed", "7").exit_code == 0
    again = fuzz(*options, "--blocks", "10")
    assert again.exit_code == 0, again.output
    assert "spec: 10 blocks" in again.stdout
    assert "--seed 7 gives the same blocks again" in again.stdout
    with Database(tmp_path) as database:
        assert database.done == set(range(7, 17))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--engine", "spec", "--seed", "8"), "is of another search: seed is 7 there, and 8 here"),
        (("--engine", "spec", "--txs", "5"), "txs is 12 there, and 5 here"),
        (("--engine", "reference"), "engines is spec there, and reference:block-stm here"),
        (("--engine", "spec", "--machine", "evm"), "machine is toy there, and evm here"),
    ],
)
def test_a_database_is_of_one_search(tmp_path: Path, options: tuple[str, ...], complaint: str) -> None:
    assert (
        fuzz("--engine", "spec", "--jobs", "1", "--database", str(tmp_path), "--blocks", "1", "--seed", "7").exit_code
        == 0
    )
    result = fuzz(*options, "--database", str(tmp_path), "--blocks", "2")
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE settings SET value = '{' WHERE name = 'machine'", "setting machine"),
        ("UPDATE settings SET value = 'long' WHERE name = 'seconds'", "seconds"),
        ("INSERT INTO findings VALUES ('a', '[]')", "finding a"),
        ("INSERT INTO findings VALUES ('a', '{}')", "finding a"),
        ("INSERT INTO findings VALUES ('a', '" + "[" * 100_000 + "')", "finding a"),
        ("UPDATE answers SET content = '[1]'", "answers of a seed"),
    ],
)
def test_a_database_with_damaged_values_is_told(tmp_path: Path, statement: str, what: str) -> None:
    words = ("--engine", "spec", "--jobs", "1", "--database", str(tmp_path), "--seed", "7")
    assert fuzz(*words, "--blocks", "1").exit_code == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "search.sqlite")) as connection, connection:
        connection.execute(statement)
    result = fuzz(*words, "--blocks", "2")
    assert result.exit_code == 2, result.output
    assert f"search.sqlite: {what}: is damaged: " in " ".join(result.stderr.split())


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "search.sqlite").write_text(
        "a letter of many words, and nothing that any database would begin with\n" * 9
    )
    result = fuzz("--engine", "spec", "--database", str(tmp_path), "--blocks", "1")
    assert result.exit_code == 2
    assert "search.sqlite: file is not a database" in " ".join(result.stderr.split())
    (tmp_path / "file").write_text("")
    below = fuzz("--engine", "spec", "--database", str(tmp_path / "file" / "below"))
    assert below.exit_code == 2
    assert "--database" in below.stderr


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """The command in a process of its own, on many blocks."""
    words = [sys.executable, "-m", "samestate", "fuzz", "--machine", "evm", "--engine", "spec", "--engine", "optimized"]
    words += ["--seed", "100", "--database", str(folder), *options]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_seeds(folder: Path, least: int) -> None:
    """Wait until so many seeds are done."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.05)
        try:
            with sqlite3.connect(folder / "search.sqlite") as connection:
                if connection.execute("SELECT count(*) FROM seeds").fetchone()[0] >= least:
                    return
        except sqlite3.Error:
            pass
    raise AssertionError("nothing is done")


def assert_gone(processes: list[int]) -> None:
    """These processes end, soon."""
    end = time.monotonic() + 20
    while any(Path(f"/proc/{each}").exists() for each in processes) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [each for each in processes if Path(f"/proc/{each}").exists()]


@pytest.mark.slow
def test_a_killed_search_loses_nothing_that_is_done(tmp_path: Path) -> None:
    process = start(tmp_path, "--jobs", "2", "--blocks", "4000")
    wait_for_seeds(tmp_path, 5)
    workers = tree(process.pid)
    process.kill()
    process.communicate()
    with Database(tmp_path) as database:
        done = set(database.done)
        counted = database.counted(["spec"])["spec"]
    assert done and sum(counted.blocks.values()) == len(done)
    whole = max(done) - 100 + 5
    result = fuzz(
        "--machine", "evm", "--engine", "spec", "--engine", "optimized", "--database", str(tmp_path),
        "--blocks", str(whole), "--jobs", "2",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert f"spec: {whole} blocks" in result.stdout
    assert_gone(workers)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_done(tmp_path: Path, jobs: str) -> None:
    process = start(tmp_path, "--jobs", jobs, "--minutes", "10")
    wait_for_seeds(tmp_path, 3)
    workers = tree(process.pid)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert "interrupted" in stderr and "Traceback" not in stderr
    with Database(tmp_path) as database:
        assert f"spec: {len(database.done)} blocks" in stdout
    assert_gone(workers)


def test_no_seed_of_a_worker_that_dies_is_lost() -> None:
    """Processes are killed while they work; every seed is done, and is counted once."""
    question = SearchQuestion("evm", 9, SPEC)
    with Database(None) as database:
        crew = Processes(question, 2)
        stop = threading.Event()

        def kill() -> None:
            for _ in range(3):
                if stop.wait(0.4):
                    return
                os.kill(crew._members[0].process.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            Search(question, crew, database, refuse).run(range(40))
        finally:
            stop.set()
            killer.join()
            crew.close()
        assert database.done == set(range(40))
        assert sum(database.counted(["spec"])["spec"].blocks.values()) == 40
        assert sum(blocks for blocks, _ in database.forks().values()) == 40


def test_an_engine_that_ends_its_process_is_found(tmp_path: Path, standin: Register) -> None:
    def act(case: Case) -> None:
        if int(case.id.rpartition("_")[2]) == 5:
            os.kill(os.getpid(), signal.SIGKILL)

    standin("deadly", act)
    target = tmp_path / "found.json"
    result = fuzz(
        "--engine", "spec", "--engine", "deadly", "--seed", "0", "--blocks", "12", "--jobs", "2",
        "--output", str(tmp_path), "--json", str(target),
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    assert "FOUND deadly, seed 5" in result.stdout
    assert "the process in which the engine was asked has ended: it was killed by SIGKILL" in result.stdout
    assert json.loads(target.read_text())["engines"]["spec"]["executed"] == 11
    assert load_vector_file(tmp_path / "toy" / "deadly-5.yaml").case.id == "toy/found/deadly-5"


def test_an_engine_that_cannot_be_made_is_bad_input() -> None:
    with pytest.raises(InputError, match="no engine is called"):
        Processes(SearchQuestion("toy", 3, {"nobody": EngineChoice("nobody", 1)}), 2)


def test_all_differences_are_kept_and_the_first_of_a_kind_made_small(tmp_path: Path, standin: Register) -> None:
    standin("unlucky", wrong)
    options = ("--engine", "unlucky", "--seed", "1", "--jobs", "1", "--output", str(tmp_path))
    one = fuzz(*options, "--blocks", "8")
    assert one.stdout.count("FOUND") == 1
    result = fuzz(*options, "--blocks", "8", "--all")
    assert result.exit_code == 1
    assert result.stdout.count("FOUND unlucky") == 8
    assert result.stdout.count("not shrunk") == 5
    assert len(list((tmp_path / "toy").iterdir())) == 8


def test_a_finding_has_the_votes(tmp_path: Path, standin: Register) -> None:
    standin("one:a", wrong)
    standin("one:b", wrong)
    standin("two", wrong)
    standin("three", lambda case: None)
    target = tmp_path / "found.json"
    names = [word for id in ("one:a", "one:b", "two", "three") for word in ("--engine", id)]
    options = ("--seed", "1", "--blocks", "1", "--jobs", "1", "--output", str(tmp_path), "--json", str(target))
    result = fuzz(*names, *options)
    assert result.exit_code == 1
    sentence = "the specification and three, against one and two alike"
    assert sentence in result.stdout
    for finding in json.loads(target.read_text())["findings"]:
        assert finding["vote"][0] == sentence
        assert f"# Votes:\n# {sentence}\n" in Path(finding["file"]).read_text()


def test_what_was_not_made_small_is_when_the_search_goes_on(tmp_path: Path, standin: Register) -> None:
    def act(case: Case) -> None:
        if not is_calm and len(asked) > 0:
            raise KeyboardInterrupt
        asked.append(case)
        wrong(case)

    asked: list[Case] = []
    is_calm = False
    standin("unlucky", act)
    options = ("--engine", "unlucky", "--jobs", "1", "--database", str(tmp_path), "--blocks", "3")
    first = fuzz(*options, "--seed", "1")
    assert first.exit_code == 130
    assert "not shrunk" in first.stdout
    is_calm = True
    second = fuzz(*options)
    assert second.exit_code == 1
    assert "FOUND unlucky, seed 1" in second.stdout and "not shrunk" not in second.stdout
    assert ", and not shrunk" not in (tmp_path / "found" / "toy" / "unlucky-1.yaml").read_text()


def test_the_corpus_has_remarkable_blocks(tmp_path: Path) -> None:
    """As vectors, that say what was seen in them first, and the same again adds nothing."""
    options = ("--machine", "evm", "--engine", "spec", "--jobs", "1", "--txs", "6", "--database", str(tmp_path))
    assert fuzz(*options, "--seed", "16", "--blocks", "4").exit_code == 0
    vectors = sorted((tmp_path / "corpus" / "evm").iterdir())
    assert vectors
    header = (tmp_path / "corpus" / "evm" / "seed_16.yaml").read_text()
    assert "# The first block of a search in which there was:\n" in header
    assert "# rule evm." in header
    result = CliRunner().invoke(command.application, ["check", str(tmp_path / "corpus")])
    assert result.exit_code == 0, result.output
    with Database(tmp_path) as database:
        marks = database.marks
    assert fuzz(*options, "--seed", "16", "--blocks", "4").exit_code == 0
    with Database(tmp_path) as database:
        assert database.marks == marks


def test_what_was_found_is_there_before_its_seed_counts_as_done(
    tmp_path: Path, standin: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends the search in between: and the finding is there once."""
    standin("unlucky", wrong)
    options = ("--engine", "unlucky", "--all", "--jobs", "1", "--database", str(tmp_path), "--blocks", "2")

    def end(*given: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Database, "take", end)
        assert fuzz(*options, "--seed", "1").exit_code == 130
    with Database(tmp_path) as database:
        assert not database.done and len(database.findings) == 1
    result = fuzz(*options)
    assert result.stdout.count("FOUND unlucky, seed 1") == 1
    assert "unlucky: 2 blocks, 2 wrong" in result.stdout
    with Database(tmp_path) as database:
        assert database.done == {1, 2} and len(database.findings) == 2
