"""What came apart and can be checked only together: a block and its witness, and what was recorded beside shreds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.fixtures.archives import Document
from samestate.conformance.fixtures.block_file import is_rpc_block
from samestate.conformance.fixtures.load import Unpaired, pair_rpc
from samestate.conformance.vectors.recorded.parts import Part, as_document, put_together
from samestate.conformance.vectors.recorded.sorting import OtherJson, sort_document


@dataclass(frozen=True, slots=True)
class JoinedDocument:
    """What was put together, as a document at the place of one of its halves."""

    place: str
    content: bytes
    origin: str


@dataclass(frozen=True, slots=True)
class HalfAlone:
    """A half whose other half is not there, or that is malformed."""

    place: str
    problem: str
    origin: str


def wholes(halves: Iterable[DocumentTask]) -> Iterator[JoinedDocument | HalfAlone]:
    """Blocks and witnesses, and whatever else came apart, put together."""
    blocks: list[tuple[str, object]] = []
    witnesses: list[tuple[str, object]] = []
    parts: list[Part] = []
    origins: dict[str, str] = {}
    for half in halves:
        origins[half.place] = half.origin
        held = sort_document(Document(half.place, half.content))
        if isinstance(held, Part):
            parts.append(held)
        elif isinstance(held, OtherJson):
            (blocks if is_rpc_block(held.value) else witnesses).append((half.place, held.value))
    for place, group in put_together(parts):
        yield JoinedDocument(place, json.dumps(as_document(group)).encode(), origins[place])
    for pair in pair_rpc(blocks, witnesses):
        origin = origins[pair.place]
        if isinstance(pair, Unpaired):
            yield HalfAlone(pair.place, pair.problem.removeprefix(f"{pair.place}: "), origin)
        else:
            content = json.dumps({"block": pair.block, "witness": pair.witness}).encode()
            yield JoinedDocument(pair.place, content, origin)
