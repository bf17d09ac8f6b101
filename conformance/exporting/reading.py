"""Vectors to be exported, each with the sentence that says what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document, documents
from samestate.conformance.fixtures.load import is_schema, is_vector
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.model import Vector

WRITTEN_BY = "Written by "


def vectors_to_export(paths: Iterable[Path]) -> Iterator[tuple[Vector, str]]:
    """The vectors below paths, and what each is about. Raises InputError for whatever else is there."""
    for document in documents(paths):
        if is_vector(document):
            yield load_vector(document.place, document.content), sentence_of(document)
        elif not is_schema(document.json()):
            raise InputError(f"{document.place}: is no vector: only vectors can be exported")


def sentence_of(document: Document) -> str:
    """The sentence above a vector, without what is said of who has written it."""
    lines: list[str] = []
    for line in document.content.decode("utf-8", "replace").splitlines():
        if not line.startswith("#") or line.startswith(f"# {WRITTEN_BY}"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)
