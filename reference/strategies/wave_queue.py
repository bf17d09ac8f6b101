"""Waves: sets of transactions that do not conflict, one after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from samestate.reference.estimators import Estimate
from samestate.reference.explorer.points import Kind, Label, Point
from samestate.spec.machine import Key

LOOK_MEMBER = Label("look for a member of the wave", Kind.LOOK)
TAKE_MEMBER = Label("take a member of the wave")
FORM_WAVE = Label("begin the next wave")
FINISH_MEMBER = Label("finish a member of the wave")


class WaveQueue:
    """Who is in which wave.

    A wave is every transaction whose earlier ones that it conflicts with are all in waves before: it conflicts neither
    with one of the same wave, nor with one that comes later. ``waves`` are those that have not begun.
    """

    def __init__(self, estimates: Sequence[Estimate], point: Point, announce: Callable[[Sequence[int]], None]) -> None:
        self.estimates = estimates
        self.point = point
        self.announce = announce
        self.waves = deque(self.plan())
        self.members: deque[int] = deque()
        self.running = 0

    def plan(self) -> list[list[int]]:
        """The waves, each in block order.

        Goes by key, not by pairs: for each key, before which wave whoever has read it so far is done, and whoever has
        written it.
        """
        waves: list[list[int]] = []
        read: dict[Key, int] = {}
        written: dict[Key, int] = {}
        for step, estimate in enumerate(self.estimates):
            # rule: waves.after-every-earlier-conflict
            # source: Samestate: members of skipped waves count too, or the order of the block is lost
            wave = self.first_wave(estimate, read, written)
            if wave == len(waves):
                waves.append([])
            waves[wave].append(step)
            for known, keys in ((read, estimate.reads), (written, estimate.writes)):
                for key in keys:
                    known[key] = max(known.get(key, 0), wave + 1)
        return waves

    def first_wave(self, estimate: Estimate, read: Mapping[Key, int], written: Mapping[Key, int]) -> int:
        """The first wave in which all that the transaction conflicts with is done."""
        return max(
            # rule: waves.reader-waits-for-the-writer
            # source: Samestate: who reads what an earlier transaction writes is in a later wave
            max((written.get(key, 0) for key in (*estimate.reads, *estimate.writes)), default=0),
            # rule: waves.writer-waits-for-all
            # source: Samestate: who writes what an earlier transaction reads or writes is in a later wave
            max((read.get(key, 0) for key in estimate.writes), default=0),
        )

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
        # rule: waves.begins-when-the-last-is-executed
        # source: Samestate: a wave begins when every member of those before it is executed
        return not self.members and not self.running and bool(self.waves)

    def finish(self, step: int) -> None:
        """A member was executed."""
        self.point(FINISH_MEMBER, step)
        self.running -= 1

    def form(self) -> None:
        """Begin the next wave."""
        wave = self.waves.popleft()
        self.members.extend(wave)
        self.announce(tuple(wave))
