"""What is printed, and where: tables as wide as the terminal at least, lines as they are, ids always whole."""

from __future__ import annotations

import sys
from typing import Final, TextIO

from rich.console import Console
from rich.table import Table

from samestate.conformance.output.streams import OutputLost

WIDTH: Final = 160


def console_for(out: TextIO | None = None) -> Console:
    """A console on a stream, stdout where none is given."""
    stream = out or sys.stdout
    console = Console(file=stream, highlight=False)
    return console if console.is_terminal else Console(file=stream, highlight=False, width=WIDTH)


def print_table(console: Console, table: Table) -> None:
    """Print a table. Its first column says what a row is about, and is never cut, however narrow the terminal is.

    Where the whole is wider than the terminal, the other columns break their lines.
    """
    for column in table.columns:
        column.overflow = "fold"
    if table.columns:
        table.columns[0].no_wrap = True
        cells = [str(cell) for cell in table.columns[0].cells]
        table.columns[0].min_width = max((len(line) for cell in cells for line in cell.splitlines()), default=0)
    console.print(table)


def print_line(console: Console, line: str) -> None:
    """Print a line just as it is, of whatever length."""
    console.print(line, markup=False, soft_wrap=True)


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
