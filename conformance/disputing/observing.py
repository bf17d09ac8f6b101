"""Watching a transaction instruction by instruction, and pausing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from samestate.conformance.disputing.frames import WINDOWS, FrameRecord
from samestate.conformance.disputing.hashes import NO_PARENT, commit
from samestate.conformance.disputing.substates import ENTRY, content_of
from samestate.conformance.disputing.worlds import DisputedView
from samestate.spec.evm.frame import Frame

WINDOW_ITEMS: Final = 7


class Paused(BaseException):
    """The next instruction is about to begin, and nothing more is to be executed. No machine catches it."""


class Observer:
    """Knows the frames of a transaction, and tells of each instruction that is about to begin.

    Implements :class:`samestate.spec.evm.frame.Tracer`. ``facts`` is the commitment to the block, ``began`` the root of
    the state before the transaction; ``told`` is called before each instruction. Frames without code have none, as in
    EIP-3155.
    """

    def __init__(self, view: DisputedView, facts: bytes, began: bytes, told: Callable[[Observer, int], None]) -> None:
        self.view = view
        self.facts = facts
        self.began = began
        self.told = told
        self.records: list[FrameRecord] = []
        self._window_items: tuple[int, list[int]] = (0, [])

    def enter(self, frame: Frame) -> None:
        """A frame begins, or goes on that was restored."""
        if self.records and self.records[-1].frame is frame:
            return
        record = FrameRecord(frame)
        if self.records:
            opcode, items = self._window_items
            if opcode in WINDOWS:
                offset, size = WINDOWS[opcode]
                record.window = items[offset], items[size]
        self.records.append(record)

    def step(self, frame: Frame, opcode: int) -> None:
        """An instruction begins: whatever came before has its effect."""
        if not frame.code:
            return
        record = self.records[-1]
        if not record.entry_world:
            self._begin(record)
        self._window_items = opcode, frame.stack[-WINDOW_ITEMS:]
        self.told(self, opcode)

    def leave(self, frame: Frame) -> None:
        """A frame has ended."""
        self.records.pop()

    def root(self) -> bytes:
        """The commitment to all that the transaction is in the middle of."""
        substate = self.records[-1].frame.substate
        frames = self.records[-1].digest()
        return running_root(self.facts, self.began, self.view.root(), content_of(substate).digest(), frames)

    def _begin(self, record: FrameRecord) -> None:
        view_mark, mark = record.frame.marks
        if view_mark == ENTRY:
            return
        record.entry_world = self.view.root_at(view_mark)
        record.entry_content = content_of(record.frame.substate, mark)
        record.entry_substate = record.entry_content.digest()
        record.parent = self.records[-2].digest() if len(self.records) > 1 else NO_PARENT


def running_root(facts: bytes, began: bytes, world: bytes, substate: bytes, frames: bytes) -> bytes:
    """The commitment to a transaction in the middle of its instructions."""
    return commit("running", facts, began, world, substate, frames)


def begin_root(facts: bytes, world: bytes) -> bytes:
    """The commitment to a transaction that has not begun."""
    return commit("begin", facts, world)


def ended_root(result: bytes) -> bytes:
    """The commitment to a transaction that has ended with a result."""
    return commit("ended", result)
