"""Waves: sets of transactions that do not conflict, one after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from reference.estimators import Estimate
from reference.explorer.points import Kind, Label, Point
from spec.machine import Key

LOOK_MEMBER = Label("look for a member of the wave", Kind.LOOK)
TAKE_MEMBER = Label("take a member of the wave")
FORM_WAVE = Label("form the next wave")
FINISH_MEMBER = Label("finish a member of the wave")


class WaveQueue:
    """Who is in which wave.

    A wave is every transaction that conflicts with no earlier one that is still to be executed: neither with one of the
    same wave, nor with one that was itself kept out of it. ``pending`` are those not in a wave yet, in block order.
    """

    def __init__(self, estimates: Sequence[Estimate], point: Point, announce: Callable[[Sequence[int]], None]) -> None:
        self.estimates = estimates
        self.point = point
        self.announce = announce
        self.pending = list(range(len(estimates)))
        self.members: deque[int] = deque()
        self.running = 0

    def take(self) -> int | None:
        """A transaction of the current wave, or of the next one where the current one is finished."""
        self.point(LOOK_MEMBER)
        if not self.members and not self.can_form():
            return None
        self.point(FORM_WAVE if not self.members else TAKE_MEMBER)
        if not self.members and self.can_form():
            self.form()
        if not self.members:
            return None
        self.running += 1
        return self.members.popleft()

    def can_form(self) -> bool:
        """Whether the current wave is finished and there is a next one."""
        return not self.members and not self.running and bool(self.pending)

    def finish(self, step: int) -> None:
        """A member was executed."""
        self.point(FINISH_MEMBER, step)
        self.running -= 1

    def form(self) -> None:
        """Choose the next wave, and keep the others pending in block order.

        Goes by key, not by pairs: for each key, whether any transaction so far, member or not, reads or writes it.
        """
        read: set[Key] = set()
        written: set[Key] = set()
        members: list[int] = []
        kept: list[int] = []
        for step in self.pending:
            estimate = self.estimates[step]
            is_member = self.may_join(estimate, read, written)
            (members if is_member else kept).append(step)
            self.note(estimate, is_member, read, written)
        self.pending = kept
        self.members.extend(members)
        self.announce(tuple(members))

    def may_join(self, estimate: Estimate, read: set[Key], written: set[Key]) -> bool:
        """Whether the transaction conflicts with nobody before it."""
        return (
            written.isdisjoint(estimate.reads)
            and written.isdisjoint(estimate.writes)
            and read.isdisjoint(estimate.writes)
        )

    def note(self, estimate: Estimate, is_member: bool, read: set[Key], written: set[Key]) -> None:
        """Remember what the transaction accesses: those kept out count too, as they come before those that follow."""
        read.update(estimate.reads)
        written.update(estimate.writes)
