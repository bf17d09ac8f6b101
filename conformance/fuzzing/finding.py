"""What a search finds: a case that an engine gets wrong, how to find it again, the votes on it, and its reproducer."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from samestate.conformance.generating.vector import vector_text, write_vector
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case, transactions
from samestate.conformance.vectors.places import SUFFIX

LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that an engine gets wrong: what the engine is called, the seed that made the case, how it is wrong.

    ``command`` makes the case again on that engine. ``shrunk_from`` is how many transactions there were at first;
    ``repeats`` of ``attempts`` executions of the case got it wrong. ``vote`` says who stands with whom, a line each.
    """

    engine: str
    seed: int
    case: Case
    expected: tuple[Object, ...]
    difference: str
    command: str
    shrunk_from: int
    is_shrunk: bool = False
    repeats: int = 1
    attempts: int = 1
    vote: tuple[str, ...] = ()

    def text(self) -> str:
        """The case as a vector."""
        lines = [
            f"Found by `{self.command}`{'' if self.is_shrunk else ', and not shrunk'};",
            f"{self.repeats} of {self.attempts} executions get it wrong.",
            self.difference,
            *(("Votes:", *self.vote) if self.vote else ()),
        ]
        return vector_text(self.case, self.expected, f"fuzz.{self.case.machine}", "\n".join(lines))

    def target(self, folder: Path) -> Path:
        """Where the reproducer is written, below the folder of all."""
        return folder / self.case.machine / (self.case.id.rsplit("/", 1)[-1] + SUFFIX)

    def row(self, name: str, folder: Path) -> FindingRow:
        """All of it but the case itself. ``name``: by which the engine was chosen."""
        return FindingRow(
            name=name,
            id=self.case.id,
            engine=self.engine,
            seed=self.seed,
            fork=self.case.fork,
            file=str(self.target(folder)),
            difference=self.difference,
            command=self.command,
            transactions=size_of(self.case),
            shrunk_from=self.shrunk_from,
            is_shrunk=self.is_shrunk,
            repeats=self.repeats,
            attempts=self.attempts,
            vote=self.vote,
        )


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding in the database of a search: what :class:`Finding` says, with the vector that has the case."""

    name: str
    id: str
    engine: str
    seed: int
    fork: str
    file: str
    difference: str
    command: str
    transactions: int
    shrunk_from: int
    is_shrunk: bool
    repeats: int
    attempts: int
    vote: tuple[str, ...]
    timed_out: bool = False

    def document(self) -> dict[str, Any]:
        """The finding as JSON."""
        return {**asdict(self), "vote": [*self.vote]}

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """What :meth:`document` wrote."""
        return cls(**{**content, "vote": tuple(content["vote"])})


def size_of(case: Case) -> int:
    """How many transactions a case has."""
    return sum(len(transactions(block)) for block in case.blocks)


def write_finding(finding: Finding, folder: Path) -> None:
    """Write the reproducer below a folder, in the place of an earlier form of it. Raises InputError."""
    write_vector("--output", finding.target(folder), finding.text())


def id_for(engine: str, machine: str, seed: int, taken: frozenset[str]) -> str:
    """The id of a reproducer, whatever an engine calls itself; another one than those that are taken."""
    name = re.sub(r"[^a-z0-9_.-]", "-", engine.lower())[:LONGEST_NAME].strip("-.") or "engine"
    number, id = 1, f"{machine}/found/{name}-{seed}"
    while id in taken:
        number += 1
        id = f"{machine}/found/{name}-{seed}-{number}"
    return id
