"""The option ``--workers`` of commands: a number, or ``auto``."""

from __future__ import annotations

from typing import Final

import typer

from samestate.conformance.engines.optimized import without_engine

AUTO: Final = "auto"
MOST: Final = 999_999


def parse_workers(given: str | int) -> int:
    """A number of workers, or for ``auto`` the most there may be, of which each block gets what suits it.

    Raises BadParameter where it is neither, and where there is no compiled engine to find that out.
    """
    text = str(int(given)) if isinstance(given, int) else given  # a default is a number already
    if text == AUTO:
        try:
            from samestate.optimized.processors import AutoWorkers, available_processors
        except ImportError as error:
            raise typer.BadParameter(f"{AUTO}: {without_engine(error)}") from error
        return AutoWorkers(available_processors())
    if not text.isdecimal() or len(text) > len(str(MOST)) or not 1 <= int(text) <= MOST:
        raise typer.BadParameter(f"{text!r} must be {AUTO} or a number from 1 to {MOST}")
    return int(text)
