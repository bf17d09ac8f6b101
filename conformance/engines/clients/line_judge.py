"""A client that is kept running, and asked by a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from samestate.conformance.engines.command import parse_answer
from samestate.conformance.engines.process import CommandProcess
from samestate.conformance.engines.protocol import EngineFailure

ANSWER_SECONDS: Final = 120.0


class LineClient:
    """A program of lines of JSON, started when it is asked first, and anew after it was closed."""

    def __init__(self, arguments: Sequence[str], seconds: float = ANSWER_SECONDS) -> None:
        self.arguments = arguments
        self.seconds = seconds
        self._process: CommandProcess | None = None

    def ask(self, line: str) -> dict[str, Any]:
        """The object that answers a line. Raises EngineFailure; then the program has ended."""
        if self._process is None:
            self._process = CommandProcess(self.arguments)
        process = self._process
        try:
            answer = process.ask(line, self.seconds)
            try:
                return parse_answer(answer)
            except EngineFailure as failure:
                raise process.blame(failure) from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the program."""
        process, self._process = self._process, None
        if process is not None:
            process.close()
