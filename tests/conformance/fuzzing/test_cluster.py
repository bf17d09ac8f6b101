"""A search on a Dask cluster: the same as in processes, whatever dies. Skipped where the extra `cluster` is missing."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.engines.process_tree import tree
from samestate.conformance.errors import InputError
from samestate.conformance.fuzzing.campaign import EngineChoice
from samestate.conformance.fuzzing.cluster import Cluster, count_of
from samestate.conformance.fuzzing.database import Database
from samestate.conformance.fuzzing.finding import Finding, FindingRow
from samestate.conformance.fuzzing.panel import SearchQuestion
from samestate.conformance.fuzzing.search import Search

NEEDED = "distributed is not installed: pip install 'samestate[cluster]'"
distributed = pytest.importorskip("distributed", reason=NEEDED)

pytestmark = pytest.mark.slow

SPEC = {"spec": EngineChoice("spec", 1)}


def fuzz(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, ["fuzz", *arguments])


def refuse(name: str, finding: Finding) -> FindingRow:
    raise AssertionError(f"{name} is said to be wrong: {finding.difference}")


def test_a_cluster_does_what_processes_do_and_goes_on(tmp_path: Path) -> None:
    """From the database of a search that began elsewhere; what is remarkable comes back from all workers."""
    options = ("--machine", "evm", "--engine", "spec", "--engine", "optimized", "--database", str(tmp_path / "here"))
    assert fuzz(*options, "--seed", "3", "--blocks", "4", "--jobs", "1").exit_code == 0
    target = tmp_path / "told.json"
    result = fuzz(*options, "--blocks", "12", "--dask", "local:2", "--json", str(target))
    assert result.exit_code == 0, result.output
    whole = json.loads(target.read_text())
    assert whole["engines"]["spec"]["executed"] == 12
    alone = fuzz(*options[:-1], str(tmp_path / "there"), "--seed", "3", "--blocks", "12", "--jobs", "1")
    assert alone.exit_code == 0
    with Database(tmp_path / "here") as here, Database(tmp_path / "there") as there:
        assert (here.done, here.marks, here.forks()) == (there.done, there.marks, there.forks())
    corpus = {path.name for path in (tmp_path / "here" / "corpus" / "evm").iterdir()}
    assert corpus and CliRunner().invoke(command.application, ["check", str(tmp_path / "here")]).exit_code == 0


def test_no_seed_of_a_worker_that_is_killed_is_lost() -> None:
    question = SearchQuestion("evm", 9, SPEC)
    with Database(None) as database:
        crew = Cluster(question, "local:2")
        stop = threading.Event()

        def kill() -> None:
            for _ in range(2):
                if stop.wait(1.0):
                    return
                workers = crew._client.run(os.getpid)
                os.kill(next(iter(workers.values())), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            Search(question, crew, database, refuse).run(range(150))
        finally:
            stop.set()
            killer.join()
            crew.close()
        assert database.done == set(range(150))
        assert sum(database.counted(["spec"])["spec"].blocks.values()) == 150


def test_workers_of_several_threads_do_one_task_at_a_time(tmp_path: Path) -> None:
    question = SearchQuestion("evm", 6, SPEC, measures=True)
    with distributed.LocalCluster(n_workers=1, threads_per_worker=3, dashboard_address=None) as cluster:
        crew = Cluster(question, cluster.scheduler_address)
        try:
            with Database(None) as database:
                Search(question, crew, database, refuse).run(range(30))
                assert database.done == set(range(30))
                assert any(mark.startswith("rule evm.") for mark in database.marks)
        finally:
            crew.close()


def test_a_seed_that_ends_every_worker_is_done_here() -> None:
    """Where it is found out whose fault it is; here it is nobody's."""
    question = SearchQuestion("toy", 3, SPEC)
    crew = Cluster(question, "local:1")
    try:

        class Ended:
            def done(self) -> bool:
                return True

            def result(self) -> Any:
                raise distributed.KilledWorker("work", None, 3)

        crew._client.submit = lambda *given, **named: Ended()  # type: ignore[method-assign]
        crew._distributed = type(
            "Module", (), {"wait": lambda *given, **named: None, "KilledWorker": distributed.KilledWorker}
        )
        with Database(None) as database:
            Search(question, crew, database, refuse).run(range(5))
            assert database.done == set(range(5))
    finally:
        crew.close()


def test_ctrl_c_keeps_what_is_done_and_ends_the_workers(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "samestate", "fuzz", "--machine", "evm", "--engine", "spec", "--seed", "1"]
    words += ["--minutes", "10", "--dask", "local:2", "--database", str(tmp_path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    count = 0
    while count < 3 and time.monotonic() < end:
        time.sleep(0.1)
        try:
            with sqlite3.connect(tmp_path / "search.sqlite") as connection:
                (count,) = connection.execute("SELECT count(*) FROM seeds").fetchone()
        except sqlite3.Error:
            pass
    workers = tree(process.pid)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "interrupted" in stderr and "Traceback" not in stderr
    with Database(tmp_path) as database:
        assert f"spec: {len(database.done)} blocks" in stdout and database.done
    end = time.monotonic() + 20
    while any(Path(f"/proc/{each}").exists() for each in workers) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [each for each in workers if Path(f"/proc/{each}").exists()]


def test_an_address_that_nobody_answers_is_an_error_soon() -> None:
    start = time.monotonic()
    with pytest.raises(InputError, match=r"--dask tcp://127\.0\.0\.1:9: nobody answers who is a scheduler"):
        Cluster(SearchQuestion("toy", 3, SPEC), "tcp://127.0.0.1:9")
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("address", ["local:", "local:0", "local:many", "local:-1", "local:99999"])
def test_so_many_workers_must_be_a_number(address: str) -> None:
    with pytest.raises(InputError, match="must be local:N"):
        count_of(address)


def test_a_cluster_has_its_own_processes() -> None:
    result = fuzz("--dask", "local:2", "--jobs", "2")
    assert result.exit_code == 2
    assert "leave out --jobs" in " ".join(result.stderr.split())
