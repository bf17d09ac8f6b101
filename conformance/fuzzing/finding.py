"""What a campaign finds: a case that an engine gets wrong, how to find it again, and its reproducer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samestate.conformance.generating.vector import vector_text, write_vector
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.places import SUFFIX

LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that an engine gets wrong: what the engine is called, the seed that made the case, how it is wrong.

    ``command`` makes the case again on that engine. ``shrunk_from`` is how many transactions there were at first;
    ``repeats`` of ``attempts`` executions of the case got it wrong.
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

    def text(self) -> str:
        """The case as a vector."""
        header = (
            f"Found by `{self.command}`{'' if self.is_shrunk else ', and not shrunk'};\n"
            f"{self.repeats} of {self.attempts} executions get it wrong.\n{self.difference}"
        )
        return vector_text(self.case, self.expected, f"fuzz.{self.case.machine}", header)

    def target(self, folder: Path) -> Path:
        """Where the reproducer is written, below the folder of all."""
        return folder / self.case.machine / (self.case.id.rsplit("/", 1)[-1] + SUFFIX)


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
