"""States of the EVM beside the specification's, in the compiled machine's own form, from block to block.

A state of the specification never changes. The compiled machine has one world and one trie that do: they stand at one
state at a time, and go along with a chain. Where a block is executed on another state, as fixtures that branch do, they
are made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from samestate.conformance.engines.optimized.plain import plain_state
from samestate.optimized.evm.trie import StateTrie, pack_account, pack_slot
from samestate.optimized.evm.world import World
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import BALANCE, CODE, EMPTY_ACCOUNT, NONCE, SLOT
from samestate.spec.evm.state import Account, FlatState
from samestate.spec.evm.state_trie import EMPTY_CODE_HASH
from samestate.spec.machine import Key, Value


class CompiledState(FlatState):
    """A whole state that a block has left, of which the root is known. All else is made where somebody asks for it."""

    __slots__ = ("_before", "_flat", "_known_root", "_what_changed")

    def __init__(
        self,
        before: FlatState,
        what_changed: Callable[[], tuple[Mapping[Key, Value], Iterable[bytes]]],
        root: bytes,
    ) -> None:
        self._before: FlatState | None = before
        self._what_changed = what_changed
        self._known_root = root
        self._flat: FlatState | None = None

    def flat(self) -> FlatState:
        """The state in the specification's own form."""
        behind: list[CompiledState] = []
        state: FlatState | None = self
        while isinstance(state, CompiledState) and state._flat is None:
            behind.append(state)
            state = state._before
        assert state is not None, "a state has its own form, or the one before it"
        flat = state._flat if isinstance(state, CompiledState) else state
        assert flat is not None
        for state in reversed(behind):
            flat = state._flat = FlatState.apply(flat, *state._what_changed())
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
    """The world and the trie of one engine, and the state of the specification's at which they stand."""

    def __init__(self) -> None:
        self._state: FlatState | None = None
        self._world = World()
        self._trie: StateTrie | None = None

    def world_at(self, state: FlatState) -> World:
        """The world that is this state."""
        if self._state is not state:
            self._world = World()
            self._world.apply(plain_state(state))
            self._trie = None
            self._state = state
        return self._world

    def root_of(self, state: FlatState) -> bytes:
        """The root of a state, by the compiled tries."""
        if isinstance(state, CompiledState):
            return state.root()
        self.world_at(state)
        if self._trie is None:
            self._trie = StateTrie()
            self._trie.update(*packed(plain_state(state), ()))
        return self._trie.root()

    def after(
        self, state: FlatState, what_changed: Callable[[], tuple[Mapping[Key, Value], Iterable[bytes]]]
    ) -> FlatState:
        """The state that a block has left that was executed on ``state``: from now on the world stands there."""
        self.root_of(state)
        self.world_at(state)
        changes, wipes = what_changed()
        self._world.apply(changes, wipes)
        assert self._trie is not None
        self._trie.update(*packed(changes, wipes))
        self._state = CompiledState(state, what_changed, self._trie.root())
        return self._state


def packed(changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Changes as the compiled tries take them in: those of accounts, and those of slots."""
    accounts = [pack_account(address, wiped=True) for address in wipes]
    slots = []
    for key, value in changes.items():
        part, address = key[0], key[1:21]
        number = int.from_bytes(value or b"")
        if part == SLOT:
            slots.append(pack_slot(address, int.from_bytes(key[21:]), number))
        elif part == BALANCE:
            accounts.append(pack_account(address, balance=number))
        elif part == NONCE:
            accounts.append(pack_account(address, nonce=number))
        elif part == CODE:
            accounts.append(pack_account(address, code_hash=keccak256(value) if value else EMPTY_CODE_HASH))
        elif part == EMPTY_ACCOUNT:
            accounts.append(pack_account(address, held=value == b"\x01"))
    return b"".join(accounts), b"".join(slots)
