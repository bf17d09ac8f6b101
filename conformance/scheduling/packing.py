"""Packing: greedy by priority, with look-ahead.

Candidates are taken by what they pay for their share of the block. The block is written in entries, and an entry holds
no two that conflict: where the next candidate conflicts with the entry that is open, those behind it are looked at, so
many and no more, for one that does not. So an entry is as wide as the look-ahead allows, and nobody waits for long
behind cheaper ones: once nothing that is looked at fits the entry, the next entry begins with the dearest.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from samestate.conformance.scheduling.pending import BlockLimits, Pending, Priority, by_largest_share, conflicts
from samestate.spec.machine import Key

LOOK_AHEAD: Final = 64
"""How many candidates are looked at for one that fits the open entry, unless somebody wants another number."""

Place = tuple[Fraction, bytes, int]
"""Where a candidate stands: the negated priority, its name, its index."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What was chosen, by index: entries in order; and why each of the others was not."""

    entries: tuple[tuple[int, ...], ...]
    left_out: Mapping[int, str]

    @property
    def order(self) -> tuple[int, ...]:
        """The chosen candidates as they stand in the block."""
        return tuple(index for entry in self.entries for index in entry)


@dataclass(slots=True)
class Room:
    """What is left of the limits: of the block, and of each key that was written."""

    limits: BlockLimits
    used: dict[str, int] = field(default_factory=dict)
    of_key: dict[tuple[str, Key], int] = field(default_factory=dict)

    def lacks(self, candidate: Pending) -> str | None:
        """What there is too little of for the candidate, if there is. Room never grows."""
        for name, limit in self.limits.block.items():
            if self.used.get(name, 0) + candidate.use.get(name, 0) > limit:
                return f"no {name} left in the block"
        for name, limit in self.limits.key.items():
            wanted = candidate.use.get(name, 0)
            if any(self.of_key.get((name, key), 0) + wanted > limit for key in candidate.writes):
                return f"no {name} left for a key that it writes"
        return None

    def take(self, use: Mapping[str, int], writes: Iterable[Key]) -> None:
        """Count what a candidate uses."""
        for name in self.limits.block:
            self.used[name] = self.used.get(name, 0) + use.get(name, 0)
        for name in self.limits.key:
            for key in writes:
                self.of_key[name, key] = self.of_key.get((name, key), 0) + use.get(name, 0)


def pack(
    candidates: Sequence[Pending],
    room: Room,
    look_ahead: int = LOOK_AHEAD,
    *,
    priority: Priority = by_largest_share,
    placed: Iterable[int] = (),
    hopeless: Mapping[int, str] | None = None,
) -> Packed:
    """Choose candidates and put them in order, within the room, which is used up.

    ``placed`` are in the block already, ``hopeless`` may not be, and why. The result is a function of what the
    candidates are, not of the order in which they are given.
    """
    left_out = dict(hopeless or {})
    done = set(placed)
    followers: dict[int, list[int]] = {}
    waiting: list[Place] = []
    for index, candidate in enumerate(candidates):
        if index in done or index in left_out:
            continue
        if candidate.after is None or candidate.after in done:
            waiting.append(place_of(candidates, index, priority, room.limits))
        else:
            followers.setdefault(candidate.after, []).append(index)
    heapq.heapify(waiting)
    window: list[Place] = []
    entries: list[tuple[int, ...]] = []
    entry: list[int] = []
    reads: set[Key] = set()
    writes: set[Key] = set()
    while waiting or window:
        while waiting and (len(window) < look_ahead or waiting[0] < window[-1]):
            insort(window, heapq.heappop(waiting))
        while len(window) > look_ahead:
            heapq.heappush(waiting, window.pop())
        chosen = None
        for position, (_, _, index) in enumerate(window):
            if (lack := room.lacks(candidates[index])) is not None:
                left_out[index] = lack
                chosen = position
                break
            if len(entry) < room.limits.entry and not conflicts(reads, writes, candidates[index]):
                entry.append(index)
                chosen = position
                break
        if chosen is None:
            entries.append(tuple(entry))
            entry, reads, writes = [], set(), set()
            continue
        index = window.pop(chosen)[2]
        if index in left_out:
            continue
        room.take(candidates[index].use, candidates[index].writes)
        reads |= candidates[index].reads
        writes |= candidates[index].writes
        for follower in followers.pop(index, ()):
            heapq.heappush(waiting, place_of(candidates, follower, priority, room.limits))
    if entry:
        entries.append(tuple(entry))
    for index in sorted(index for those in followers.values() for index in those):
        left_out[index] = "what it has to come after is not in the block"
    return Packed(tuple(entries), left_out)


def place_of(candidates: Sequence[Pending], index: int, priority: Priority, limits: BlockLimits) -> Place:
    """Where a candidate stands: the dearest first, equals by name."""
    return -priority(candidates[index], limits), candidates[index].name, index
