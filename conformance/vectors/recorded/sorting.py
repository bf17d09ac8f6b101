"""What a document that is no vector holds of Solana's chain: a part of something, whole cases, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from samestate.conformance.fixtures.archives import Document
from samestate.conformance.fixtures.block_file import unwrap
from samestate.conformance.vectors.recorded.model import RecordedCase
from samestate.conformance.vectors.recorded.parts import PARTS, Part, binary_part, form_of, is_binary


@dataclass(frozen=True, slots=True)
class WholeCases:
    """The cases of a document that needs no other. They raise InputError where they are malformed."""

    cases: Iterator[RecordedCase]


@dataclass(frozen=True, slots=True)
class OtherJson:
    """JSON in which nothing was recorded of Solana's chain: fixtures, block files, or nothing that is known."""

    value: object


Sorted: TypeAlias = Part | WholeCases | OtherJson


def sort_document(document: Document) -> Sorted:
    """What a document holds, told by its content. Raises InputError where it is neither JSON nor of known bytes.

    Parts belong together by their folders (:func:`samestate.conformance.vectors.recorded.parts.put_together`), so
    that all of them have to be there before there are cases.
    """
    document.refuse()
    if is_binary(document.content):
        part = binary_part(document.place, document.content)
        if part is not None:
            return part
        from samestate.conformance.vectors.recorded.documents import binary_case  # which takes Solana's machine

        return WholeCases(iter([binary_case(document.place, document.content)]))
    value = unwrap(document.json())
    form = form_of(value)
    if form is None:
        return OtherJson(value)
    if form in PARTS:
        return Part(document.place, form, value)
    from samestate.conformance.vectors.recorded.documents import cases_of_document  # which takes Solana's machine

    return WholeCases(cases_of_document(document.place, form, value))


def cases_of_group(parts: Iterable[Part]) -> Iterator[RecordedCase]:
    """The cases of parts that belong together. Raises InputError."""
    from samestate.conformance.vectors.recorded.documents import cases_together  # which takes Solana's machine

    yield from cases_together(parts)
