"""The view of one step of a machine written in Python, over whatever gives the values from before the step.

Sets, credits and wipes stay in the view until the step is over. A journal of what each of them replaced lets a rollback
undo them in reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, Final, NamedTuple

from samestate.optimized.processes.ledger import Effect, Value

_ABSENT: Final = object()
"""What a journal entry says of a key that was not in the dictionary."""


class Suspended(BaseException):
    """The value is not known yet, because an earlier step that is to write it is being executed again.

    Not an Exception, so that no machine takes it for an error of its own. A machine that catches it all the same
    changes nothing: the view remembers.
    """


class Stopped(BaseException):
    """The run is to end: its time or memory is used up, or it was interrupted. As little to be caught as Suspended."""


class Publication(NamedTuple):
    """What other steps see of one before its turn. ``unmerged``: why a credit could not be merged, if one could not."""

    writes: dict[bytes, Value]
    credits: dict[bytes, int]
    unmerged: Exception | None


class StepView:
    """What one execution of a step sees, and what it did so far.

    ``observe`` gives the value of a key from before the step; it is asked once for each key. ``storage_owner`` and
    ``merge`` are the machine's. ``storage`` holds the addresses that had storage before the block.
    """

    __slots__ = (
        "_credits",
        "_journal",
        "_merge",
        "_observe",
        "_owner",
        "_sets",
        "_storage",
        "_touches",
        "_wiped",
        "reads",
    )

    def __init__(
        self,
        observe: Callable[[bytes], Value],
        storage_owner: Callable[[bytes], bytes | None],
        merge: Callable[[bytes, Value, int], Value],
        storage: Container[bytes],
    ) -> None:
        self._observe = observe
        self._owner = storage_owner
        self._merge = merge
        self._storage = storage
        self._sets: dict[bytes, Value] = {}
        self._credits: dict[bytes, int] = {}
        self._wiped: dict[bytes, bool] = {}
        self._touches: dict[bytes, bool] = {}
        self._journal: list[tuple[dict[bytes, Any], bytes, Any]] = []
        self.reads: dict[bytes, Value] = {}

    def get(self, key: bytes) -> Value:
        """The value of ``key`` as this step sees it. Counts as a read unless the step itself set or wiped it."""
        if key in self._sets:
            value = self._sets[key]
        elif self._is_wiped(key):
            value = None
        elif key in self.reads:
            value = self.reads[key]
        else:
            value = self.reads[key] = self._observe(_bytes(key, "key"))
        amount = self._credits.get(key)
        return value if amount is None else self._merge(key, value, amount)

    def set(self, key: bytes, value: Value) -> None:
        """Give ``key`` a value, or None to make it absent. What the step had credited to it is gone."""
        if value is not None:
            _bytes(value, "value")
        self._put(self._sets, _bytes(key, "key"), value)
        if key in self._credits:
            self._drop(self._credits, key)

    def add(self, key: bytes, amount: int) -> None:
        """Credit ``key`` with a positive amount. Merged only where it is read, and when the step is entered."""
        _positive(amount)
        self._put(self._credits, _bytes(key, "key"), self._credits.get(key, 0) + amount)

    def touch(self, address: bytes) -> None:
        """Record that ``address`` was accessed although no value of it mattered."""
        self._touches[_bytes(address, "address")] = True

    def wipe(self, address: bytes) -> None:
        """Make every storage slot of ``address`` absent, those that this step set or credited included."""
        self._put(self._wiped, _bytes(address, "address"), True)
        pending: dict[bytes, Any]
        for pending in (self._sets, self._credits):
            for key in [key for key in pending if self._owner(key) == address]:
                self._drop(pending, key)

    def checkpoint(self) -> int:
        """A mark to which :meth:`rollback` can return."""
        return len(self._journal)

    def rollback(self, mark: int) -> None:
        """Undo the sets, credits and wipes made since ``mark``. Reads and touches stay."""
        if mark < 0:
            raise ValueError(f"no checkpoint was {mark}")
        # rule: block-stm.frame.rolled-back
        while len(self._journal) > mark:
            dictionary, key, value = self._journal.pop()
            if value is _ABSENT:
                del dictionary[key]
            else:
                dictionary[key] = value

    def has_storage(self, address: bytes) -> bool:
        """Whether the address had storage before the block."""
        return address in self._storage

    def effect(self) -> Effect:
        """What the step did."""
        return Effect(tuple(self.reads), self._sets, self._credits, tuple(self._wiped), tuple(self._touches))

    def publication(self) -> Publication:
        """What later steps need to know: values by key, and sums credited to keys of which no value is known.

        What was observed and is left as it was is not among them: whoever reads it finds what this step found. Nor is
        a value that cannot be merged: nobody comes to use it, since the block ends when the step is entered.
        """
        writes = dict(self._sets)
        credits: dict[bytes, int] = {}
        unmerged: Exception | None = None
        # rule: block-stm.credit.known-value-becomes-a-write
        for key, amount in self._credits.items():
            wiped = self._is_wiped(key)
            if key not in writes and not wiped and key not in self.reads:
                credits[key] = amount
                continue
            try:
                writes[key] = self._merge(key, writes.get(key) if wiped or key in writes else self.reads[key], amount)
            except Exception as error:
                writes.pop(key, None)
                unmerged = error
        for key in [key for key in writes if key in self.reads]:
            if writes[key] == self.reads[key] and not self._is_wiped(key):
                del writes[key]
        return Publication(writes, credits, unmerged)

    def _is_wiped(self, key: bytes) -> bool:
        """Whether the step itself has wiped the storage that the key is of. An address is never None."""
        return bool(self._wiped) and self._owner(key) in self._wiped

    def _put(self, dictionary: dict[bytes, Any], key: bytes, value: object) -> None:
        self._journal.append((dictionary, key, dictionary.get(key, _ABSENT)))
        dictionary[key] = value

    def _drop(self, dictionary: dict[bytes, Any], key: bytes) -> None:
        self._journal.append((dictionary, key, dictionary.pop(key)))


# Here a machine's mistakes come in.


def _positive(amount: object) -> None:
    if not isinstance(amount, int) or amount <= 0:
        raise TypeError(f"a credit is to be a positive number, not {amount!r}")


def _bytes(thing: object, what: str) -> bytes:
    """The thing itself, if it is bytes."""
    if not isinstance(thing, bytes):
        raise TypeError(f"a {what} is to be bytes, not {type(thing).__name__}")
    return thing
