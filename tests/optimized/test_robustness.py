"""What goes wrong around a block: an error that says what, in time, and an engine that runs the next block."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samestate.optimized.configuration import Configuration
from samestate.optimized.errors import OutOfMemory, StepFailed, TimeLimitExceeded, WorkerDied
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.pools import shared_pool
from samestate.optimized.processes.python_machine import PythonEngine
from samestate.optimized.shared_memory import create_arena
from tests.optimized.token_ledger import Block, Transfer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
TOKENS = MachineName("tests.optimized.token_ledger:TokenLedger")


@pytest.fixture(scope="module")
def engine() -> Iterator[PythonEngine]:
    engine = PythonEngine(TOKENS, Configuration(kind="processes", memory_limit=4 << 20, time_limit=20))
    yield engine
    engine.close()


@pytest.fixture
def hasty() -> Iterator[PythonEngine]:
    """An engine whose blocks have a second."""
    engine = PythonEngine(TOKENS, Configuration(kind="processes", memory_limit=4 << 20, time_limit=1))
    yield engine
    engine.close()


@pytest.fixture
def alone() -> Iterator[PythonEngine]:
    """An engine without workers: everything happens in this process."""
    configuration = Configuration(strategy="sequential", kind="processes", time_limit=0.5)
    engine = PythonEngine(TOKENS, configuration)
    yield engine
    engine.close()


def transfers(count: int, work: float = 1.0, habits: dict[int, str] | None = None) -> tuple[Block, dict[bytes, bytes]]:
    """Transfers of strangers, some with bad habits."""
    made = [Transfer(b"a%d" % i, b"b%d" % i, 5, work, (habits or {}).get(i, "")) for i in range(count)]
    return Block(tuple(made)), {b"a%d" % i: b"\xff" for i in range(count)}


def check_usable(engine: PythonEngine) -> None:
    """The next block is run, by workers of whom there are as many as there are to be."""
    result = engine.execute(*transfers(12))
    workers = shared_pool(engine.configuration.workers).processes()
    assert result.rejection is None
    assert len(workers) == engine.configuration.workers
    assert {moved.process for moved in result.outcomes} <= set(workers)
    assert all(arenas_of(worker) for worker in workers)


# A machine that does not behave


@pytest.mark.parametrize(
    ("habit", "reason"),
    [
        ("raises in execute", r"ZeroDivisionError: tokens by nothing \(.*token_ledger.py:\d+, in misbehave\)"),
        ("exits in execute", r"SystemExit: 3 \("),
        ("gives what cannot be pickled", "pickle"),
        ("gives what cannot be unpickled", r"its outcome cannot be unpickled: FileNotFoundError: nothing here"),
        ("gives garbage", r"AttributeError: 'str' object has no attribute 'sender_left'"),
        ("reads by a number", r"TypeError: a key is to be bytes, not int"),
        ("sets a string", r"TypeError: a value is to be bytes, not str"),
        ("credits less than nothing", r"TypeError: a credit is to be a positive number, not -1"),
    ],
)
def test_a_failed_transaction_is_named_with_the_reason(engine: PythonEngine, habit: str, reason: str) -> None:
    with pytest.raises(StepFailed, match=rf"^step transaction 4 failed: .*{reason}") as caught:
        engine.execute(*transfers(8, habits={4: habit}))
    assert caught.value.step == "4"
    check_usable(engine)


@pytest.mark.parametrize(
    ("habit", "step"),
    [
        ("raises in open", "open"),
        ("exits in open", "open"),
        ("raises in settle", "0"),
        ("settles for garbage", "0"),
        ("raises in close", "close"),
    ],
)
def test_a_failed_step_of_the_block_is_named_too(engine: PythonEngine, habit: str, step: str) -> None:
    block, state = transfers(3)
    with pytest.raises(StepFailed) as caught:
        engine.execute(Block(block.transfers, habit=habit), state)
    assert caught.value.step == step
    check_usable(engine)


def test_a_failure_of_a_speculative_run_does_not_count(engine: PythonEngine) -> None:
    """It comes after a rejection in block order: sequential execution would never have got there."""
    block, state = transfers(8, habits={5: "raises in execute"})
    poor = (*block.transfers[:2], Transfer(b"poor", b"b", 5), *block.transfers[3:])
    result = engine.execute(Block(poor), state)
    assert result.rejection is not None
    assert result.rejection.transaction == 2


def test_a_block_that_cannot_be_pickled(engine: PythonEngine) -> None:
    block, state = transfers(2)
    with pytest.raises(StepFailed, match="step open failed: the block cannot be pickled for the workers"):
        engine.execute(Block(block.transfers, habit=lambda: None), state)  # type: ignore[arg-type]
    check_usable(engine)


# Time


@pytest.mark.parametrize("habit", ["loops in execute", "loops over reads"])
def test_a_transaction_that_never_ends_is_named_when_the_time_is_up(hasty: PythonEngine, habit: str) -> None:
    began = time.monotonic()
    with pytest.raises(
        TimeLimitExceeded, match=r"within 1 s \(time_limit\): transaction 3 was being executed"
    ) as caught:
        hasty.execute(*transfers(6, habits={3: habit}))
    assert caught.value.transactions == (3,)
    assert time.monotonic() - began < 20
    check_usable(hasty)


@pytest.mark.parametrize("where", ["open", "settle", "close"])
def test_a_step_of_the_block_that_never_ends(hasty: PythonEngine, where: str) -> None:
    block, state = transfers(3)
    began = time.monotonic()
    with pytest.raises(TimeLimitExceeded, match=r"within 1 s"):
        hasty.execute(Block(block.transfers, habit=f"loops in {where}"), state)
    assert time.monotonic() - began < 20
    check_usable(hasty)


def test_a_transaction_that_never_ends_without_workers(alone: PythonEngine) -> None:
    with pytest.raises(TimeLimitExceeded, match="transaction 1 was being executed"):
        alone.execute(*transfers(3, habits={1: "loops in execute"}))
    assert alone.execute(*transfers(3)).rejection is None


@pytest.mark.parametrize("habit", ["swallows the time limit", "swallows all time limits"])
@pytest.mark.parametrize("where", ["open", "settle", "close"])
def test_a_step_of_the_block_that_swallows_the_end_of_its_time(hasty: PythonEngine, where: str, habit: str) -> None:
    block, state = transfers(3)
    began = time.monotonic()
    with pytest.raises(TimeLimitExceeded, match=r"within 1 s"):
        hasty.execute(Block(block.transfers, habit=f"{habit} in {where}"), state)
    assert time.monotonic() - began < 20
    check_usable(hasty)


@pytest.mark.parametrize("habit", ["swallows the time limit", "swallows all time limits"])
def test_a_transaction_that_swallows_the_end_of_its_time_without_workers(alone: PythonEngine, habit: str) -> None:
    """The transaction that did is named, and no other is begun."""
    with pytest.raises(TimeLimitExceeded, match="transaction 1 was being executed"):
        alone.execute(*transfers(3, habits={1: f"{habit} in execute"}))
    assert alone.execute(*transfers(3)).rejection is None


def test_the_time_that_an_outcome_takes_to_unpickle_is_the_blocks(hasty: PythonEngine) -> None:
    with pytest.raises(TimeLimitExceeded, match="transaction 2 was being executed"):
        hasty.execute(*transfers(4, habits={2: "gives what is never loaded"}))
    check_usable(hasty)


# Workers that end


@pytest.mark.parametrize(
    ("habit", "how"),
    [("kills its process", "was killed by SIGKILL"), ("exits its process", "ended with exit status 7")],
)
def test_a_worker_that_ends_is_named_and_replaced(engine: PythonEngine, habit: str, how: str) -> None:
    before = shared_pool(2).processes()
    with pytest.raises(WorkerDied, match=rf"^worker [01] \(process \d+\) {how} in mid-block: transaction 7 ") as caught:
        engine.execute(*transfers(20, habits={7: habit}))
    assert caught.value.process in before
    check_usable(engine)
    assert caught.value.process not in shared_pool(2).processes()


def test_a_worker_killed_from_outside_in_mid_block(engine: PythonEngine) -> None:
    victim = shared_pool(2).processes()[1]
    timer = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
    timer.start()
    began = time.monotonic()
    with pytest.raises(WorkerDied, match=rf"worker 1 \(process {victim}\) was killed by SIGKILL in mid-block"):
        engine.execute(*transfers(400, work=10.0))
    assert time.monotonic() - began < 20
    check_usable(engine)


def has_ended(process: int) -> bool:
    """Whether nothing is left of a child but its exit code: the first thread may end before the others."""
    root = Path(f"/proc/{process}")
    state = (root / "stat").read_text().rpartition(")")[2].split()[0]
    return state == "Z" and len(list((root / "task").iterdir())) == 1


def test_a_worker_killed_between_two_blocks_is_replaced(engine: PythonEngine) -> None:
    check_usable(engine)
    victim = shared_pool(2).processes()[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: has_ended(victim))
    check_usable(engine)
    assert victim not in shared_pool(2).processes()


# Memory


def test_a_block_that_needs_more_memory_than_there_is(engine: PythonEngine) -> None:
    block, state = transfers(3)
    state[b"large"] = bytes(5 << 20)
    with pytest.raises(
        OutOfMemory, match=r"memory_limit = 4 MiB is too small for this block \(3 transactions on a state"
    ):
        engine.execute(block, state)
    check_usable(engine)


def test_a_block_that_runs_out_of_memory_among_the_workers(engine: PythonEngine) -> None:
    block, state = transfers(40)
    state[b"large"] = bytes((3 << 20) + (1 << 19))
    many = Block(block.transfers * 50)
    state |= {key: b"\xff\xff\xff" for key in state if key[:1] == b"a"}
    with pytest.raises(OutOfMemory, match="memory_limit = 4 MiB is too small"):
        engine.execute(Block(tuple(Transfer(t.sender, t.recipient, t.amount) for t in many.transfers)), state)
    check_usable(engine)


def test_more_memory_than_the_system_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samestate.optimized.shared_memory.available", lambda: 5 << 19)
    with pytest.raises(OutOfMemory, match=r"is 3 MiB, but the system has 2.5 MiB of memory left: lower memory_limit"):
        create_arena(3 << 20)
    create_arena(5 << 19).close()


def test_shared_memory_that_the_system_refuses() -> None:
    """In a process that may not make files so large: posix_fallocate fails, and nobody dies of SIGBUS."""
    script = """
import resource
from samestate.optimized.configuration import Configuration
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine
from samestate.optimized.errors import OutOfMemory

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    try:
        PythonEngine(MachineName("tests.optimized.token_ledger:TokenLedger"), Configuration(kind="processes"))
    except OutOfMemory as error:
        print(error)
"""
    done = run_script(script)
    assert done.returncode == 0, done.stderr
    assert "the system does not give 256 MiB of shared memory (memory_limit): File too large" in done.stdout


# The process that started the workers


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    """Killed in mid-block: nothing is left, neither workers nor shared memory."""
    script = f"""
import sys, threading, time
from pathlib import Path
from samestate.optimized.configuration import Configuration
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine
from samestate.optimized.processes.pools import shared_pool
from tests.optimized.token_ledger import Block, Transfer

def tell():
    time.sleep(0.5)
    Path({str(tmp_path / "workers")!r}).write_text(" ".join(map(str, shared_pool(2).processes())) + " .")

if __name__ == "__main__":
    engine = PythonEngine(MachineName("tests.optimized.token_ledger:TokenLedger"), Configuration(kind="processes"))
    threading.Thread(target=tell, daemon=True).start()
    transfers = tuple(Transfer(b"a%d" % i, b"b", 5, 0.0, "loops in execute") for i in range(4))
    engine.execute(Block(transfers), {{b"a%d" % i: b"\\xff" for i in range(4)}})
"""
    with start_script(script) as process:
        try:
            told = wait_for_text(tmp_path / "workers", " .")
            workers = [int(word) for word in told.split()[:-1]]
            assert len(workers) == 2
            assert all(arenas_of(worker) for worker in workers)
        finally:
            process.kill()
    wait_until(lambda: not any(Path(f"/proc/{worker}").exists() and arenas_of(worker) for worker in workers))


def test_a_process_that_ends_normally_leaves_nothing() -> None:
    script = """
from samestate.optimized.configuration import Configuration
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine
from samestate.optimized.processes.pools import shared_pool
from tests.optimized.token_ledger import Block, Transfer

if __name__ == "__main__":
    engine = PythonEngine(MachineName("tests.optimized.token_ledger:TokenLedger"), Configuration(kind="processes"))
    engine.execute(Block((Transfer(b"a", b"b", 5),)), {b"a": b"\\xff"})
    print(*shared_pool(2).processes())
"""
    done = run_script(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert not any(Path(f"/proc/{worker}").exists() for worker in done.stdout.split())


def test_a_forked_process_leaves_the_workers_alone() -> None:
    """It may end as it likes, and has to make engines of its own."""
    script = """
import os
from samestate.optimized.configuration import Configuration
from samestate.optimized.errors import EngineError
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine
from samestate.optimized.processes.pools import shared_pool
from tests.optimized.token_ledger import Block, Transfer

block, state = Block((Transfer(b"a", b"b", 5),)), {b"a": b"\\xff"}

if __name__ == "__main__":
    name = MachineName("tests.optimized.token_ledger:TokenLedger")
    engine = PythonEngine(name, Configuration(kind="processes"))
    engine.execute(block, state)
    workers = shared_pool(2).processes()
    child = os.fork()
    if child == 0:
        try:
            engine.execute(block, state)
        except EngineError as error:
            print(error, flush=True)
        own = PythonEngine(name, Configuration(kind="processes"))
        print(own.execute(block, state).totals, shared_pool(2).processes() != workers, flush=True)
    else:
        os.waitpid(child, 0)
        print(engine.execute(block, state).totals, shared_pool(2).processes() == workers)
"""
    done = run_script(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "this engine belongs to the process that was forked: make another one here",
        "1 True",
        "1 True",
    ]


def test_two_engines_in_two_threads_share_the_workers(engine: PythonEngine) -> None:
    """They take turns, and waiting for a turn is not counted as the block's time."""
    other = PythonEngine(TOKENS, Configuration(kind="processes", memory_limit=4 << 20, time_limit=1.5))
    slow = transfers(8, habits=dict.fromkeys(range(8), "sleeps"))
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(engine.execute(*slow).rejection is None), daemon=True)
    thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    assert other.execute(*transfers(3)).rejection is None
    assert time.monotonic() - began > 1.5
    thread.join(60)
    other.close()
    assert done == [True]


def test_a_script_without_a_guard_is_told_so() -> None:
    script = """
from samestate.optimized.configuration import Configuration
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine
PythonEngine(MachineName("tests.optimized.token_ledger:TokenLedger"), Configuration(kind="processes"))
"""
    done = run_script(script)
    assert done.returncode != 0
    assert 'is to do so under `if __name__ == "__main__":`' in done.stderr


def test_workers_forget_the_memory_of_an_engine_that_is_gone() -> None:
    check = transfers(2)
    kept = PythonEngine(TOKENS, Configuration(kind="processes", memory_limit=3 << 20))
    kept.execute(*check)
    workers = shared_pool(2).processes()
    before = [len(arenas_of(worker)) for worker in workers]
    closed = PythonEngine(TOKENS, Configuration(kind="processes", memory_limit=3 << 20))
    closed.execute(*check)
    assert [len(arenas_of(worker)) for worker in workers] == [count + 1 for count in before]
    closed.close()
    closed.close()
    assert [len(arenas_of(worker)) for worker in workers] == before
    dropped = PythonEngine(TOKENS, Configuration(kind="processes", memory_limit=3 << 20))
    dropped.execute(*check)
    del dropped
    gc.collect()
    kept.execute(*check)
    assert [len(arenas_of(worker)) for worker in workers] == before
    kept.close()


# Ctrl-C


@pytest.mark.parametrize("strategy", ["block-stm", "locks", "sequential"])
def test_control_c_in_the_middle_of_a_long_block(strategy: str) -> None:
    """It comes to all processes, as from a terminal, and once more to an engine that was interrupted before."""
    script = f"""
import os, signal, threading, time
from samestate.optimized.configuration import Configuration
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine
from tests.optimized.token_ledger import Block, Transfer

def block(count, work):
    transfers = tuple(Transfer(b"a%d" % i, b"b", 5, work) for i in range(count))
    return Block(transfers), {{b"a%d" % i: b"\\xff" for i in range(count)}}

if __name__ == "__main__":
    configuration = Configuration(strategy={strategy!r}, kind="processes", time_limit=60)
    engine = PythonEngine(MachineName("tests.optimized.token_ledger:TokenLedger"), configuration)
    for work in (20.0, 5000.0):
        threading.Timer(0.5, os.killpg, (0, signal.SIGINT)).start()
        began = time.monotonic()
        try:
            engine.execute(*block(2000, work))
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - began < 10)
        print("usable", engine.execute(*block(5, 1.0)).rejection is None)
"""
    done = run_script(script, start_new_session=True)
    assert done.stdout.split() == ["interrupted", "True", "usable", "True"] * 2, done.stderr
    assert done.stderr == ""


# Help


def run_script(script: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own; as a file, since workers import it again."""
    with start_script(script, **options) as process:
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    return subprocess.CompletedProcess((), process.returncode, out, err)


def start_script(script: str, **options: Any) -> subprocess.Popen[str]:
    path = Path(os.environ["PYTEST_SCRIPTS"]) / f"script_{time.monotonic_ns()}.py"
    path.write_text(script)
    return subprocess.Popen(
        [sys.executable, str(path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture(autouse=True)
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_SCRIPTS", str(tmp_path))


def arenas_of(process: int) -> list[str]:
    """The shared memory of ours that a process has mapped."""
    try:
        lines = Path(f"/proc/{process}/maps").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [line for line in lines if "memfd:samestate" in line]


def wait_for_text(path: Path, end: str) -> str:
    wait_until(lambda: path.exists() and path.read_text().endswith(end), 30)
    return path.read_text()


def wait_until(holds: Any, seconds: float = 5) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.05)
