"""A case that takes more than it may fails alone, whatever it is at; so does one whose process dies."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.checking.limits import NO_LIMITS, EndedBeforeWork, Limits, parse_limits, show_size
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.checking.verdict import Result
from samestate.conformance.checking.worker import Closed, Worker, process_context
from samestate.conformance.engines.process_tree import end_tree, memory_of, tree
from samestate.conformance.errors import InputError
from tests.conformance.checking.cases import LOOP, RLP_TEST, hexed, samestate, state_test, transfer, write

GROWS = bytes.fromhex("60ff6380000000 52".replace(" ", ""))
"""Writes a word at 2 GiB, which the specification makes room for once it is paid."""


def endless(code: bytes = LOOP, gas: int = 2**40) -> dict[str, Any]:
    """A case that is right for no reason: nobody waits for its end."""
    test = state_test(21_000, code)
    test["env"]["currentGasLimit"] = hex(gas)
    test["pre"] = {address: {**account, "balance": hex(2**80)} for address, account in test["pre"].items()}
    test["post"]["London"][0]["txbytes"] = hexed(transfer(gas))
    return test


def outcomes(*arguments: object, code: int = 1) -> dict[str, tuple[str, str]]:
    """What became of each case and why."""
    result = samestate("check", *arguments, "--json", "-")
    assert result.exit_code == code, result.output
    told = json.loads(result.stdout)["verdicts"]
    return {each["id"].split("::")[-1]: (each["result"], each["reason"]) for each in told}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_case_that_takes_too_long_fails_alone(tmp_path: Path, jobs: int) -> None:
    cases = {"before": state_test(), "endless": endless(), "after": state_test(), "other": endless(), "last": RLP_TEST}
    write(tmp_path / "a.json", cases)
    write(tmp_path / "b.json", {"another": RLP_TEST})
    found = outcomes(tmp_path, "--timeout", "1", "--jobs", jobs)
    assert list(found) == ["before", "endless", "after", "other", "last", "another"]
    stopped = ("failed", "took more than 1 s and was stopped (--timeout)")
    assert found["endless"] == found["other"] == stopped
    assert {found[name][0] for name in ("before", "after", "last", "another")} == {"passed"}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell the memory of a process")
def test_a_case_that_takes_too_much_memory_fails_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.json", {"before": state_test(), "grows": endless(GROWS, 2**50), "after": state_test()})
    found = outcomes(tmp_path, "--memory", "400M")
    assert found["grows"] == ("failed", "took more than 400 MiB of memory and was stopped (--memory)")
    assert found["before"][0] == found["after"][0] == "passed"


def test_what_was_stopped_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.json", {"endless": endless()})
    write(tmp_path / "b.json", {"another": RLP_TEST})
    for _ in range(2):
        result = samestate("check", "a.json", "b.json", "--timeout", "0.5", "--resume")
        assert "1 passed, 1 failed" in result.output
    assert "1 documents were checked by an earlier run" in result.output


def test_no_case_can_keep_to_a_limit_that_is_too_low(tmp_path: Path) -> None:
    result = samestate("check", write(tmp_path / "a.json", {"a": RLP_TEST}), "--memory", "1M")
    assert result.exit_code == 2
    assert "--memory 1 MiB: must be more: a process that has run nothing yet takes" in result.stderr


@pytest.mark.parametrize(
    ("timeout", "memory", "limits"),
    [
        (None, None, NO_LIMITS),
        (1.5, None, Limits(1.5)),
        (None, "512", Limits(None, 512)),
        (None, "512k", Limits(None, 512 * 1024)),
        (None, "3M", Limits(None, 3 * 2**20)),
        (2, "2GiB", Limits(2, 2 * 2**30)),
    ],
)
def test_options_become_limits(timeout: float | None, memory: str | None, limits: Limits) -> None:
    assert parse_limits(timeout, memory) == limits
    assert bool(limits) == (timeout is not None or memory is not None)


@pytest.mark.parametrize(
    ("timeout", "memory", "complaint"),
    [
        (0, None, "--timeout 0: must be a number of seconds above zero"),
        (float("nan"), None, "--timeout nan"),
        (float("inf"), None, "--timeout inf"),
        (-1, None, "--timeout -1"),
        (None, "", "--memory : must be a size such as 512M or 2G"),
        (None, "0G", "--memory 0G"),
        (None, "much", "--memory much"),
        (None, "1G\n", "--memory 1G"),
        (None, "9" * 99, "--memory 999"),
    ],
)
def test_limits_that_are_none(timeout: float | None, memory: str | None, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        parse_limits(timeout, memory)


@pytest.mark.parametrize(
    ("size", "shown"), [(512, "512 bytes"), (2048, "2 KiB"), (3 * 2**29, "1.5 GiB"), (400 * 2**20, "400 MiB")]
)
def test_sizes_for_people(size: int, shown: str) -> None:
    assert show_size(size) == shown


# One worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(Limits(seconds=1))
    yield worker
    worker.kill()


def task(*cases: tuple[str, dict[str, Any]]) -> DocumentTask:
    return DocumentTask("a.json", json.dumps(dict(cases)).encode(), "a.json")


def signal_when_busy(worker: Worker, number: signal.Signals, times: int) -> threading.Thread:
    """Send the process of a worker a signal once it is at work, so often: each time to another process."""

    def send() -> None:
        sent: set[int] = set()
        limit = time.monotonic() + 30
        while len(sent) < times and time.monotonic() < limit:
            process = worker._pid
            if process and process not in sent and worker._connection is not None:
                time.sleep(0.3)
                os.kill(process, number)
                sent.add(process)
            time.sleep(0.01)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def test_a_process_that_does_nothing_any_more_is_ended(worker: Worker) -> None:
    """As one is that is in a native call: nothing inside it can stop it."""
    sender = signal_when_busy(worker, signal.SIGSTOP, times=1)
    report = worker.check(task(("hangs", endless()), ("after", RLP_TEST)))
    sender.join(60)
    assert [verdict.result for verdict in report.verdicts] == [Result.FAILED, Result.PASSED]
    assert report.was_stopped


def test_a_process_that_dies_twice_at_the_same_case_has_failed_it() -> None:
    worker = Worker()
    sender = signal_when_busy(worker, signal.SIGKILL, times=2)
    report = worker.check(task(("deadly", endless()), ("after", RLP_TEST)))
    sender.join(60)
    worker.close()
    deadly, after = report.verdicts
    assert (deadly.id, deadly.result, deadly.fork, deadly.kind) == (
        "a.json::deadly",
        Result.FAILED,
        "London",
        "state_test",
    )
    assert deadly.reason == "was killed by SIGKILL: is there enough memory?"
    assert after.result is Result.PASSED


def test_a_worker_that_is_killed_gives_no_report() -> None:
    worker = Worker()
    threading.Timer(0.5, worker.kill).start()
    with pytest.raises(Closed):
        worker.check(task(("endless", endless())))
    with pytest.raises(Closed):
        worker.check(task(("too late", RLP_TEST)))


def test_a_system_that_lets_no_process_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_process: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    context = process_context()
    monkeypatch.setattr(context.Process, "start", start)  # type: ignore[attr-defined]
    worker = Worker()
    with pytest.raises(
        EndedBeforeWork, match=r"^a worker process cannot be started: Resource temporarily unavailable$"
    ):
        worker.check(task(("a", RLP_TEST)))
    worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_all_that_a_process_has_started_is_ended() -> None:
    code = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", f"{code}time.sleep(600)"], os.environ)
    limit = time.monotonic() + 30
    while len(tree(process)) < 2 and time.monotonic() < limit:
        time.sleep(0.01)
    found = tree(process)
    assert found[0] == process
    assert len(found) == 2
    assert memory_of(found) > memory_of(found[:1]) > 2**20
    end_tree(process)
    os.waitpid(process, 0)
    while any(_is_running(each) for each in found) and time.monotonic() < limit:
        time.sleep(0.01)
    assert not any(_is_running(each) for each in found)


def _is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
