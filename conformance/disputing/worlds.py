"""The state in the middle of a transaction: its root, and the view of a step that begins there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from samestate.conformance.disputing.substates import ENTRY
from samestate.spec.machine import Codec, Key, State, Value
from samestate.spec.view import ABSENT_FROM_LOG, Ledger, StepView


class DisputedView(StepView):
    """A view that knows the state before the block, which alone says where there is storage alone (EIP-7610).

    ``entry`` is the state to which the failure of a frame leads that began before this view did.
    """

    __slots__ = ("block_before", "entry", "ledger", "memo")

    def __init__(self, codec: Codec, before: State, block_before: State, entry: State | None = None) -> None:
        self.ledger = Ledger(codec, before)
        super().__init__(self.ledger)
        self.block_before = block_before
        self.entry = entry
        self.memo: tuple[object, bytes] | None = None

    def has_storage(self, address: bytes) -> bool:
        """See :meth:`samestate.spec.machine.View.has_storage`."""
        return self.block_before.has_storage(address)

    def rollback(self, mark: int) -> None:
        """See :meth:`samestate.spec.machine.View.rollback`."""
        if mark != ENTRY:
            super().rollback(mark)
            return
        assert self.entry is not None
        self.ledger = Ledger(self.ledger.codec, self.entry)
        super().__init__(self.ledger)
        self.memo = None

    def root(self) -> bytes:
        """The root of the state as it is now."""
        now = (dict(self.writes), dict(self.credits), tuple(self.wipes))
        if self.memo is None or self.memo[0] != now:
            self.memo = now, self.after(*now).root()
        return self.memo[1]

    def root_at(self, mark: int) -> bytes:
        """The root of the state as it would be once taken back to a mark."""
        return self.state_at(mark).root()

    def state_at(self, mark: int) -> State:
        """The state as it would be once taken back to a mark."""
        copies: dict[int, dict[Any, Any]] = {
            id(entries): dict(entries) for entries in (self.writes, self.credits, self.wipes)
        }
        for changed, key, previous in reversed(self._undo[mark:]):
            copy = copies[id(changed)]
            if previous is ABSENT_FROM_LOG:
                copy.pop(key, None)
            else:
                copy[key] = previous
        writes, credits, wipes = (copies[id(entries)] for entries in (self.writes, self.credits, self.wipes))
        return self.after(writes, credits, wipes)

    def after(self, writes: dict[Key, Value], credits: dict[Key, int], wipes: Iterable[bytes]) -> State:
        """The state that these effects make of the one before."""
        codec, wiped = self.ledger.codec, frozenset(wipes)
        changes = dict(writes)
        for key, amount in credits.items():
            old = writes[key] if key in writes else self.ledger.before.get(key)
            changes[key] = codec.merge(key, old, amount)
        return self.ledger.before.apply(changes, wiped)
