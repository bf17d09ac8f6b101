"""The view of a speculative step: what the step does, over versioned memory, kept to itself until it has ended."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from samestate.reference.explorer.points import Kind, Label, Point
from samestate.reference.memory import Effects, Observation, VersionedMemory
from samestate.spec.machine import Key, Value

READ = Label("read", Kind.LOOK)
READ_AGAIN = Label("read again", Kind.OWN)
SET = Label("set", Kind.OWN)
ADD = Label("add", Kind.OWN)
TOUCH = Label("touch", Kind.OWN)
WIPE = Label("wipe", Kind.OWN)
CHECKPOINT = Label("checkpoint", Kind.OWN)
ROLLBACK = Label("roll back", Kind.OWN)
HAS_STORAGE = Label("has storage", Kind.OWN)

NOT_THERE: Final[Hashable] = object()
"""Stands in the undo log for an entry that was not there."""


class SpeculativeView:
    """What one incarnation of a step reads and does. Implements :class:`samestate.spec.machine.View`.

    Nobody else sees anything of it before it is published. Each key is read from memory once, so that a step never
    sees one key with two values; two keys it may see as of different moments, which validation finds out.
    """

    def __init__(self, memory: VersionedMemory, step: int, point: Point) -> None:
        self.memory = memory
        self.step = step
        self.point = point
        self.reads: dict[Key, Observation] = {}
        self.writes: dict[Key, Value] = {}
        self.credits: dict[Key, int] = {}
        self.wipes: dict[bytes, None] = {}
        self.touches: dict[bytes, None] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []

    def get(self, key: Key) -> Value:
        """See :meth:`samestate.spec.machine.View.get`. Raises Blocked where the value is not known yet."""
        if key in self.writes:
            self.point(READ_AGAIN, key)
            value = self.writes[key]
        elif self.is_wiped(key):
            self.point(READ_AGAIN, key)
            value = None
        elif key in self.reads:
            self.point(READ_AGAIN, key)
            value = self.reads[key].value
        else:
            self.point(READ, key)
            value = self.observe(key)
        if key in self.credits:
            value = self.memory.codec.merge(key, value, self.credits[key])
        return value

    def observe(self, key: Key) -> Value:
        """Read the key from what earlier steps have published.

        Which versions were met is on record before the value is fetched, since fetching may fail too, and then it is
        those versions on which the failure rests.
        """
        chain = self.memory.look(key, self.step)
        # rule: block-stm.read.nothing-found-is-a-read
        # source: Block-STM, algorithm 3, execute: what comes from storage is in the read set, without a version
        self.reads[key] = Observation(None, chain)
        value = self.memory.value(key, chain)
        self.reads[key] = Observation(value, chain)
        return value

    def is_wiped(self, key: Key) -> bool:
        """Whether this step has wiped the storage that ``key`` is part of."""
        return bool(self.wipes) and self.memory.codec.storage_owner(key) in self.wipes

    def set(self, key: Key, value: Value) -> None:
        """See :meth:`samestate.spec.machine.View.set`."""
        self.point(SET, key)
        self._remember(self.writes, key)
        self.writes[key] = value
        if key in self.credits:
            self._remember(self.credits, key)
            del self.credits[key]

    def add(self, key: Key, amount: int) -> None:
        """See :meth:`samestate.spec.machine.View.add`."""
        self.point(ADD, key)
        self._remember(self.credits, key)
        self.credits[key] = self.credits.get(key, 0) + amount

    def touch(self, address: bytes) -> None:
        """See :meth:`samestate.spec.machine.View.touch`."""
        self.point(TOUCH, address)
        self.touches[address] = None

    def wipe(self, address: bytes) -> None:
        """See :meth:`samestate.spec.machine.View.wipe`."""
        self.point(WIPE, address)
        owner = self.memory.codec.storage_owner
        entries: dict[Key, Any]
        for entries in (self.writes, self.credits):
            for key in [key for key in entries if owner(key) == address]:
                self._remember(entries, key)
                del entries[key]
        self._remember(self.wipes, address)
        self.wipes[address] = None

    def checkpoint(self) -> int:
        """See :meth:`samestate.spec.machine.View.checkpoint`."""
        self.point(CHECKPOINT)
        return len(self._undo)

    def rollback(self, mark: int) -> None:
        """See :meth:`samestate.spec.machine.View.rollback`. Reads and touches stay: they did happen."""
        self.point(ROLLBACK)
        # rule: block-stm.frame.rolled-back
        # source: Samestate: a failed frame leaves nothing but what it has read and touched
        while len(self._undo) > mark:
            entries, key, previous = self._undo.pop()
            if previous is NOT_THERE:
                del entries[key]
            else:
                entries[key] = previous

    def has_storage(self, address: bytes) -> bool:
        """See :meth:`samestate.spec.machine.View.has_storage`."""
        self.point(HAS_STORAGE, address)
        return self.memory.state.has_storage(address)

    def effects(self) -> Effects:
        """What the step does to state. A credit to a key whose value the step knows is a write of the sum."""
        writes, credits = dict(self.writes), {}
        # rule: block-stm.credit.known-value-becomes-a-write
        # source: Samestate: a credit to a key that the step has set, wiped or read is a write of the sum
        for key, amount in self.credits.items():
            if key in writes:
                writes[key] = self.memory.codec.merge(key, writes[key], amount)
            elif self.is_wiped(key):
                writes[key] = self.memory.codec.merge(key, None, amount)
            elif key in self.reads:
                writes[key] = self.memory.codec.merge(key, self.reads[key].value, amount)
            else:
                credits[key] = amount
        return Effects(writes, credits, dict(self.wipes))

    def _remember(self, entries: dict[Any, Any], key: Any) -> None:
        self._undo.append((entries, key, entries.get(key, NOT_THERE)))
