"""The time limit of a block, for what a machine does in the caller's own process."""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable
from typing import TypeVar

from samestate.optimized.interruption import Guard, Insistent

AGAIN_SECONDS = 0.05
"""How long after :class:`TimeUp` was raised it is raised again, for those who swallow it."""

PATIENCE = 10
"""How often, before it is raised in such a way that nobody can go on."""

Given = TypeVar("Given")


class TimeUp(BaseException):
    """Raised in the midst of whatever runs when its time is up. Not an Exception, so that no machine catches it."""


class _TimeUpForGood(TimeUp, Insistent):
    """The last word."""


class Deadline:
    """The end of the time that a block has."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        """Give more time: some went by that was not the block's fault."""
        self._end += seconds

    def left(self) -> float:
        """Seconds left, 0 at the least."""
        return max(0.0, self._end - time.monotonic())

    def call(self, body: Callable[[], Given]) -> Given:
        """Give what ``body`` gives. Raises :class:`TimeUp` if it is not done in time, whatever it makes of that.

        The exception comes into the body between two steps of Python's interpreter: a loop in Python ends, a call into
        C that never returns does not. Who swallows it gets it again, and cannot go on for long. It never comes once the
        body is over.
        """
        guard = Guard()
        going_on = _thread.allocate_lock()

        def within_time() -> Given:
            going_on.acquire()
            _thread.start_new_thread(self._ring, (guard, going_on))  # threading.Thread would wait until it has begun
            return body()

        try:
            given = guard.call(within_time)
        except Exception:
            if guard.thrown:
                raise TimeUp from None
            raise
        finally:
            if going_on.locked():
                going_on.release()
        if guard.thrown:
            raise TimeUp
        return given

    def _ring(self, guard: Guard, going_on: _thread.LockType) -> None:
        """In a thread of its own: wait for the end, then throw until it has had its effect."""
        pause, times = self.left(), 0
        while not going_on.acquire(timeout=pause):
            patient = times < PATIENCE
            if not guard.throw(TimeUp if patient else _TimeUpForGood, spare_imports=patient):
                return
            pause, times = AGAIN_SECONDS, times + 1
