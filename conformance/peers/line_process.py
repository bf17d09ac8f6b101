"""A program of an outside client that is asked in lines and answers in lines of JSON."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from samestate.conformance.engines.process import LONGEST_LINE, PATIENCE
from samestate.conformance.fixtures.strict_json import parse_json

SHOWN: Final = 200


class PeerFailed(Exception):  # noqa: N818 - says what is wrong
    """An outside client crashed, said nothing in time, or nothing that is an answer."""


class LineProcess:
    """A program at work. ``time_limit``: the seconds that it has for each answer; :meth:`close` ends it."""

    def __init__(self, name: str, command: Sequence[str], time_limit: float, folder: Path | None = None) -> None:
        self._name = name
        self._time_limit = time_limit
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            bufsize=1,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        if self._process.stdin:
            with contextlib.suppress(OSError):  # what it has not taken goes nowhere
                self._process.stdin.close()
        self._process.wait()

    def ask(self, line: str) -> dict[str, Any]:
        """Send a line and wait for the answer. Raises PeerFailed."""
        if self._process.stdin is None or self._process.poll() is not None:
            raise self._ended()
        try:
            self._process.stdin.write(line + "\n")
        except OSError:
            raise self._ended() from None
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Wait for an answer. Raises PeerFailed."""
        try:
            line = self._lines.get(timeout=self._time_limit)
        except queue.Empty as error:
            self.close()
            raise PeerFailed(f"{self._name} said nothing for {self._time_limit:.0f} s") from error
        if not line:
            raise self._ended()
        try:
            answer = parse_json(line)
        except ValueError as error:
            raise PeerFailed(f"{self._name} answered {line[:SHOWN]!r}: not JSON: {error}") from error
        if not isinstance(answer, dict):
            raise PeerFailed(f"{self._name} answered {line[:SHOWN]!r}")
        return answer

    def _ended(self) -> PeerFailed:
        """What to say of a program that reads or writes no more."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=PATIENCE)
        self.close()
        return PeerFailed(f"{self._name} has ended with status {self._process.returncode}")

    def _read(self, output: IO[str] | None) -> None:
        while output is not None and (line := output.readline(LONGEST_LINE)):
            self._lines.put(line)
        self._lines.put("")
