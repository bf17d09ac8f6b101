"""The view of the state transition: steps one after another over a ledger, every access on record."""

# source: Samestate: vectors/FORMAT.md, "The access record"

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from samestate.spec.access import Read, StepAccess
from samestate.spec.machine import Codec, Key, State, Value

ABSENT_FROM_LOG: Final[Hashable] = object()
"""Stands in the undo log for an entry that was not there."""


class Ledger:
    """The state as the committed steps of a block have left it, and which step each value comes from."""

    def __init__(self, codec: Codec, before: State) -> None:
        self.codec = codec
        self.before = before
        self.values: dict[Key, Value] = {}
        self.sources: dict[Key, tuple[int, ...]] = {}
        self.wiped: dict[bytes, int] = {}

    def value(self, key: Key) -> Value:
        """The value of ``key`` after the last committed step."""
        if key in self.values:
            return self.values[key]
        if self.wiped and self.codec.storage_owner(key) in self.wiped:
            return None
        return self.before.get(key)

    def source(self, key: Key) -> tuple[int, ...]:
        """The committed steps that made the value of ``key`` what it is: the last write or wipe, and credits since.

        Empty where the value is the one from before the block.
        """
        # rule: frame.read.source
        source = self.sources.get(key)
        if source is not None:
            return source
        owner = self.codec.storage_owner(key) if self.wiped else None
        return (self.wiped[owner],) if owner is not None and owner in self.wiped else ()

    def commit(self, step: int, view: StepView) -> StepAccess:
        """Make the effects of ``view`` those of ``step``, and give its access record."""
        for address in view.wipes:
            self._wipe(step, address)
        written: dict[Key, Value] = {}
        before: dict[Key, Value] = {}
        credited: dict[Key, int] = {}
        for key, value in view.writes.items():
            old = self.value(key)
            if key in view.credits:
                value = self.codec.merge(key, value, view.credits[key])
            # rule: frame.write.changes-value
            if value != old:
                written[key], before[key] = value, old
        for key, amount in view.credits.items():
            if key in view.writes:
                continue
            old = self.value(key)
            value = self.codec.merge(key, old, amount)
            # rule: frame.credit.observed-is-write
            if key in view.reads or self.codec.storage_owner(key) in view.wipes:
                written[key], before[key] = value, old
            else:
                credited[key] = amount
                self.sources[key] = (*self.source(key), step)
                self.values[key] = value
        for key, value in written.items():
            self.sources[key] = (step,)
            self.values[key] = value
        return StepAccess(
            step=step,
            reads=view.reads,
            writes=written,
            before=before,
            credits=credited,
            wipes=tuple(sorted(view.wipes)),
            touches=tuple(sorted(view.touches)),
        )

    def _wipe(self, step: int, address: bytes) -> None:
        # rule: frame.wipe.source-of-every-slot
        self.wiped[address] = step
        for key in [key for key in self.values if self.codec.storage_owner(key) == address]:
            del self.values[key]
            self.sources.pop(key, None)


class StepView:
    """What one step reads and writes, on top of a ledger. Implements :class:`samestate.spec.machine.View`."""

    __slots__ = ("_ledger", "_undo", "credits", "reads", "touches", "wipes", "writes")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self.reads: dict[Key, Read] = {}
        self.writes: dict[Key, Value] = {}
        self.credits: dict[Key, int] = {}
        self.wipes: dict[bytes, None] = {}
        self.touches: set[bytes] = set()

    def get(self, key: Key) -> Value:
        """See :meth:`samestate.spec.machine.View.get`."""
        if key in self.writes:
            value = self.writes[key]
        elif self.wipes and self._ledger.codec.storage_owner(key) in self.wipes:
            value = None
        elif key in self.reads:
            value = self.reads[key].value
        else:
            # rule: frame.read.observes-value-from-before-the-step
            value = self._ledger.value(key)
            self.reads[key] = Read(value, self._ledger.source(key))
        if key in self.credits:
            value = self._ledger.codec.merge(key, value, self.credits[key])
        return value

    def set(self, key: Key, value: Value) -> None:
        """See :meth:`samestate.spec.machine.View.set`."""
        self._undo.append((self.writes, key, self.writes.get(key, ABSENT_FROM_LOG)))
        self.writes[key] = value
        if key in self.credits:
            self._undo.append((self.credits, key, self.credits.pop(key)))

    def add(self, key: Key, amount: int) -> None:
        """See :meth:`samestate.spec.machine.View.add`."""
        self._undo.append((self.credits, key, self.credits.get(key, ABSENT_FROM_LOG)))
        self.credits[key] = self.credits.get(key, 0) + amount

    def touch(self, address: bytes) -> None:
        """See :meth:`samestate.spec.machine.View.touch`."""
        self.touches.add(address)

    def wipe(self, address: bytes) -> None:
        """See :meth:`samestate.spec.machine.View.wipe`."""
        owner = self._ledger.codec.storage_owner
        entries: dict[Key, Any]
        for entries in (self.writes, self.credits):
            for key in [key for key in entries if owner(key) == address]:
                self._undo.append((entries, key, entries.pop(key)))
        self._undo.append((self.wipes, address, self.wipes.get(address, ABSENT_FROM_LOG)))
        self.wipes[address] = None

    def checkpoint(self) -> int:
        """See :meth:`samestate.spec.machine.View.checkpoint`."""
        return len(self._undo)

    def rollback(self, mark: int) -> None:
        """See :meth:`samestate.spec.machine.View.rollback`."""
        undo = self._undo
        while len(undo) > mark:
            entries, key, previous = undo.pop()
            if previous is ABSENT_FROM_LOG:
                del entries[key]
            else:
                entries[key] = previous

    def has_storage(self, address: bytes) -> bool:
        """See :meth:`samestate.spec.machine.View.has_storage`."""
        return self._ledger.before.has_storage(address)
