"""Calls in a process of their own: what comes back, and that neither a crash nor a hang comes with it."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from samestate.conformance.exploring.apart import EndedApart, SeparateProcess


@pytest.fixture(scope="module")
def apart() -> Iterator[SeparateProcess]:
    made = SeparateProcess()
    yield made
    made.close()


def add(one: int, other: int) -> int:
    return one + other


def fail() -> None:
    raise ValueError("not this way")


def crash() -> None:
    """Reads what is not there."""
    ctypes.string_at(8)


def hang() -> None:
    """Sleeps for ever, with the interpreter's lock in its hands."""
    ctypes.PyDLL(None).pause()


def die_once(marker: str) -> str:
    """Is killed from outside the first time."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_and_errors_come_back_from_one_process(apart: SeparateProcess) -> None:
    assert apart.call(add, 3, 4) == 7
    number = apart.call(os.getpid)
    with pytest.raises(ValueError, match="not this way"):
        apart.call(fail)
    assert apart.call(os.getpid) == number != os.getpid()


def test_a_crash_is_told_and_the_next_call_has_a_new_process(apart: SeparateProcess) -> None:
    with pytest.raises(EndedApart, match="crashed: SIGSEGV"):
        apart.call(crash)
    assert apart.call(add, 1, 1) == 2


def test_a_call_without_end_is_ended_also_where_it_holds_the_interpreter(apart: SeparateProcess) -> None:
    with pytest.raises(EndedApart, match=r"did not end in 0\.2 s"):
        apart.call(hang, seconds=0.2)
    assert apart.call(add, 1, 1) == 2


def test_the_limit_is_for_one_call(apart: SeparateProcess) -> None:
    for _ in range(3):
        assert apart.call(add, 1, 1, seconds=60) == 2


def test_who_was_killed_from_outside_is_called_once_more(apart: SeparateProcess, tmp_path: Path) -> None:
    assert apart.call(die_once, str(tmp_path / "marker")) == "done"
    with pytest.raises(EndedApart, match="ended its process twice, the last time with exit code -9"):
        apart.call(be_killed)
