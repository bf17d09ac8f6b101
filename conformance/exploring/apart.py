"""A process of its own for what may take its process along: compiled workers with a bug seeded into them.

A seeded bug may read what is not there yet, or go round for ever between two points of the explorer. The process that
asks then hears of it, as of an error: that a run has crashed or has not ended says nothing of what was to be found.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar

from samestate.conformance.engines.starting import leave_interrupts_to_the_parent, start_shielded

Result = TypeVar("Result")

SECONDS: Final = 120.0
"""How long a call may take where nobody says otherwise: far more than any run needs, also where the machine is busy."""

CRASHES: Final = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT})
"""How a process ends by its own fault. Any other end is somebody else's doing, and the call is tried once more."""


class EndedApart(Exception):  # noqa: N818 - says what happened
    """A call has not come back: it crashed, or took too long. The message says which."""


class SeparateProcess:
    """One process at a time in which functions are called: started when needed, and again where a call has ended it.

    Functions, arguments and results are pickled. Not for several threads.
    """

    def __init__(self) -> None:
        self._process: Any = None
        self._connection: Connection[Any, Any] | None = None

    def call(self, function: Callable[..., Result], *arguments: object, seconds: float = SECONDS) -> Result:
        """What the function gives, or raises. Raises EndedApart where it ends the process, or takes so many seconds."""
        for is_last in (False, True):
            connection = self._started()
            try:
                connection.send((function, arguments, seconds))
                result, error = connection.recv()
            except (EOFError, OSError):
                code = self._end()
                if code == -signal.SIGALRM:
                    raise EndedApart(f"did not end in {seconds:g} s") from None
                if -code in CRASHES:
                    raise EndedApart(f"crashed: {signal.Signals(-code).name}") from None
                if is_last:
                    raise EndedApart(f"ended its process twice, the last time with exit code {code}") from None
                continue
            except BaseException:
                self._process.kill()  # its answer would be taken for that to the next call
                self._end()
                raise
            if error is not None:
                raise error
            return result  # type: ignore[no-any-return]
        raise AssertionError

    def close(self) -> None:
        """End the process, which another call would start again."""
        if self._connection is not None:
            self._end()

    def _started(self) -> Connection[Any, Any]:
        """The connection to a process that waits for calls."""
        if self._connection is None:
            context = multiprocessing.get_context("spawn")
            self._connection, other = context.Pipe()
            self._process = context.Process(target=_answer, args=(other,), daemon=True)
            start_shielded(self._process)
            other.close()
        return self._connection

    def _end(self) -> int:
        """The exit code of the process, which is over, or has nothing to do any more."""
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        process.join()
        code: int = process.exitcode
        process.close()
        return code


def _answer(connection: Connection[Any, Any]) -> None:
    """Call what is asked for until nobody asks any more.

    The limit is kept by the kernel, which needs neither the interpreter nor the parent for it: a run that never ends
    may hold the interpreter's lock, and whoever asked may be gone.
    """
    leave_interrupts_to_the_parent()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    while True:
        try:
            function, arguments, seconds = connection.recv()
        except (EOFError, OSError):
            return
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer: tuple[Any, Exception | None]
        try:
            answer = function(*arguments), None
        except Exception as error:
            answer = None, error
        signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            connection.send(answer)
        except OSError:
            return
