"""Several searches of the same blocks, made one: no seed, no finding and no block of the corpus is there twice.

What was written first is kept. Files are written before what says that they are there, and whatever was merged before
is left out: a merge that was ended by anything is done by doing it again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.input_files import read_input
from samestate.conformance.fuzzing.database import CORPUS, FILE, FOUND, OPTION, Database, show
from samestate.conformance.fuzzing.finding import FindingRow, id_for
from samestate.conformance.generating.vector import write_vector
from samestate.conformance.vectors.document import SIZE_LIMIT
from samestate.conformance.vectors.places import SUFFIX

MERGE: Final = "--merge"
OWN: Final = frozenset({"seed"})
"""The settings in which searches may differ that are merged: from which seed each went on."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge has brought: seeds, findings and blocks of the corpus; and how many seeds were done here already."""

    seeds: int
    findings: int
    blocks: int
    known: int

    def line(self, folder: Path) -> str:
        """All of it for people."""
        counted = f"{self.seeds} seeds, {self.findings} findings, {self.blocks} blocks of the corpus"
        return f"{folder}: {counted}" + (f"; {self.known} seeds were done here already" if self.known else "")


def merge(folder: Path, into: Database) -> Merged:
    """Add to a search what another in ``folder`` has done. Raises InputError where it is of other blocks or engines."""
    if into.folder is None or folder.resolve() == into.folder.resolve():
        raise InputError(f"{MERGE} {folder}: must be another folder than that of {OPTION}, into which it is merged")
    with Database(folder, is_read_only=True, option=MERGE) as other:
        _refuse_another(other, into)
        findings = list(_new_findings(other, into))
        texts = {row.id: _reproducer(folder, row) for row, _ in findings}
        blocks = list(_new_blocks(folder, other, into))
        for row, id in findings:
            target = into.folder / FOUND / (id.split("/", 1)[0]) / (id.rsplit("/", 1)[-1] + SUFFIX)
            write_vector(MERGE, target, _under_another_id(texts[row.id], row.id, id))
            into.keep(dataclasses.replace(row, id=id, file=str(target)))
        for seed, marks, source in blocks:
            target = into.folder / CORPUS / source.parent.name / source.name
            if not target.exists():
                write_vector(MERGE, target, _text(source))
            into.remember(marks, seed)
        known = len(other.done & into.done)
        seeds = into.add(other.seeds(), into.seconds + other.seconds)
        into.seconds += other.seconds
        return Merged(seeds, len(findings), len(blocks), known)


def settings_of(folder: Path) -> dict[str, object]:
    """The settings of the search in a folder. Raises InputError where there is none."""
    if not (folder / FILE).is_file():
        raise InputError(f"{MERGE} {folder}: has no {FILE}: must be the {OPTION} of a search")
    with Database(folder, is_read_only=True, option=MERGE) as other:
        return other.every_setting()


def _refuse_another(other: Database, into: Database) -> None:
    theirs, ours = other.every_setting(), into.every_setting()
    for name in sorted((theirs.keys() | ours.keys()) - OWN):
        if theirs.get(name) != ours.get(name):
            raise InputError(
                f"{MERGE} {other.folder}: is another search than {OPTION} {into.folder}: {name} is "
                f"{show(theirs.get(name))} there, and {show(ours.get(name))} here"
            )


def _new_findings(other: Database, into: Database) -> Iterator[tuple[FindingRow, str]]:
    """The findings of another search on seeds that are not done here, each with the id that it gets."""
    known = {(row.name, row.seed) for row in into.findings.values()}
    taken = {*into.findings}
    for row in other.findings.values():
        if row.seed in into.done or (row.name, row.seed) in known:
            continue
        id = row.id if row.id not in taken else id_for(row.engine, row.id.split("/", 1)[0], row.seed, frozenset(taken))
        taken.add(id)
        yield row, id


def _new_blocks(folder: Path, other: Database, into: Database) -> Iterator[tuple[int, list[str], Path]]:
    """The blocks of another's corpus in which there is something that was not seen here, with what that is."""
    by_seed: dict[int, list[str]] = {}
    for mark, seed in other.seeds_of_marks().items():
        if mark not in into.marks:
            by_seed.setdefault(seed, []).append(mark)
    for seed, marks in by_seed.items():
        source = folder / CORPUS / str(into.every_setting()["machine"]) / f"seed_{seed}{SUFFIX}"
        if not source.is_file():
            raise InputError(
                f"{MERGE} {folder}: its corpus lacks {source.name}, in which there was: {', '.join(marks)}"
            )
        yield seed, marks, source


def _reproducer(folder: Path, row: FindingRow) -> str:
    """The vector of a finding, from its folder or from where it was written."""
    for place in (folder / FOUND / Path(row.file).parent.name / Path(row.file).name, Path(row.file)):
        if place.is_file():
            return _text(place)
    raise InputError(f"{MERGE} {folder}: the reproducer of its finding {row.id} is not there: {row.file}")


def _text(path: Path) -> str:
    try:
        return read_input(f"{MERGE} {path}", path, SIZE_LIMIT).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{MERGE} {path}: cannot be read: {error}") from error


def _under_another_id(text: str, id: str, wanted: str) -> str:
    return text.replace(f'\nid: "{id}"\n', f'\nid: "{wanted}"\n', 1)
