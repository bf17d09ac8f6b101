"""What became of a document, in a form that crosses process borders and can be kept in a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from samestate.conformance.checking.selection import MEMBER
from samestate.conformance.checking.verdict import Cached, Result, Verdict
from samestate.conformance.metering.tally import MetricTally

if TYPE_CHECKING:
    from samestate.conformance.checking.blocks import BlockSummary


DAMAGED: Final = (ValueError, TypeError, LookupError, AttributeError)
"""What reading raises of values that are not what an earlier run has written."""


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case of a document, run or not: what selections look at."""

    id: str
    forks: frozenset[str]
    selectors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """The verdicts on the cases of a document, in their order.

    ``blocks`` say, by index of a verdict, what a real block leaves for the one after it. ``is_half`` marks a block or a
    witness that came apart from the other, which can be checked only together. ``error`` says why the document cannot
    be used at all. ``rules`` are the anchors that were reached, where that is measured. ``deselected`` counts the cases
    that were not asked for, ``notes`` say what is odd. ``listed`` are the ids of cases that were only to be listed.
    ``cases`` are all that it holds, in their order, none where it cannot be used. ``was_stopped`` says that a case was
    stopped, or that its process died: another time it may end otherwise.
    ``metered`` is what engines said of their blocks meanwhile, where that is metered.
    """

    place: str
    verdicts: tuple[Verdict, ...] = ()
    blocks: tuple[tuple[int, BlockSummary], ...] = ()
    is_half: bool = False
    error: str | None = None
    rules: frozenset[str] = frozenset()
    deselected: int = 0
    notes: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    cases: tuple[FoundCase, ...] = ()
    was_stopped: bool = False
    metered: MetricTally | None = field(default=None, compare=False)

    def until(self, end: int) -> DocumentReport:
        """The report on the cases before that index of a verdict alone."""
        blocks = tuple(block for block in self.blocks if block[0] < end)
        return replace(self, verdicts=self.verdicts[:end], blocks=blocks)

    def to_json(self) -> dict[str, Any]:
        """As JSON. The place is left out of the ids, so that a document may move."""
        return {
            "place": self.place,
            "verdicts": [[verdict.engine, *verdict_fields(self.place, verdict)] for verdict in self.verdicts],
            "blocks": [[index, *block_fields(block)] for index, block in self.blocks],
            "deselected": self.deselected,
        }

    @classmethod
    def from_json(cls, place: str, value: dict[str, Any]) -> DocumentReport:
        """The report that :meth:`to_json` wrote, on the document at ``place``."""
        return cls(
            place=place,
            verdicts=tuple(verdict_of(place, engine, fields) for engine, *fields in value["verdicts"]),
            blocks=tuple((index, block_of(fields)) for index, *fields in value["blocks"]),
            deselected=value["deselected"],
        )


def verdict_fields(place: str, verdict: Verdict) -> list[Any]:
    """A verdict on a case of the document at that place, as JSON; its engine is told apart."""
    return [
        short_id(place, verdict.id),
        verdict.result.value,
        verdict.reason,
        verdict.fork,
        list(verdict.checks),
        verdict.kind,
        list(verdict.hazards),
    ]


def verdict_of(place: str, engine: str, fields: list[Any], cached: Cached | None = None) -> Verdict:
    """The verdict that :func:`verdict_fields` wrote; ``cached`` says when it was made, where not in this run."""
    id, result, reason, fork, checks, kind, hazards = fields
    checks, hazards = tuple(checks), tuple(hazards)
    return Verdict(
        whole_id(place, id), Result(result), reason, fork, checks, kind, engine, hazards=hazards, cached=cached
    )


def short_id(place: str, id: str) -> str:
    """The id of a case without the place of its document. A vector's does not name that, and stays as it is."""
    return id.removeprefix(place) if id.startswith(f"{place}{MEMBER}") else id


def whole_id(place: str, id: str) -> str:
    """The id of which :func:`short_id` is this."""
    return f"{place}{id}" if id.startswith(MEMBER) else id


def block_fields(block: BlockSummary) -> list[Any]:
    """What a block leaves for the one after it, as JSON."""
    from samestate.spec.evm.block import header_item
    from samestate.spec.evm.rlp import encode

    return [block.chain_id, encode(header_item(block.header)).hex(), block.is_whole]


def block_of(fields: list[Any]) -> BlockSummary:
    """The block that :func:`block_fields` wrote."""
    from samestate.conformance.checking.blocks import BlockSummary
    from samestate.spec.evm.block import header_from_item
    from samestate.spec.evm.rlp import decode

    chain, header, is_whole = fields
    return BlockSummary(chain, header_from_item(decode(bytes.fromhex(header))), is_whole)
