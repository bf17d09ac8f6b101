"""What is printed, and where: tables as wide as the terminal at least, lines as they are, ids always whole."""

from __future__ import annotations

import sys
from typing import Final, TextIO

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table

WIDTH: Final = 160
AMPLE: Final = 10_000
SHORT: Final = 24
"""What has so many letters may stand beside others."""


def console_for(out: TextIO | None = None) -> Console:
    """A console on a stream, stdout where none is given."""
    stream = out or sys.stdout
    console = Console(file=stream, highlight=False)
    return console if console.is_terminal else Console(file=stream, highlight=False, width=WIDTH)


def print_table(console: Console, table: Table) -> None:
    """Print a table. Its first column says what a row is about, and is never cut, however narrow the terminal is.

    Where the whole is wider than the terminal, the other columns break their lines between words; where a word would
    have to be broken, each row is a paragraph.
    """
    for column in table.columns:
        column.overflow = "fold"
    if table.columns:
        table.columns[0].no_wrap = True
        cells = [str(cell) for cell in table.columns[0].cells]
        table.columns[0].min_width = max((len(line) for cell in cells for line in cell.splitlines()), default=0)
    any_width = console.options.update(max_width=AMPLE)  # what a table needs is told within what there is
    if Measurement.get(console, any_width, table).minimum <= console.width:
        console.print(table)
    else:
        print_paragraphs(console, table)


def print_paragraphs(console: Console, table: Table) -> None:
    """Print the rows of a table below one another: the first cell, and indented the others that are not empty."""
    if table.title:
        console.print(f"{table.title}:")
    titles = [" ".join(str(column.header).split()) for column in table.columns]
    for first, *others in zip(*(column.cells for column in table.columns), strict=True):
        console.print(str(first), soft_wrap=True)
        filled = [(title, str(cell)) for title, cell in zip(titles[1:], others, strict=True) if str(cell).strip()]
        lines = "\n".join(f"{title}: {cell}" for title, cell in filled if "\n" in cell or len(cell) > SHORT)
        short = ", ".join(f"{title}: {cell}" for title, cell in filled if "\n" not in cell and len(cell) <= SHORT)
        for text in (short, lines):
            if text:
                console.print(Padding(text, (0, 0, 0, 4)))


def print_line(console: Console, line: str) -> None:
    """Print a line just as it is, of whatever length."""
    console.print(line, markup=False, soft_wrap=True)
