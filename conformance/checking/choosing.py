"""Which one case a path and a part of its name mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document, documents
from samestate.conformance.fixtures.load import is_vector
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.recorded.model import RecordedCase, RecordedVector
from samestate.conformance.vectors.recorded.parts import Part, put_together
from samestate.conformance.vectors.recorded.sorting import OtherJson, cases_of_group, sort_document

SHOWN: Final = 8
"""How many names a message lists."""

Chosen = TypeVar("Chosen")


def choose(path: Path, name: str | None, cases: Iterable[tuple[str, Chosen]]) -> Chosen:
    """The one case whose id holds ``name``, or ends with it. Raises InputError where there is none, or more than one.

    An id is a place, ``::`` and the name of the case there.
    """
    found: list[tuple[str, Chosen]] = []
    others: list[str] = []
    for id, case in cases:
        if name is None or name in id:
            found.append((id, case))
        else:
            others.append(id)
    exact = [case for id, case in found if name is not None and id.endswith(f"::{name}")]
    if len(exact) == 1:
        return exact[0]
    if len(found) == 1:
        return found[0][1]
    if not found and not others:
        raise InputError(f"{path}: holds no case with blocks")
    if not found:
        raise InputError(f"{path}: no case has {name!r} in its name; there are{listed(others)}")
    raise InputError(f"{path}: --case must fit one case, but fits {len(found)}:{listed([id for id, _ in found])}")


def listed(ids: Sequence[str]) -> str:
    """Names of cases for a message, a line each, not too many."""
    lines = [f"\n  {id.partition('::')[2]}" for id in ids[:SHOWN]]
    return "".join(lines) + (f"\n  and {len(ids) - SHOWN} more" if len(ids) > SHOWN else "")


def vectors_below(path: Path) -> list[Document]:
    """The documents below a path that are vectors. Raises InputError."""
    return [document for document in documents([path]) if is_vector(document)]


def choose_vector(path: Path, name: str | None, found: Iterable[Document]) -> Vector:
    """The one vector of some documents below ``path`` that the name means. Raises InputError."""
    vectors = (load_vector(document.place, document.content) for document in found)
    return choose(path, name, ((f"{vector.place}::{vector.case.id}", vector) for vector in vectors))


def recorded_below(path: Path) -> list[RecordedVector]:
    """The cases of Solana's chain below a path, where it holds nothing but what was recorded of that.

    Raises InputError where something of it is malformed.
    """
    parts: list[Part] = []
    cases: list[RecordedCase] = []
    for document in documents([path]):
        held = sort_document(document)
        if isinstance(held, OtherJson):
            return []
        if isinstance(held, Part):
            parts.append(held)
        else:
            cases += held.cases
    for _, together in put_together(parts):
        cases += cases_of_group(together)
    return [case for case in cases if isinstance(case, RecordedVector)]
