"""A fixed sample of cases: every folder has its share, and hashes of ids choose within it.

The same cases are chosen on every machine, in whatever folder the data lies, as long as the cases are the same.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from samestate.conformance.checking.running import forks_of
from samestate.conformance.fixtures.archives import documents
from samestate.conformance.fixtures.block_file import is_rpc_block, is_rpc_witness, rpc_case, unwrap
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.load import cases_in, is_schema, is_vector, pair_rpc


@dataclass(frozen=True, slots=True)
class Listed:
    """A case that could be run: the document it is in, its id, and both again without the path that was given."""

    place: str
    id: str
    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The chosen cases by the place of their document, and how many there were to choose from."""

    wanted: dict[str, frozenset[str]]
    size: int
    available: int


def choose(paths: Iterable[Path], size: int, fork: str | None = None) -> Sample:
    """``size`` of the cases below ``paths`` that can be run, of ``fork`` where that is given."""
    listed = [case for path in paths for case in _list(path, fork)]
    chosen = stratify(listed, size)
    wanted: dict[str, set[str]] = defaultdict(set)
    for case in chosen:
        wanted[case.place].add(case.id)
    return Sample({place: frozenset(ids) for place, ids in wanted.items()}, len(chosen), len(listed))


def _list(path: Path, fork: str | None) -> Iterator[Listed]:
    def listed(place: str, identity: str) -> Listed:
        inside = f"{path.name}{place.removeprefix(str(path))}"
        name = f"{path.name}{identity.removeprefix(str(path))}"
        folder = str(PurePosixPath(inside.replace(":", "/")).parent)
        return Listed(place, identity, folder, name)

    blocks: list[tuple[str, object]] = []
    witnesses: list[tuple[str, object]] = []
    for document in documents([path]):
        if is_vector(document):
            yield listed(document.place, document.place)
            continue
        value = unwrap(document.json())
        if is_rpc_block(value):
            blocks.append((document.place, value))
        elif is_rpc_witness(value):
            witnesses.append((document.place, value))
        elif not is_schema(value):
            for case in cases_in(document.place, value):
                if not isinstance(case, Skipped) and (fork is None or fork in forks_of(case)):
                    yield listed(document.place, case.id)
    for pair in pair_rpc(blocks, witnesses):
        case = rpc_case(*pair)
        if fork is None or fork in forks_of(case):
            yield listed(pair.place, case.id)


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
