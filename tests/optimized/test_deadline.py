"""The time limit of what runs in the caller's own process."""

from __future__ import annotations

import contextlib
import importlib
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from samestate.optimized.deadline import Deadline, TimeUp


def loop() -> None:
    while True:
        pass


def test_a_loop_ends_in_time() -> None:
    with pytest.raises(TimeUp):
        Deadline(0.05).call(loop)


def test_what_is_done_in_time_is_left_alone() -> None:
    assert Deadline(0.05).call(lambda: 7) == 7
    time.sleep(0.1)


def swallow_once() -> str:
    with contextlib.suppress(TimeUp):
        loop()
    return "went on"


def fail_when_it_is_up() -> None:
    try:
        loop()
    except BaseException as error:
        raise ValueError("another reason") from error


@pytest.mark.parametrize("body", [swallow_once, fail_when_it_is_up])
def test_whatever_the_body_makes_of_it_the_time_is_up(body: Callable[[], object]) -> None:
    with pytest.raises(TimeUp):
        Deadline(0.05).call(body)


def swallow_in_a_loop() -> None:
    while True:
        try:
            loop()
        except BaseException:
            continue


def swallow_while_asleep() -> None:
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(0.001)


def swallow_twice_over() -> None:
    while True:
        try:
            swallow_in_a_loop()
        except BaseException:
            swallow_while_asleep()


@pytest.mark.parametrize("body", [swallow_in_a_loop, swallow_while_asleep, swallow_twice_over])
def test_nobody_swallows_it_for_ever(body: Callable[[], None]) -> None:
    began = time.monotonic()
    with pytest.raises(TimeUp):
        Deadline(0.05).call(body)
    assert time.monotonic() - began < 10
    wait_for_what_may_come()


def test_an_import_is_not_interrupted_halfway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that was imported by half might never be imported again. One that never ends is interrupted in time."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "taking_long.py").write_text(
        "import time\nend = time.monotonic() + 0.2\nwhile time.monotonic() < end: pass\n"
    )
    (tmp_path / "never_ending.py").write_text("while True: pass\n")

    def body() -> None:
        importlib.import_module("taking_long")
        loop()

    with pytest.raises(TimeUp):
        Deadline(0.05).call(body)
    assert "taking_long" in sys.modules
    with pytest.raises(TimeUp):
        Deadline(0.05).call(lambda: importlib.import_module("never_ending"))
    assert "never_ending" not in sys.modules


def test_a_call_from_a_module_that_is_being_imported_is_no_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "calling.py").write_text(
        textwrap.dedent("""
        import time
        from tests.optimized.test_deadline import Deadline, TimeUp, loop
        began = time.monotonic()
        try:
            Deadline(0.05).call(loop)
        except TimeUp:
            took = time.monotonic() - began
        """)
    )
    assert importlib.import_module("calling").took < 10


def test_a_call_within_a_call_has_its_own_end() -> None:
    """The inner one's time is up, then the outer one's."""

    def body() -> None:
        with pytest.raises(TimeUp):
            Deadline(0.02).call(loop)
        loop()

    with pytest.raises(TimeUp):
        Deadline(0.1).call(body)


def test_control_c_at_any_point_leaves_no_time_limit_behind() -> None:
    """It comes before each line of the deadline's own code."""
    lines = 0
    while interrupted_at(lines):
        wait_for_what_may_come(0.06)
        lines += 1
    assert lines > 10


def interrupted_at(line: int) -> bool:
    """Run a body in time, interrupted before the line of that number; False where there are not so many."""
    left = line

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if Path(frame.f_code.co_filename).name != "deadline.py":
            return None
        if event == "line":
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        Deadline(0.02).call(lambda: None)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_control_c_while_it_is_taken_back() -> None:
    """Signals at any moment around the end of the time: each ends in its own exception, and nothing comes later."""
    for number in range(60):
        signal.setitimer(signal.ITIMER_REAL, 0.0100 + number * 0.00001)
        try:
            with pytest.raises((TimeUp, KeyboardInterrupt)):
                Deadline(0.01).call(swallow_once)
            wait_for_what_may_come(0.01)
        except KeyboardInterrupt:
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    wait_for_what_may_come()


@pytest.fixture(autouse=True)
def _alarms_interrupt() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGALRM, before)


def wait_for_what_may_come(seconds: float = 0.15) -> None:
    """In Python, where what another thread throws would arrive."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_nothing_is_left_behind() -> None:
    """A debugger or a coverage tool may trace what comes after: in a process of its own, since it used to hang."""
    script = textwrap.dedent("""
        import sys
        from samestate.optimized.deadline import Deadline, TimeUp

        def loop():
            while True:
                pass

        def swallow():
            try:
                Deadline(0.05).call(loop)
            except TimeUp:
                pass

        def traced():
            return "done"

        swallow()
        sys.settrace(lambda frame, event, argument: None)
        print(traced())
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "done\n"
