"""A program that is asked by a line on its stdin and answers with a line on its stdout, within a time."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from typing import IO, Final

from samestate.conformance.engines.protocol import EngineFailure, EngineTimeout

ERROR_LINES: Final = 20
"""How many of the last lines on stderr are shown where the program dies."""

LONGEST_LINE: Final = 1 << 28
"""Characters. What is longer is taken for more than one line, and so fits nothing."""

LONGEST_ERROR_LINE: Final = 1 << 12
"""Characters of a line on stderr. A longer one counts as several, of which the last are kept."""

UNASKED_LINES: Final = 16
"""How many lines may wait that nobody has asked for, before the program's output is closed."""

PATIENCE: Final = 1.0
"""Seconds that a program has to end by itself, once its input has ended or its output has."""


class CommandProcess:
    """A program that runs until it is closed. Raises EngineFailure where it cannot be started.

    Its three streams have a thread each, so that no program can make its caller wait for longer than a deadline: not
    one that does not read, and not one that does not write. It has a process group of its own: Ctrl-C is for the
    caller, who then closes it, with all that it has started.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._questions: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._errors: deque[str] = deque(maxlen=ERROR_LINES)
        try:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                process_group=0,
            )
        except OSError as error:
            raise EngineFailure(f"cannot be started: {error.strerror}") from error
        streams = self._process.stdin, self._process.stdout, self._process.stderr
        works = self._give_questions, self._take_answers, self._take_errors
        self._threads = [
            threading.Thread(target=work, args=(stream,), daemon=True)
            for work, stream in zip(works, streams, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, question: str, seconds: float) -> str:
        """The line that answers a line. Raises EngineFailure where there is none in time; the program is then closed.

        The time is for both: that the question is taken, and that the answer comes.
        """
        with contextlib.suppress(queue.Empty):
            line = self._answers.get_nowait()
            if line is None:
                raise self._died()
            self.close()
            raise EngineFailure(f"wrote a line that nobody had asked for: {line.strip()[:200]!r}")
        self._questions.put(question)
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            self.kill()
            raise EngineTimeout(f"gave no answer within {seconds:g} seconds, and was killed{self._said()}") from None
        if line is None:
            raise self._died()
        return line

    def blame(self, failure: EngineFailure) -> EngineFailure:
        """The failure of an answer, with the end of what the program says on stderr. The program is closed."""
        self.close()
        return type(failure)(f"{failure}{self._said()}")

    def close(self) -> None:
        """End its input, and kill it where it does not end."""
        self._questions.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=PATIENCE)
        self.kill()

    def kill(self) -> None:
        """End it now, and what it has started where it has not ended by itself."""
        self._questions.put(None)
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for thread in self._threads:
            thread.join(timeout=PATIENCE)

    def _died(self) -> EngineFailure:
        """What to say of a program whose output has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=PATIENCE)
        self.kill()
        return EngineFailure(f"died with exit code {self._process.returncode}{self._said()}")

    def _said(self) -> str:
        """The last lines on stderr, each on a line of its own."""
        return "".join(f"\n  {line}" for line in [*self._errors])

    def _give_questions(self, stream: IO[str]) -> None:
        # Only this thread may close its input: another one would wait for a write that is not taken.
        with contextlib.suppress(OSError), stream:
            while (question := self._questions.get()) is not None:
                stream.write(question + "\n")
                stream.flush()

    def _take_answers(self, stream: IO[str]) -> None:
        with stream:
            while self._answers.qsize() < UNASKED_LINES and (line := stream.readline(LONGEST_LINE)):
                self._answers.put(line)
                if len(line) >= LONGEST_LINE:
                    break  # what is waiting has a bound, too
        self._answers.put(None)

    def _take_errors(self, stream: IO[str]) -> None:
        with stream:
            while line := stream.readline(LONGEST_ERROR_LINE):
                self._errors.append(line.rstrip())
