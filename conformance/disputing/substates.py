"""What a transaction carries from instruction to instruction: its commitment, and copies of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from samestate.conformance.disputing.hashes import commit, natural, signed
from samestate.spec.evm.receipt import Log
from samestate.spec.evm.rlp import Item
from samestate.spec.evm.substate import Mark, Substate

SETS: Final = ("warm", "created", "destroyed", "touched")
MAPS: Final = ("transient", "originals")
ENTRY: Final = -1
"""The mark of a frame that began before the step: its failure leads back to what the opening says."""


@dataclass(frozen=True, slots=True)
class SubstateContent:
    """All of a substate; sets and maps by key, in the order of the keys."""

    sets: dict[str, tuple[bytes, ...]]
    maps: dict[str, dict[bytes, int]]
    logs: tuple[Log, ...]
    refund: int
    ripemd160_touched: bool

    def digest(self) -> bytes:
        """The commitment to it."""
        return commit(
            "substate",
            *[list[Item](sorted(self.sets[name])) for name in SETS],
            *[[[key, natural(value)] for key, value in sorted(self.maps[name].items())] for name in MAPS],
            logs_item(self.logs),
            signed(self.refund),
            b"\x01" if self.ripemd160_touched else b"",
        )


def logs_item(logs: tuple[Log, ...]) -> Item:
    """Logs as RLP takes them."""
    return [[log.address, list[Item](log.topics), log.data] for log in logs]


def content_of(substate: Substate, mark: Mark | None = None) -> SubstateContent:
    """All of a substate as it is, or as it would be once it was taken back to a mark."""
    entries: dict[str, dict[bytes, Any]] = {name: dict(getattr(substate, name)) for name in (*SETS, *MAPS)}
    logs, refund = tuple(substate.logs), substate.refund
    if mark is not None:
        names = {id(getattr(substate, name)): name for name in entries}
        for changed, key, previous in reversed(substate._undo[mark[0] :]):
            copy = entries[names[id(changed)]]
            if previous is substate:
                copy.pop(key, None)
            else:
                copy[key] = previous
        logs, refund = logs[: mark[1]], mark[2]
    return SubstateContent(
        {name: tuple(sorted(entries[name])) for name in SETS},
        {name: dict(sorted(entries[name].items())) for name in MAPS},
        logs,
        refund,
        substate.ripemd160_touched,
    )


class RestoredSubstate(Substate):
    """A substate made from its content. ``entry`` is where the failure of a frame leads that began earlier."""

    __slots__ = ("entry",)

    def __init__(self, content: SubstateContent, entry: SubstateContent | None) -> None:
        super().__init__()
        self.entry = entry
        self._fill(content)
        self.originals = dict(content.maps["originals"])
        self.ripemd160_touched = content.ripemd160_touched

    def _fill(self, content: SubstateContent) -> None:
        self.warm = dict.fromkeys(content.sets["warm"])
        self.created = dict.fromkeys(content.sets["created"])
        self.destroyed = dict.fromkeys(content.sets["destroyed"])
        self.touched = dict.fromkeys(content.sets["touched"])
        self.transient = dict(content.maps["transient"])
        self.logs = list(content.logs)
        self.refund = content.refund

    def rollback(self, mark: Mark) -> None:
        """See :meth:`Substate.rollback`. What no failure undoes stays: original values, and RIPEMD-160's touch."""
        if mark[0] != ENTRY:
            super().rollback(mark)
            return
        assert self.entry is not None
        self._undo.clear()
        self._fill(self.entry)
