"""States of the EVM beside the specification's, in the compiled machine's own form, from block to block.

A state of the specification never changes. The compiled machine has a world that does, with its trie: it stands at one
state at a time, and goes along with a chain. Where a block is executed on another state, as fixtures that branch do, it
is made anew. A state of which a witness proves a part is read from the witness as the block asks for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from weakref import WeakSet

from samestate.conformance.engines.optimized.stored_state import StoredState
from samestate.optimized.errors import MissingState
from samestate.optimized.evm.ledger import BlockLedger
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.trie import MalformedNode as PlainMalformedNode
from samestate.optimized.evm.trie import MissingNode
from samestate.optimized.evm.witness import WitnessWorld
from samestate.optimized.evm.world import World
from samestate.spec.evm.state import Account, FlatState, MissingCode, MissingWitness, PartialState, WitnessState
from samestate.spec.machine import Key, State, Value
from samestate.spec.state.patricia import MalformedNode

CODES_KEPT: Final = 1024
"""With how many codes a world is used for another state: most states of fixtures have the same few."""


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


class CompiledWitnessState:
    """What a block has left of a state that a witness proves; its root is known. Implements :class:`State`."""

    def __init__(self, before: WitnessState, ledger: BlockLedger) -> None:
        self._before = before
        self._ledger = ledger
        with lacking_as_specified():
            self._root = ledger.root()

    def whole(self) -> WitnessState:
        """The state in the specification's own form."""
        return self._before.apply(self._ledger.changes, self._ledger.wipes)

    def get(self, key: Key) -> Value:
        """See :class:`State`, here and below."""
        return self.whole().get(key)

    def has_storage(self, address: bytes) -> bool:
        return self.whole().has_storage(address)

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> WitnessState:
        return self.whole().apply(changes, wipes)

    def root(self) -> bytes:
        return self._root


@contextlib.contextmanager
def lacking_as_specified() -> Iterator[None]:
    """Whatever a witness lacks, or has in a form that is none, is told as the specification tells it."""
    try:
        yield
    except MissingState as error:
        raise specified(error.__cause__, error.missing) from error
    except (MissingNode, PlainMalformedNode) as error:
        raise specified(error, str(error)) from error


def specified(problem: BaseException | None, message: str) -> MissingWitness | MalformedNode:
    """What the specification raises where the compiled code has this problem."""
    if isinstance(problem, PlainMalformedNode):
        return MalformedNode(message)
    is_code = isinstance(problem, MissingNode) and message.startswith("code ")
    return MissingCode(message) if is_code else MissingWitness(message)


def world_of(state: FlatState, world: World | None = None) -> World:
    """A state as the compiled machine takes it. ``world``: one that holds no account, to be used for it."""
    world = world or World()
    for address, account in state.accounts.items():
        world.put(address, account.nonce, account.balance, account.code, state.storage.get(address, {}))
    for address in state.storage.keys() - state.accounts.keys():
        world.put(address, 0, 0, b"", state.storage[address])
    for address in state.empty_accounts:
        world.put(address, 0, 0, b"", {})
    return world


class CompiledStates:
    """The world of one engine, and the state of the specification's at which it stands.

    A block's result speaks of the state before it. So the world follows a block when the next one is to be executed.
    The root of a state in a store is computed by as many ``workers`` as execute.
    """

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._world = World()
        self._state: FlatState | None = None
        self._next: CompiledState | None = None
        self._lent: WeakSet[EvmResult] = WeakSet()

    def lend(self, result: EvmResult) -> None:
        """A result speaks of the world as it is: the world stays so as long as anybody has the result."""
        self._lent.add(result)

    def world_of(self, state: State) -> World | None:
        """The world that is a state, whole or in part; None where there is no other way than to list it."""
        if isinstance(state, FlatState):
            return self.world_at(state)
        if isinstance(state, StoredState):
            return state.world
        if isinstance(state, PartialState):
            return world_of(state.known)
        if isinstance(state, WitnessState) and state.proof is not None:
            return WitnessWorld(*state.proof)
        return None

    def world_at(self, state: FlatState) -> World:
        """The world that is this state."""
        if state is self._state:
            return self._world
        if self._lent or self._world.code_count() > CODES_KEPT:
            self._world, self._lent, self._next = World(), WeakSet(), None
        if state is self._next:
            state.follow()
        else:
            self._world.clear()
            world_of(state, self._world)
        self._state, self._next = state, None
        return self._world

    def root_of(self, state: FlatState) -> bytes:
        """The root of a state, by the compiled tries."""
        return state.root() if isinstance(state, CompiledState) else self.world_at(state).root()

    def after(self, state: State, ledger: BlockLedger) -> Any:
        """The state after a block that was executed on ``state``, whose ledger this is."""
        if isinstance(state, StoredState):
            return state.after(ledger, self._workers)
        if isinstance(state, WitnessState):
            return CompiledWitnessState(state, ledger)
        if not isinstance(state, FlatState):
            return state.apply(ledger.changes, ledger.wipes)
        after = CompiledState(state, ledger)
        if ledger.world is self._world:
            self._next = after
        return after
