"""What a bug of the specification is: one expression of one module, or a few, replaced by a wrong one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SPEC: Final = "samestate.spec"
ROOM: Final = Path(__file__).resolve().parents[3] / "spec"
"""The folder `spec`, beside `conformance` in a source tree as where installed."""


@dataclass(frozen=True, slots=True)
class Change:
    """``old`` stands once in a module of the specification, ``evm.gas`` for example; ``new`` takes its place."""

    module: str
    old: str
    new: str

    @property
    def name(self) -> str:
        """What the module is imported as."""
        return f"{SPEC}.{self.module}"

    @property
    def file(self) -> Path:
        """Where the module is."""
        place = ROOM.joinpath(*self.module.split("."))
        return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")

    def apply(self, source: str) -> str:
        """The text of the module with the change. Raises ValueError unless ``old`` is there exactly once."""
        count = source.count(self.old)
        if count != 1:
            raise ValueError(f"{self.file}: {self.old!r} must be there once, and is there {count} times")
        return source.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class SpecificationBug:
    """A bug: what is wrong, the rule that it breaks, its hazards, and where a client has had it.

    ``source`` is an issue or a pull request, as ``owner/repository#number``.
    """

    name: str
    wrong: str
    rule: str
    hazards: tuple[str, ...]
    source: str
    changes: tuple[Change, ...]

    @property
    def machine(self) -> str:
        """The machine whose rule it breaks."""
        return self.rule.partition(".")[0]

    @property
    def address(self) -> str:
        """Where the source can be read."""
        repository, number = self.source.split("#")
        return f"https://github.com/{repository}/issues/{number}"

    @property
    def digest(self) -> str:
        """Short for the changes: what was found out of one bug is not true of another."""
        text = "\0".join(part for change in self.changes for part in (change.module, change.old, change.new))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def bug(
    name: str, wrong: str, *changes: tuple[str, str, str], rule: str, source: str, hazards: str = ""
) -> SpecificationBug:
    """A bug made of changes, each a module, what stands there and what takes its place."""
    ids = tuple(sorted(hazards.split()))
    return SpecificationBug(name, wrong, rule, ids, source, tuple(Change(*change) for change in changes))
