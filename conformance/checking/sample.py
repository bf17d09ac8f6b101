"""A fixed sample of cases: every folder has its share, and hashes of ids choose within it.

The same cases are chosen on every machine, in whatever folder the data lies, as long as the cases are the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from samestate.conformance.checking.running import forks_of
from samestate.conformance.checking.selection import EVERYTHING, Selection
from samestate.conformance.checking.vectors import loaded
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document, documents
from samestate.conformance.fixtures.block_file import rpc_case
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.choices import AS_THEY_SAY, Rulesets
from samestate.conformance.fixtures.group_folders import GroupFolders
from samestate.conformance.fixtures.load import (
    Case,
    RpcResults,
    Unpaired,
    cases_in,
    is_about_release,
    is_schema,
    is_vector,
    pair_rpc,
)
from samestate.conformance.fixtures.networks import Network
from samestate.conformance.vectors.recorded.model import NotExecuted, RecordedCase, fork_of_recorded
from samestate.conformance.vectors.recorded.parts import Part, put_together
from samestate.conformance.vectors.recorded.sorting import WholeCases, cases_of_group, sort_document


@dataclass(frozen=True, slots=True)
class Listed:
    """A case that could be run: the document it is in, its id, and both again without the path that was given."""

    place: str
    id: str
    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The chosen cases by the place of their document, and how many there were to choose from.

    ``unusable`` are the places of documents that cannot be used: they are no cases, and yet not left out. ``skipped``
    says of the cases that cannot be run why, and how many.
    """

    wanted: dict[str, frozenset[str]]
    size: int
    available: int
    unusable: frozenset[str] = frozenset()
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Halves:
    """What came in several documents, with their places."""

    rpc: RpcResults = field(default_factory=RpcResults)
    parts: list[Part] = field(default_factory=list)


def choose(
    paths: Iterable[Path],
    size: int,
    selection: Selection = EVERYTHING,
    folders: GroupFolders | None = None,
    chain: Network | None = None,
    rulesets: Rulesets = AS_THEY_SAY,
) -> Sample:
    """``size`` of the cases below ``paths`` that can be run, of those that are selected.

    ``chain`` and ``rulesets`` as in :func:`samestate.conformance.fixtures.load.load_cases`.
    """
    folders = folders or GroupFolders()
    listed: list[Listed] = []
    unusable: set[str] = set()
    skipped: Counter[str] = Counter()
    for path in paths:
        for case in _list(path, selection, folders, chain, rulesets):
            if isinstance(case, Listed):
                listed.append(case)
            elif isinstance(case, Skipped):
                skipped[case.reason] += 1
            else:
                unusable.add(case)
    chosen = stratify(listed, size)
    wanted: dict[str, set[str]] = defaultdict(set)
    for case in chosen:
        wanted[case.place].add(case.id)
    return Sample(
        {place: frozenset(ids) for place, ids in wanted.items()},
        len(chosen),
        len(listed),
        frozenset(unusable),
        skipped,
    )


def _list(
    path: Path, selection: Selection, folders: GroupFolders, chain: Network | None, rulesets: Rulesets
) -> Iterator[Listed | Skipped | str]:
    """The cases below a path, those that cannot be run, and the places of documents that cannot be used."""

    def listed(place: str, identity: str) -> Listed:
        inside = f"{path.name}{place.removeprefix(str(path))}"
        name = f"{path.name}{identity.removeprefix(str(path))}"
        folder = str(PurePosixPath(inside.replace(":", "/")).parent)
        return Listed(place, identity, folder, name)

    halves = Halves()
    for document in _documents(path):
        try:
            found = _found(document, path, selection, halves, folders, chain, rulesets)
        except InputError:
            yield document.place
        else:
            yield from (case if isinstance(case, Skipped) else listed(document.place, case) for case in found)
    for pair in pair_rpc(halves.rpc.blocks, halves.rpc.witnesses):
        try:
            case = None if isinstance(pair, Unpaired) else rpc_case(*pair, chain)
        except InputError:
            case = None
        if case is None:
            yield pair.place
        elif _is_taken(case, path, selection):
            yield listed(pair.place, case.id)
    for place, group in put_together(halves.parts):
        try:
            found = _recorded(cases_of_group(group), path, selection)
        except InputError:
            yield place
        else:
            yield from (case if isinstance(case, Skipped) else listed(place, case) for case in found)


def _documents(path: Path) -> Iterator[Document]:
    try:
        yield from documents([path], with_problems=True)
    except InputError as error:
        yield Document(str(path), b"", str(error))


def _found(
    document: Document,
    path: Path,
    selection: Selection,
    halves: Halves,
    folders: GroupFolders,
    chain: Network | None,
    rulesets: Rulesets,
) -> list[str | Skipped]:
    """The ids of the cases in a document that can be run, and the others; a block or a witness alone is put aside.

    Raises InputError.
    """
    document.refuse()
    if is_vector(document):
        case = loaded(document.place, document.content).case
        is_taken = selection.takes(case.id, str(path), frozenset({case.fork}), case.selectors)
        return [document.place] if is_taken else []
    if is_about_release(document):
        return []
    held = sort_document(document)
    if isinstance(held, Part):
        halves.parts.append(held)
        return []
    if isinstance(held, WholeCases):
        return _recorded(held.cases, path, selection)
    if not halves.rpc.take(document.place, held.value) and not is_schema(held.value):
        cases = cases_in(document.place, held.value, folders.of(document), chain, rulesets)
        return [
            case if isinstance(case, Skipped) else case.id
            for case in cases
            if selection.takes(case.id, str(path), forks_of(case))
        ]
    return []


def _recorded(cases: Iterable[RecordedCase], path: Path, selection: Selection) -> list[str | Skipped]:
    """The ids of recorded cases that can be run, and the others."""
    return [
        Skipped(case.place, case.name, case.reason) if isinstance(case, NotExecuted) else case.id
        for case in cases
        if selection.takes(case.id, str(path), frozenset({fork} if (fork := fork_of_recorded(case)) else ()))
    ]


def _is_taken(case: Case | Skipped, path: Path, selection: Selection) -> bool:
    return not isinstance(case, Skipped) and selection.takes(case.id, str(path), forks_of(case))


DEEPEST: Final = 32


def stratify(listed: list[Listed], size: int) -> list[Listed]:
    """``size`` cases: one from every folder, and the others by how many cases a folder has.

    Where there are more folders than cases to choose, folders are taken together by the folder that they are in.
    """
    if len(listed) <= size:
        return listed
    for depth in range(DEEPEST, 0, -1):
        folders: dict[str, list[Listed]] = defaultdict(list)
        for case in listed:
            folders["/".join(case.folder.split("/")[:depth])].append(case)
        if len(folders) <= size:
            break
    quotas = _quotas({folder: len(cases) for folder, cases in folders.items()}, size)
    chosen: set[Listed] = set()
    for folder, cases in folders.items():
        chosen.update(sorted(cases, key=_rank)[: quotas[folder]])
    return [case for case in listed if case in chosen]


def _quotas(sizes: dict[str, int], size: int) -> dict[str, int]:
    """One for each, and the rest in proportion to what more each has; the largest remainders are rounded up."""
    if len(sizes) > size:
        chosen = sorted(sizes, key=lambda folder: hashlib.sha256(folder.encode()).digest())[:size]
        return {folder: int(folder in chosen) for folder in sizes}
    spare = size - len(sizes)
    others = sum(sizes.values()) - len(sizes)
    quotas = {folder: 1 + spare * (count - 1) // others for folder, count in sizes.items()}
    remainders = sorted(sizes, key=lambda folder: (-(spare * (sizes[folder] - 1) % others), folder))
    for folder in remainders[: size - sum(quotas.values())]:
        quotas[folder] += 1
    return quotas


def _rank(case: Listed) -> bytes:
    return hashlib.sha256(case.name.encode()).digest()
