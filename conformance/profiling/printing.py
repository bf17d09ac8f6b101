"""A profile for people: tables, the hottest conflicts, notes, advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.table import Table

from samestate.conformance.metering.advice import advice_lines
from samestate.conformance.profiling.block_profile import BlockProfile, ProfileTable
from samestate.conformance.profiling.conflicts import STRATEGIES, HotKey

SHOWN: Final = 12
"""Rows of a table that people are shown; --json has all."""

READERS_SHOWN: Final = 4


def lines(profile: BlockProfile) -> Iterator[str | Table]:
    """What a person reads."""
    for table in profile.found.tables:
        yield spent_table(table, profile.unit)
    if profile.conflicts:
        yield conflict_table(profile.conflicts)
    else:
        yield "no transaction conflicts with another"
    yield from profile.found.notes
    yield from profile.notes
    yield from advice_lines(profile.advice)


def spent_table(table: ProfileTable, unit: str) -> Table:
    """What was spent on what."""
    made = Table(table.subject, title=f"by {table.subject}")
    for name in ("count", unit, "of it", "ms", "of it"):
        made.add_column(name, justify="right")
    gas = sum(spent.gas for _, spent in table.rows)
    seconds = sum(spent.seconds or 0.0 for _, spent in table.rows)
    for name, spent in table.rows[:SHOWN]:
        made.add_row(
            name,
            f"{spent.count:,}",
            f"{spent.gas:,}",
            share(spent.gas, gas),
            "" if spent.seconds is None else f"{spent.seconds * 1000:.3f}",
            "" if spent.seconds is None else share(spent.seconds, seconds),
        )
    if len(table.rows) > SHOWN:
        made.add_row(f"and {len(table.rows) - SHOWN} more", "", "", "", "", "")
    return made


def conflict_table(conflicts: tuple[HotKey, ...]) -> Table:
    """The hottest keys: who depends on whom through them, and how often they made whom wait or abort."""
    made = Table("key", title="hottest conflicts")
    made.add_column("dependent reads", justify="right")
    made.add_column("of transactions")
    for strategy in STRATEGIES:
        made.add_column(f"{strategy}: waits", justify="right")
        made.add_column("aborts", justify="right")
    for each in conflicts[:SHOWN]:
        counts = []
        for strategy in STRATEGIES:
            found = each.by_strategy.get(strategy)
            counts += ["", ""] if found is None else [str(found.waits), str(found.aborts)]
        shown = ", ".join(f"{reader} after {writer}" for reader, writer in each.readers[:READERS_SHOWN])
        more = f" and {len(each.readers) - READERS_SHOWN} more" if len(each.readers) > READERS_SHOWN else ""
        made.add_row(each.key, str(len(each.readers)), shown + more, *counts)
    if len(conflicts) > SHOWN:
        made.add_row(f"and {len(conflicts) - SHOWN} more", *[""] * (2 + 2 * len(STRATEGIES)))
    return made


def share(part: float, whole: float) -> str:
    """A share of the whole."""
    return f"{part / whole:.1%}" if whole else ""
