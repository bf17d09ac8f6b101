"""The three standard streams: closed ones, full ones and pipes that nobody reads any more are told of, in one way.

Python leaves a closed stream without an object, prints into nothing, gives its number to the next file that is opened,
and finds out after the end that a disk was full. Here each is an :class:`OutputLost` at the place that writes.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Any, Final, TextIO, TypeVar

from samestate.conformance.errors import InputError

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2

Given = TypeVar("Given")


class OutputLost(InputError):  # noqa: N818 - says what happened
    """A standard stream takes no more: it was closed, its reader has gone, or its disk is full."""


class GuardedStream(io.TextIOWrapper):
    """A stream that raises OutputLost where it cannot be written. What is left in it then goes nowhere.

    ``is_forgiving``: it carries messages alone, and a message that cannot be delivered is no reason to stop. ``lost``
    says what happened, for those who put more than messages there.
    """

    def __init__(self, buffer: Any, title: str, encoding: str | None, is_forgiving: bool) -> None:
        super().__init__(buffer, encoding=encoding, errors="backslashreplace", line_buffering=is_forgiving)
        self.title = title
        self.is_forgiving = is_forgiving
        self.lost: OutputLost | None = None

    def write(self, text: str) -> int:
        """Write. Raises OutputLost, again and again once it is lost, unless the stream is forgiving."""
        if self.lost is not None:
            if not self.is_forgiving:
                raise self.lost
            return len(text)
        return self._attempt(lambda: super(GuardedStream, self).write(text), len(text))

    def flush(self) -> None:
        """Flush. Raises OutputLost once; a stream that is lost has nothing left to flush."""
        if self.lost is None and not self.closed:
            self._attempt(super().flush, None)

    def lose(self, reason: str) -> OutputLost:
        """Give the stream up: whatever comes goes nowhere."""
        self.lost = OutputLost(f"{self.title}: cannot be written: {reason}")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        return self.lost

    def _attempt(self, work: Callable[[], Given], instead: Given) -> Given:
        try:
            return work()
        except OSError as error:
            lost = self.lose(error.strerror or str(error))
            if self.is_forgiving:
                return instead
            raise lost from error


def guard_streams() -> None:
    """Make guarded streams of stdout and stderr. What was closed is lost from the start, and its number stays taken."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(descriptor)
    sys.stdout = guarded(sys.stdout, STDOUT, "stdout")
    sys.stderr = guarded(sys.stderr, STDERR, "stderr")


def guarded(stream: TextIO | None, descriptor: int, title: str) -> TextIO:
    """The same stream, guarded. One of another make, which somebody has put there, is left as it is."""
    if stream is None:
        closed = GuardedStream(open(descriptor, "wb", closefd=False), title, "utf-8", title == "stderr")  # noqa: SIM115 - for as long as the process lives
        closed.lose("it is closed")
        return closed
    if type(stream) is not io.TextIOWrapper:
        return stream
    encoding = stream.encoding
    return GuardedStream(stream.detach(), title, encoding, title == "stderr")


def check_delivered(stream: TextIO) -> None:
    """Flush a stream that carries more than messages. Raises OutputLost where something was lost on the way."""
    stream.flush()
    if isinstance(stream, GuardedStream) and stream.lost is not None:
        raise stream.lost
