"""A state in a store, as whoever executes blocks on it sees it: the compiled engine, and the specification.

A chain of blocks runs on it. The state after a block is one that may be committed; then the next block begins with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from samestate.optimized.evm.ledger import BlockLedger
from samestate.optimized.evm.stored import StoredWorld
from samestate.optimized.stores.description import Description
from samestate.spec.machine import Key, Value


class StoredState:
    """The state that a store has, or, with ``enter``, what a block has made of it. Implements :class:`State`.

    ``enter`` makes the block part of the world, if it is not yet.
    """

    def __init__(self, world: StoredWorld, root: bytes, enter: Callable[[], None] | None = None) -> None:
        self.world = world
        self._root = root
        self._enter = enter

    @property
    def is_committed(self) -> bool:
        """Whether it is what the store has, so that a block can be executed on it."""
        return self._enter is None

    def get(self, key: Key) -> Value:
        """See :class:`State`, here and below. Only of a state that was committed."""
        self._check()
        return self.world.get(key)

    def has_storage(self, address: bytes) -> bool:
        self._check()
        return self.world.has_storage(address)

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> StoredState:
        self._check()
        self.world.apply(changes, wipes)
        return StoredState(self.world, self.world.root(), lambda: None)

    def after(self, ledger: BlockLedger, workers: int = 1) -> StoredState:
        """The state after a block of the compiled engine, whose root so many threads compute."""
        return StoredState(self.world, ledger.root(workers), ledger.apply)

    def root(self) -> bytes:
        return self._root

    def commit(self, description: Description, waits: bool = True) -> None:
        """Write it to the store, in one transaction. Raises StoreError, after which the store is as it was.

        Unless it ``waits``, the store may still be writing; of that :meth:`StoredWorld.settle` tells, or the next
        commit.
        """
        if self._enter is not None:
            self._enter()
            self.world.commit(description.records(), waits=waits)
            self._enter = None

    def revert(self) -> None:
        """Let go of it: the block is not part of the chain."""
        self.world.revert()

    def _check(self) -> None:
        if self._enter is not None:
            raise ValueError("the state after a block is read once it is committed")
