"""Which keys make which transactions wait or abort, under which strategy: from the schedules of the engine's runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from samestate.conformance.vectors.record import KeyText

if TYPE_CHECKING:
    from samestate.optimized.trace import TraceEvent

STRATEGIES: Final = ("block-stm", "locks", "waves")
"""The strategies whose conflicts show at run time."""

UNKNOWN: Final = "(no read that the block's order keeps)"
"""Where an execution met what another one wrote that would not have been there, had that been right the first time."""


@dataclass(slots=True)
class KeyConflicts:
    """What a key did under one strategy: how often it made a transaction wait, or abort."""

    waits: int = 0
    aborts: int = 0


@dataclass(slots=True)
class HotKey:
    """A key over which transactions conflict.

    ``readers``: transactions that read of it what an earlier one of the block wrote, each with the last that did, from
    the access record: what no order of work can take away. ``by_strategy``: what came of it at run time.
    """

    key: str
    readers: list[tuple[int, int]] = field(default_factory=list)
    by_strategy: dict[str, KeyConflicts] = field(default_factory=dict)

    @property
    def weight(self) -> tuple[int, int]:
        """What it is ranked by: run-time conflicts under all strategies, then dependent reads."""
        return sum(each.waits + each.aborts for each in self.by_strategy.values()), len(self.readers)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "key": self.key,
            "dependent_reads": [{"transaction": reader, "wrote": writer} for reader, writer in self.readers],
            "by_strategy": {
                name: {"waits": each.waits, "aborts": each.aborts} for name, each in self.by_strategy.items()
            },
        }


class ConflictCounter:
    """Counts the conflicts of one block, from its access record and from schedules."""

    def __init__(self, codec: KeyText) -> None:
        self._codec = codec
        self._found: dict[str, HotKey] = {}
        self._dependent: dict[int, list[tuple[bytes, int]]] = {}

    def count_reads(self, steps: Iterable[Any], transactions: int) -> None:
        """Count what transactions read that earlier ones wrote. ``steps``: the specification's access record."""
        for step in steps:
            if not 0 <= step.step < transactions:
                continue
            for key, read in step.reads.items():
                writers = [source for source in read.source if 0 <= source < transactions]
                if writers:
                    self._at(key).readers.append((step.step, writers[-1]))
                    self._dependent.setdefault(step.step, []).append((key, writers[-1]))

    def count_events(self, strategy: str, events: Sequence[TraceEvent]) -> None:
        """Count the waits and aborts of a schedule, once the reads are counted.

        Where the engine does not say by which key a transaction came to it, that counts for each key through which the
        transaction depends on the one that it waited for, or on any where it does not say on whom.
        """
        for event in events:
            if event.ending not in ("suspended", "aborted"):
                continue
            for key in self._keys_of(event):
                counted = self._at(key).by_strategy.setdefault(strategy, KeyConflicts())
                counted.waits += event.ending == "suspended"
                counted.aborts += event.ending == "aborted"

    def hottest(self) -> tuple[HotKey, ...]:
        """The keys with any conflict, the hottest first."""
        return tuple(sorted(self._found.values(), key=lambda key: key.weight, reverse=True))

    def _keys_of(self, event: TraceEvent) -> list[bytes | None]:
        if event.key is not None:
            return [event.key]
        dependent = self._dependent.get(event.transaction, [])
        through = [key for key, writer in dependent if writer == event.blocking] or [key for key, _ in dependent]
        return [*through] or [None]

    def _at(self, key: bytes | None) -> HotKey:
        name = UNKNOWN if key is None else self._codec.key(key)
        return self._found.setdefault(name, HotKey(name))
