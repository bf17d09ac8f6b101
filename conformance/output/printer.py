"""Lines for people, one by one, on a stream that may take no more."""

from __future__ import annotations

from typing import TextIO

from samestate.conformance.output.streams import OutputLost


class Printer:
    """Prints lines on a stream at once. Once that takes no more, the others are dropped, and ``lost`` says why.

    So that what is still to be written to files is written, before the stream ends the command.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.lost: OutputLost | None = None

    def line(self, text: str) -> None:
        """Print a line."""
        if self.lost is None:
            try:
                print(text, file=self.stream, flush=True)
            except OutputLost as lost:
                self.lost = lost

    def finish(self) -> None:
        """Raise OutputLost where lines were dropped."""
        if self.lost is not None:
            raise self.lost
