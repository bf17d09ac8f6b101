"""Worker processes that die, stop or answer nothing, and what they know of the process that started them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import multiprocess
import pytest

from samestate.optimized import Configuration, Engine, EngineError, MachineName, end_workers
from samestate.optimized.errors import WorkerDied
from samestate.optimized.processes import workers
from samestate.optimized.processes.pools import shared_pool
from tests.optimized.token_ledger import Block, Transfer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent.parent
TOKENS = MachineName("tests.optimized.token_ledger:TokenLedger")
WAYWARD = MachineName("tests.optimized.wayward:Wayward")
SETTINGS = Configuration(kind="processes", memory_limit=4 << 20, time_limit=20)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(TOKENS, SETTINGS) as engine:
        yield engine


@pytest.fixture
def wayward() -> Iterator[Engine]:
    with Engine(WAYWARD, SETTINGS) as engine:
        yield engine


def transfers(count: int, habits: dict[int, str] | None = None) -> tuple[Block, dict[bytes, bytes]]:
    made = [Transfer(b"a%d" % i, b"b%d" % i, 5, 1.0, (habits or {}).get(i, "")) for i in range(count)]
    return Block(tuple(made)), {b"a%d" % i: b"\xff" for i in range(count)}


# Workers that are gone


def test_a_worker_killed_right_before_a_block_is_replaced(engine: Engine) -> None:
    """Whether it is found dead when it is asked, or after: it had done nothing, so nothing is lost."""
    for number in range(20):
        victim = shared_pool(2).processes()[number % 2]
        os.kill(victim, signal.SIGKILL)
        if number % 4 == 3:
            time.sleep(0.002)
        result = engine.execute(*transfers(4))
        assert result.rejection is None
        assert victim not in {moved.process for moved in result.outcomes}


def test_a_system_that_lets_no_process_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_process: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    end_workers()
    monkeypatch.setattr(multiprocess.get_context("spawn").Process, "start", start)
    with pytest.raises(EngineError, match=r"^a worker process cannot be started: Resource temporarily unavailable$"):
        Engine(TOKENS, SETTINGS).execute(*transfers(1))


def test_a_worker_that_is_lost_each_time_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block is laid out again once, not for ever."""
    ask = workers.Worker.ask
    victims = []

    def kill_before_it_runs(worker: workers.Worker, *request: object) -> None:
        if request[0] == "run" and worker.number == 1:
            victims.append(worker.process.pid)
            worker.process.kill()
            worker.process.join(60)
        ask(worker, *request)

    monkeypatch.setattr(workers.Worker, "ask", kill_before_it_runs)
    with pytest.raises(
        WorkerDied, match=r"worker 1 \(process \d+\) was killed by SIGKILL in mid-block: no transaction"
    ):
        engine.execute(*transfers(4))
    assert len(set(victims)) == 2
    monkeypatch.undo()
    assert engine.execute(*transfers(4)).rejection is None


@pytest.mark.parametrize("request_", ["attach", "detach"])
def test_an_idle_worker_that_does_not_answer_is_replaced(monkeypatch: pytest.MonkeyPatch, request_: str) -> None:
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 0.3)
    gone = Engine(TOKENS, SETTINGS)
    gone.execute(*transfers(2))
    victim = shared_pool(2).processes()[0]
    os.kill(victim, signal.SIGSTOP)
    began = time.monotonic()
    if request_ == "detach":
        gone.close()
    with Engine(TOKENS, SETTINGS) as engine:
        assert engine.execute(*transfers(4)).rejection is None
    assert victim not in shared_pool(2).processes()
    assert time.monotonic() - began < 10
    gone.close()


def test_a_worker_that_cannot_map_the_memory_says_so() -> None:
    with Engine(WAYWARD, SETTINGS) as engine:
        engine.execute((("map_no_more",),) * 20, {})
        with (
            Engine(WAYWARD, SETTINGS) as other,
            pytest.raises(EngineError, match=r"worker [01] cannot map the arena: "),
        ):
            other.execute((("credit", b"a"),), {})
    end_workers()
    with Engine(WAYWARD, SETTINGS) as engine:
        assert engine.execute((("credit", b"a"),), {}).rejection is None


def test_a_worker_that_has_left_a_child_behind_is_found_dead(wayward: Engine) -> None:
    """The child has the worker's end of the pipe."""
    began = time.monotonic()
    with pytest.raises(WorkerDied, match="was killed by SIGKILL in mid-block: transaction 1 was being executed"):
        wayward.execute((("credit", b"a"), ("leave_a_child_and_die",)), {})
    assert time.monotonic() - began < 4
    assert wayward.execute((("credit", b"a"),), {}).rejection is None


REAL_TIME = getattr(signal, "SIGRTMIN", signal.SIGUSR2) + 3
"""A signal that Python has no name for."""


@pytest.mark.parametrize(("number", "name"), [(REAL_TIME, f"signal {REAL_TIME}"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_without_a_name_is_told_too(wayward: Engine, number: int, name: str) -> None:
    with pytest.raises(WorkerDied, match=f"was killed by {name} in mid-block"):
        wayward.execute((("die_of", int(number)),), {})


# What workers know


def test_a_machine_on_a_path_that_was_added_later(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
        import sys
        from samestate.optimized import Configuration, Engine, MachineName
        from pathlib import Path

        if __name__ == "__main__":
            settings = Configuration(kind="processes", memory_limit=4 << 20)
            with Engine(MachineName("tests.optimized.wayward:Wayward"), settings) as engine:
                engine.execute((("credit", b"a"),), {})
            later = Path("later")
            later.mkdir()
            (later / "found_later.py").write_text("from tests.optimized.wayward import Wayward as Machine")
            sys.path.append(str(later.resolve()))
            with Engine(MachineName("found_later:Machine"), settings) as engine:
                print(engine.execute((("credit", b"a"),), {}).rejection)
        """,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("None\n", "", 0)


def test_a_machine_that_was_changed_and_reloaded(tmp_path: Path) -> None:
    """Workers have the same source as the process that started them, or there is an error that says why not."""
    done = run(
        tmp_path,
        """
        import importlib, sys
        from samestate.optimized import Configuration, Engine, EngineError, MachineName, end_workers
        from pathlib import Path

        sys.dont_write_bytecode = True
        source = Path("changing.py")
        settings = Configuration(kind="processes", memory_limit=4 << 20)

        def write(word):
            source.write_text(f'''
        from tests.optimized.wayward import Wayward
        class Machine(Wayward):
            def execute(self, block, transaction, view): return {word!r}
            def settle(self, block, outcome, totals): return (outcome, {word!r}), totals
        class {word.title()}(Machine): pass
        '''.replace("\\n        ", "\\n"))

        def receipts(name="Machine"):
            with Engine(MachineName(f"changing:{name}"), settings) as engine:
                return engine.execute((1, 2), {}).receipts

        if __name__ == "__main__":
            write("first")
            sys.path.insert(0, str(Path.cwd()))
            print(receipts())
            write("second")
            print(receipts())
            import changing
            importlib.reload(changing)
            print(receipts(), receipts("Second"))
            write("third")
            importlib.reload(changing)
            print(receipts("Third"))
            write("fourth")
            end_workers()
            try:
                receipts()
            except EngineError as error:
                print(error)
        """,
    )
    assert done.stderr == ""
    first, second, third = ((word, word) for word in ("first", "second", "third"))
    assert done.stdout.splitlines() == [
        f"{(first, first)}",
        f"{(first, first)}",
        f"{(second, second)} {(second, second)}",
        f"{(third, third)}",
        "machine changing:Machine: its source has changed since this process imported it: reload the module"
        " (importlib.reload) and make a new engine, or begin anew",
    ]


# Signals to all


def test_control_c_while_workers_start_is_the_hosts_affair(tmp_path: Path) -> None:
    """A host with a handler of its own sees nothing of it: no tracebacks of workers, and no error."""
    done = run(
        tmp_path,
        """
        import os, signal, threading, time
        from samestate.optimized import Configuration, Engine, MachineName

        if __name__ == "__main__":
            seen = []
            signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
            over = threading.Event()

            def interrupt():
                while not over.wait(0.02):
                    os.killpg(0, signal.SIGINT)

            threading.Thread(target=interrupt, daemon=True).start()
            settings = Configuration(kind="processes", memory_limit=4 << 20, workers=3)
            with Engine(MachineName("tests.optimized.wayward:Wayward"), settings) as engine:
                result = engine.execute((("credit", b"a"),), {})
            over.set()
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
            print(result.rejection, len(seen) > 3, mask)
        """,
        start_new_session=True,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("None True set()\n", "", 0)


def test_only_a_script_that_fails_when_imported_is_told_of_the_guard(tmp_path: Path) -> None:
    for ending, hint in (("os._exit(1)", True), ("os._exit(3)", False)):
        (tmp_path / "ends_workers.py").write_text(
            "import multiprocess, os\n"
            f"if multiprocess.parent_process() is not None: {ending}\n"
            "from tests.optimized.wayward import Wayward\n"
        )
        done = run(
            tmp_path,
            """
            from samestate.optimized import Configuration, Engine, EngineError, MachineName

            if __name__ == "__main__":
                try:
                    Engine(MachineName("ends_workers:Wayward"), Configuration(kind="processes", memory_limit=4 << 20))
                except EngineError as error:
                    print(error)
            """,
        )
        assert "while it started" in done.stdout
        assert ("__main__" in done.stdout) == hint


def test_a_worker_in_c_code_ends_with_the_process_that_started_it_too(tmp_path: Path) -> None:
    """It holds the interpreter's lock, and no thread of Python's runs in it any more."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            from pathlib import Path
            from samestate.optimized import Configuration, Engine, MachineName
            from samestate.optimized.processes.pools import shared_pool

            if __name__ == "__main__":
                settings = Configuration(kind="processes", memory_limit=4 << 20)
                with Engine(MachineName("tests.optimized.wayward:Wayward"), settings) as engine:
                    engine.execute((("credit", b"a"),), {})
                    Path("workers").write_text(" ".join(map(str, shared_pool(2).processes())) + " .")
                    engine.execute((("hold_the_interpreter",), ("hold_the_interpreter",)), {})
            """
        )
    )
    with subprocess.Popen([sys.executable, str(script)], cwd=tmp_path, env=environment(tmp_path)) as process:
        try:
            told = tmp_path / "workers"
            wait_until(lambda: told.exists() and told.read_text().endswith("."), 30)
            time.sleep(0.5)
            ids = [int(word) for word in told.read_text().split()[:-1]]
        finally:
            process.kill()
    try:
        wait_until(lambda: not any(is_running(each) for each in ids))
    finally:
        for each in filter(is_running, ids):
            os.kill(each, signal.SIGKILL)


# Help


def run(folder: Path, script: str, **options: Any) -> subprocess.CompletedProcess[str]:
    path = folder / "script.py"
    path.write_text(textwrap.dedent(script))
    return subprocess.run(
        [sys.executable, str(path)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until(holds: Any, seconds: float = 5) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.05)
