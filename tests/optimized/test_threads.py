"""The pool of threads: wherever the caller's thread is interrupted, nobody is left at work behind its back."""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest

from samestate.optimized import threads
from samestate.optimized.errors import EngineError
from samestate.optimized.threads import ThreadPool

WORKERS = 3


class Interruption(BaseException):
    pass


class Job:
    """What workers do until they are stopped, or for so many seconds. Knows who is at it.

    Without locks: whoever is interrupted while taking one would keep it.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.at_work: set[int] = set()
        self.came: list[int] = []
        self.stopped = False

    def work(self, worker: int) -> None:
        self.came.append(worker)
        self.at_work.add(worker)
        end = time.monotonic() + self.seconds
        while worker and not self.stopped and time.monotonic() < end:
            time.sleep(0.0002)
        self.at_work.discard(worker)

    def stop(self) -> None:
        self.stopped = True


class Interrupter:
    """Raises in the calling thread at one step of the interpreter through the pool's own code."""

    def __init__(self, step: int = 0) -> None:
        self.step = step
        self.taken = 0

    def __enter__(self) -> Interrupter:
        sys.settrace(self._enter_frame)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _enter_frame(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != threads.__file__:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._step

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "opcode":
            self.taken += 1
            if self.taken == self.step:
                raise Interruption
        return self._step


def steps_of_a_run() -> int:
    pool = ThreadPool(WORKERS)
    job = Job(0.0)
    pool.run(job.work, job.stop)
    with Interrupter() as interrupter:
        pool.run(job.work, job.stop)
    pool.close()
    assert interrupter.taken > 50
    return interrupter.taken


def check_usable(pool: ThreadPool) -> None:
    """The next run is whole: each worker comes once, and none is left."""
    job = Job(0.0)
    pool.run(job.work, job.stop)
    assert sorted(job.came) == list(range(WORKERS))
    assert not job.at_work


def test_an_interruption_at_any_step_leaves_nobody_at_work() -> None:
    pool = ThreadPool(WORKERS)
    check_usable(pool)
    for step in range(1, steps_of_a_run() + 1):
        job = Job(0.05)
        with pytest.raises(Interruption), Interrupter(step):
            pool.run(job.work, job.stop)
        assert not job.at_work, step
        check_usable(pool)
    pool.close()


def test_interruptions_in_quick_succession_leave_nobody_whom_draining_does_not_find() -> None:
    """They come in the midst of what follows from the first one, too."""

    dice = random.Random(1)
    alarms = 0

    def ring(_: int, frame: FrameType | None) -> None:
        nonlocal alarms
        while frame is not None and frame.f_code is not ThreadPool.run.__code__:
            frame = frame.f_back
        if frame is None:  # the run is over
            return
        alarms += 1
        if alarms % 4:
            signal.setitimer(signal.ITIMER_REAL, dice.uniform(2e-5, 2e-4))
        raise Interruption

    pool = ThreadPool(WORKERS)
    check_usable(pool)
    before = signal.signal(signal.SIGALRM, ring)
    interrupted = 0
    try:
        for _ in range(300):
            job = Job(0.001)
            signal.setitimer(signal.ITIMER_REAL, dice.uniform(5e-5, 1e-3))
            with suppress(Interruption):
                pool.run(job.work, job.stop)
                interrupted -= 1
            interrupted += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            pool.drain()
            assert job.at_work <= {0}, "but for the caller, who was torn from its own work"
            check_usable(pool)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    pool.close()
    assert interrupted > 100
    assert alarms > interrupted


def test_what_a_worker_raises_stops_the_others() -> None:
    pool = ThreadPool(WORKERS)
    for culprit in range(WORKERS):
        job = Job(10.0)

        def work(worker: int, job: Job = job, culprit: int = culprit) -> None:
            if worker == culprit:
                raise ZeroDivisionError(worker)
            job.work(worker)

        begun = time.monotonic()
        with pytest.raises(ZeroDivisionError, match=str(culprit)):
            pool.run(work, job.stop)
        assert time.monotonic() - begun < 5
        assert not job.at_work
        check_usable(pool)
    pool.close()


def test_closing_stops_whoever_is_left() -> None:
    """Who is interrupted on the way out of a run leaves the others at work; closing finds them."""
    pool = ThreadPool(WORKERS)
    job = Job(10.0)

    def work(worker: int) -> None:
        job.work(worker)
        if worker == 0:
            raise Interruption

    def refuse() -> None:
        job.stop()
        raise Interruption

    begun = time.monotonic()
    with pytest.raises(Interruption):
        pool.run(work, refuse)
    pool.close()
    assert not job.at_work
    assert time.monotonic() - begun < 5


def test_a_system_that_starts_no_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = threading.Thread.start

    def start(self: threading.Thread) -> None:
        if self.name == "samestate worker 2":
            raise RuntimeError("can't start new thread")
        begin(self)

    pool = ThreadPool(WORKERS)
    job = Job(0.0)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        with pytest.raises(EngineError, match="workers = 3: the system starts no more threads"):
            pool.run(job.work, job.stop)
    assert job.came == []
    check_usable(pool)
    pool.close()
