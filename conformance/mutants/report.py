"""What became of a mutant: the record that both halves give, those of `reference` and those of the compiled engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.table import Table

OUTPUT: Final = "output"
INVARIANT: Final = "invariant"

SHOWN: Final = 100
"""How many letters of a schedule or an output the table shows."""


@dataclass(frozen=True, slots=True)
class Kill:
    """What shows that an engine is wrong.

    ``vector``: the id of the vector; ``schedule``: what gives the run again, a seed or the switches between workers;
    ``kind``: :data:`OUTPUT` or :data:`INVARIANT`; ``through``: the output that differs, or the name of the invariant;
    ``detail``: both values, or where it is broken.
    """

    vector: str
    schedule: str
    kind: str
    through: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HuntedMutant:
    """One mutant: what is wrong with it, what killed it, and how many of the vectors that it was given it passes.

    ``engine`` is the id of the engine that it is a mutant of, ``rule`` the rule of scheduling that it breaks. ``kill``
    is None where nothing has killed it. ``source`` is the address of the report of the bug that it is like, and
    ``shown_by`` what shows it to whoever compares state roots and verdicts alone: known of bugs of the specification.
    """

    mutant: str
    engine: str
    wrong: str
    rule: str
    hazards: tuple[str, ...]
    kill: Kill | None
    passed: int
    ran: int
    source: str = ""
    shown_by: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it was killed, and passes something."""
        return self.kill is not None and self.passed > 0

    def document(self) -> dict[str, Any]:
        """The finding as JSON."""
        return asdict(self)


def table_of(findings: Sequence[HuntedMutant]) -> Table:
    """The findings for people."""
    table = Table(show_lines=True)
    for heading in ("mutant", "what is wrong", "killed by", "under", "through", "passes"):
        table.add_column(heading, overflow="fold")
    for found in findings:
        kill = found.kill
        shown = ("nothing", "", "") if kill is None else (kill.vector, kill.schedule, f"{kill.kind}: {kill.through}")
        hazards = f" ({', '.join(found.hazards)})" if found.hazards else ""
        name, passes = f"{found.mutant}\n{found.engine}", f"{found.passed} of {found.ran}"
        table.add_row(name, f"{found.wrong}{hazards}\n{found.rule}", *map(shorten, shown), passes)
    return table


def shorten(words: str) -> str:
    """A long schedule or a long key, so that the table stays readable; the JSON has all of it."""
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"
