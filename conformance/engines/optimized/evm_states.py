"""States of the EVM beside the specification's, in the compiled machine's own form, from block to block.

A state of the specification never changes. The compiled machine has a world that does, with its trie: it stands at one
state at a time, and goes along with a chain. Where a block is executed on another state, as fixtures that branch do, it
is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from samestate.conformance.engines.optimized.plain import plain_state
from samestate.optimized.evm.ledger import BlockLedger
from samestate.optimized.evm.world import World
from samestate.spec.evm.state import Account, FlatState
from samestate.spec.machine import Key, Value


class CompiledState(FlatState):
    """A whole state that a block has left, of which the root is known. All else is made where somebody asks for it."""

    __slots__ = ("_before", "_flat", "_known_root", "_ledger")

    def __init__(self, before: FlatState, ledger: BlockLedger) -> None:
        self._before: FlatState | None = before
        self._ledger = ledger
        self._known_root = ledger.root()
        self._flat: FlatState | None = None

    def follow(self) -> None:
        """Have the world that the block was executed on become this state."""
        self._ledger.apply()

    def flat(self) -> FlatState:
        """The state in the specification's own form."""
        behind: list[CompiledState] = []
        state: FlatState | None = self
        while isinstance(state, CompiledState) and state._flat is None:
            behind.append(state)
            state = state._before
        flat = state._flat if isinstance(state, CompiledState) else state
        assert flat is not None, "a state has its own form, or the one before it"
        for state in reversed(behind):
            flat = state._flat = FlatState.apply(flat, state._ledger.changes, state._ledger.wipes)
            state._before = None
        return flat

    @property
    def accounts(self) -> Mapping[bytes, Account]:  # type: ignore[override]
        """See :class:`FlatState`, here and below."""
        return self.flat().accounts

    @property
    def storage(self) -> Mapping[bytes, Mapping[int, int]]:  # type: ignore[override]
        return self.flat().storage

    @property
    def empty_accounts(self) -> frozenset[bytes]:  # type: ignore[override]
        return self.flat().empty_accounts

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> FlatState:
        return self.flat().apply(changes, wipes)

    def root(self) -> bytes:
        return self._known_root


class CompiledStates:
    """The world of one engine, and the state of the specification's at which it stands.

    A block's result speaks of the state before it. So the world follows a block when the next one is to be executed.
    """

    def __init__(self) -> None:
        self._world = World()
        self._state: FlatState | None = None
        self._next: CompiledState | None = None

    def world_at(self, state: FlatState) -> World:
        """The world that is this state."""
        if state is self._next:
            state.follow()
        elif state is not self._state:
            self._world = World()
            self._world.apply(plain_state(state))
        else:
            return self._world
        self._state, self._next = state, None
        return self._world

    def root_of(self, state: FlatState) -> bytes:
        """The root of a state, by the compiled tries."""
        return state.root() if isinstance(state, CompiledState) else self.world_at(state).root()

    def after(self, state: FlatState, ledger: BlockLedger) -> CompiledState:
        """The state after a block that was executed on ``state``, whose ledger this is."""
        after = CompiledState(state, ledger)
        if ledger.world is self._world:
            self._next = after
        return after
