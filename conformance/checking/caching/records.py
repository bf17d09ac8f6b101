"""The results of a document on one engine, in the form in which they are kept: all its cases, and what became of some.

So whichever cases a later run asks for, it finds those, and knows which others there are. The form is JSON; what the
results are of, their key says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samestate.conformance.checking.report import (
    FoundCase,
    block_fields,
    block_of,
    short_id,
    verdict_fields,
    verdict_of,
    whole_id,
)
from samestate.conformance.checking.verdict import Cached, Verdict
from samestate.conformance.fixtures.strict_json import parse_json

if TYPE_CHECKING:
    from samestate.conformance.checking.blocks import BlockSummary


@dataclass(frozen=True, slots=True)
class KeptResult:
    """A verdict, which says when it was made, and what a real block leaves for the one after it."""

    verdict: Verdict
    block: BlockSummary | None


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """All cases of a document in their order, and the results on one engine that are kept, by the id of the case."""

    cases: tuple[FoundCase, ...]
    results: Mapping[str, KeptResult]


def write_kept(place: str, kept: KeptDocument) -> bytes:
    """What is kept, as bytes. The place of the document is left out, so that it may move."""
    cases = [
        [
            short_id(place, case.id),
            sorted(case.forks),
            sorted(case.selectors),
            _fields(place, kept.results.get(case.id)),
        ]
        for case in kept.cases
    ]
    return json.dumps(cases, separators=(",", ":")).encode()


def _fields(place: str, result: KeptResult | None) -> list[object] | None:
    if result is None or result.verdict.cached is None:
        return None
    block = None if result.block is None else block_fields(result.block)
    return [result.verdict.cached.executed, block, *verdict_fields(place, result.verdict)]


def read_kept(place: str, engine: str, build: str, content: bytes) -> KeptDocument:
    """What :func:`write_kept` wrote, of the document at ``place`` on that engine, which is of that build.

    Raises what is in DAMAGED where it is something else.
    """
    written: Any = parse_json(content)
    cases: list[FoundCase] = []
    results: dict[str, KeptResult] = {}
    for id, forks, selectors, fields in written:
        case = FoundCase(whole_id(place, id), frozenset(forks), frozenset(selectors))
        cases.append(case)
        if fields is not None:
            executed, block, *rest = fields
            verdict = verdict_of(place, engine, rest, Cached(executed, build))
            results[case.id] = KeptResult(verdict, None if block is None else block_of(block))
    return KeptDocument(tuple(cases), results)
