"""Tables on narrow terminals: what a row is about stays whole, and so does every word."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from samestate.conformance.output.console import print_table

LONG = "toy/interleavings/conflict_with_one_left_out"


def printed(width: int, *headers: str, row: tuple[str, ...], title: str | None = None) -> list[str]:
    out = io.StringIO()
    table = Table(*headers, title=title)
    table.add_row(*row)
    print_table(Console(file=out, width=width), table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_table_that_fits_is_a_table() -> None:
    lines = printed(80, "engine", "workers", "cannot execute", row=(LONG, "2", "blocks without an access list"))
    assert lines[0].startswith("┏")
    assert any(LONG in line for line in lines)


def test_cells_break_between_words_as_long_as_words_fit() -> None:
    lines = printed(68, "engine", "cannot", row=(LONG, "blocks without an access list"))
    assert lines[0].startswith("┏")
    assert any(LONG in line and "│ blocks without" in line for line in lines)


@pytest.mark.parametrize("width", [20, 40, 60])
def test_where_a_word_would_be_broken_each_row_is_a_paragraph(width: int) -> None:
    row = (f"{LONG}\nreference:waves", "2", "", "a transaction waits for the earlier ones\nbegins")
    lines = printed(width, "mutant", "workers", "nothing", "through", row=row, title="work")
    assert lines[:4] == ["work:", LONG, "reference:waves", "    workers: 2"]
    rest = " ".join(line.strip() for line in lines[4:])
    assert rest == "through: a transaction waits for the earlier ones begins"
    assert all(line.startswith("    ") and len(line) <= width for line in lines[3:])
