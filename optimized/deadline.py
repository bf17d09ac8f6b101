"""The time limit of a block, for what a machine does in the caller's own process."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class TimeUp(BaseException):
    """Raised in the midst of whatever runs when its time is up. Not an Exception, so that no machine catches it."""


class _Drained(BaseException):
    """Stands in for a :class:`TimeUp` that came too late."""


def _drain(thread: ctypes.c_ulong) -> None:
    """Take back an exception that may still be on its way to this thread.

    Setting none in its place would not do: the interpreter would go on looking for it at every step, and Python 3.11
    never gets beyond the first line of a function that is being traced meanwhile. So another one is sent, and caught.
    """
    try:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_Drained))
        while True:
            pass
    except _Drained:
        return


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

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Raise :class:`TimeUp` in this thread if the body is not done in time.

        It comes between two steps of Python's interpreter: a loop in Python ends, a call into C that never returns
        does not.
        """
        thread = ctypes.c_ulong(threading.get_ident())
        lock = threading.Lock()
        over = False
        rang = False

        def ring() -> None:
            nonlocal rang
            with lock:
                if not over:
                    rang = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TimeUp))

        timer = threading.Timer(self.left(), ring)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with lock:
                over = True
            if rang:
                _drain(thread)
