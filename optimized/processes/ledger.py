"""The ledger of a block: what each key holds after the steps so far, and which steps made it so.

Steps are entered one at a time, in block order, after all of them have been executed: what a worker saw and did in some
order of its own becomes the access record here, and every rule about what counts as a write or a source is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from samestate.optimized.record import Read, Step

Value = bytes | None


class Effect(NamedTuple):
    """What a step did, as its view tells when it is over.

    ``reads``: the keys whose value from before the step was observed. ``wipes``: addresses whose storage vanished,
    before all that follows. ``sets``: what it gave keys, if that is known without the value before. ``credits``: what
    it added to keys, after ``sets`` where it set them too, observed or not.
    """

    reads: tuple[bytes, ...]
    sets: Mapping[bytes, Value]
    credits: Mapping[bytes, int]
    wipes: tuple[bytes, ...]
    touches: tuple[bytes, ...]


NOTHING = Effect((), {}, {}, (), ())
"""The effect of a step that did nothing."""


class Holding(NamedTuple):
    """What a key holds, and the steps that made it so: the last write or wipe, and the credits since.

    The list is the ledger's own and grows with each credit, of which a key may have thousands.
    """

    value: Value
    source: list[int]


class Ledger:
    """What the keys hold between two steps.

    ``base`` gives a key's value before the block, ``merge`` what a credit makes of a value, and ``storage_owner`` the
    address whose storage a key is a slot of, if it is one.
    """

    def __init__(
        self,
        base: Callable[[bytes], Value],
        merge: Callable[[bytes, Value, int], Value],
        storage_owner: Callable[[bytes], bytes | None],
    ) -> None:
        self._base = base
        self._merge = merge
        self._storage_owner = storage_owner
        self._changed: dict[bytes, Holding] = {}
        self._slots: dict[bytes, set[bytes]] = {}
        self._wiped: dict[bytes, int] = {}

    def holding(self, key: bytes) -> Holding:
        """What the key holds now. A wipe counts unless the key was changed since, or by the same step after it."""
        holding = self._changed.get(key)
        if holding is not None:
            return holding
        if self._wiped:
            owner = self._storage_owner(key)
            if owner in self._wiped:
                return Holding(None, [self._wiped[owner]])
        return Holding(self._base(key), [])

    def value(self, key: bytes) -> Value:
        """The value that the key has now."""
        return self.holding(key).value

    def changes(self) -> dict[bytes, Value]:
        """Each key written or credited (and not wiped since) with the value that it has now."""
        return {key: holding.value for key, holding in self._changed.items()}

    def wipes(self) -> tuple[bytes, ...]:
        """The addresses whose storage has vanished, sorted. :meth:`changes` holds what was written there since."""
        return tuple(sorted(self._wiped))

    def enter(self, step: int, effect: Effect) -> Step:
        """Make the step's effect part of the ledger, and give its record."""
        reads = {key: Read(*self._pair(key)) for key in effect.reads}
        self._wipe(step, effect.wipes)
        writes: dict[bytes, Value] = {}
        before: dict[bytes, Value] = {}
        credits: dict[bytes, int] = {}
        for key, value in effect.sets.items():
            held = self.value(key)
            if key in effect.credits:
                value = self._merge(key, value, effect.credits[key])
            if value != held:
                writes[key], before[key] = value, held
                self._change(key, Holding(value, [step]))
        for key, amount in effect.credits.items():
            if key in effect.sets:
                continue
            old = self.holding(key)
            value = self._merge(key, old.value, amount)
            if key in reads or (effect.wipes and self._storage_owner(key) in effect.wipes):
                if value != old.value:
                    writes[key], before[key] = value, old.value
                    self._change(key, Holding(value, [step]))
            else:
                credits[key] = amount
                old.source.append(step)
                self._change(key, Holding(value, old.source))
        return Step(step, reads, writes, before, credits, tuple(sorted(effect.wipes)), tuple(sorted(effect.touches)))

    def _pair(self, key: bytes) -> tuple[Value, tuple[int, ...]]:
        holding = self.holding(key)
        return holding.value, tuple(holding.source)

    def _change(self, key: bytes, holding: Holding) -> None:
        if key not in self._changed:
            owner = self._storage_owner(key)
            if owner is not None:
                self._slots.setdefault(owner, set()).add(key)
        self._changed[key] = holding

    def _wipe(self, step: int, addresses: Iterable[bytes]) -> None:
        for address in addresses:
            self._wiped[address] = step
            for key in self._slots.pop(address, ()):
                del self._changed[key]
