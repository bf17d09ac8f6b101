"""What became of a document, in a form that crosses process borders and can be kept in a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from samestate.conformance.checking.blocks import BlockSummary
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.metering.tally import MetricTally
from samestate.spec.evm.block import header_from_item, header_item
from samestate.spec.evm.rlp import decode, encode


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """The verdicts on the cases of a document, in their order.

    ``blocks`` say, by index of a verdict, what a real block leaves for the one after it. ``is_half`` marks a block or a
    witness that came apart from the other, which can be checked only together. ``error`` says why the document cannot
    be used at all. ``rules`` are the anchors that were reached, where that is measured. ``deselected`` counts the cases
    that were not asked for, ``notes`` say what is odd. ``listed`` are the ids of cases that were only to be listed.
    ``was_stopped`` says that a case was stopped, or that its process died: another time it may end otherwise.
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
            "verdicts": [
                [
                    verdict.id.removeprefix(self.place),
                    verdict.result.value,
                    verdict.reason,
                    verdict.fork,
                    list(verdict.checks),
                    verdict.kind,
                    verdict.engine,
                ]
                for verdict in self.verdicts
            ],
            "blocks": [
                [index, block.chain_id, encode(header_item(block.header)).hex(), block.is_whole]
                for index, block in self.blocks
            ],
            "deselected": self.deselected,
        }

    @classmethod
    def from_json(cls, place: str, value: dict[str, Any]) -> DocumentReport:
        """The report that :meth:`to_json` wrote, on the document at ``place``."""
        return cls(
            place=place,
            verdicts=tuple(
                Verdict(place + name, Result(result), reason, fork, tuple(checks), kind, engine)
                for name, result, reason, fork, checks, kind, engine in value["verdicts"]
            ),
            blocks=tuple(
                (index, BlockSummary(chain, header_from_item(decode(bytes.fromhex(header))), is_whole))
                for index, chain, header, is_whole in value["blocks"]
            ),
            deselected=value["deselected"],
        )
