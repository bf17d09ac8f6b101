"""Where tables are printed: as wide as the terminal, and wide enough for any table where there is none."""

from __future__ import annotations

import sys
from typing import Final, TextIO

from rich.console import Console

WIDTH: Final = 160


def console_for(out: TextIO | None = None) -> Console:
    """A console on a stream, stdout where none is given."""
    stream = out or sys.stdout
    console = Console(file=stream, highlight=False)
    return console if console.is_terminal else Console(file=stream, highlight=False, width=WIDTH)
