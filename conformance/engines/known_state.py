"""What a block needs of a state that cannot be listed: a witness proves what is asked for, and says not what that is.

Its tries know accounts and slots by hashes alone. An engine that lays its state out before it begins, or gets it as a
document, is given the accounts and slots that the specification reads as it executes the block. That takes nothing
from what the engine has to find out: whatever else it reads is absent to it, and the header judges what it gives.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import SLOT, balance_key, code_key, empty_account_key, nonce_key, slot_key
from samestate.spec.evm.state import FlatState, MissingWitness, PartialState, WitnessState
from samestate.spec.machine import Key, Rejection, State, Value
from samestate.spec.transition import apply_block


def listed_state(machine: Any, block: Any, state: State) -> FlatState:
    """The state before a block of the EVM as far as it is known, or needed, as one that can be listed.

    Raises MissingWitness where a witness lacks what the block needs.
    """
    if isinstance(state, FlatState):
        return state
    if isinstance(state, PartialState):
        return state.known
    if not isinstance(state, WitnessState):
        raise TypeError(f"{type(state).__name__} cannot be listed")
    recorder = Recorder(state)
    with contextlib.suppress(Rejection):
        apply_block(machine, block, recorder)
    return recorder.seen()


class Recorder:
    """A state that remembers what is asked of it. Implements :class:`samestate.spec.machine.State`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._values: dict[Key, Value] = {}
        self._orphans: set[bytes] = set()

    def get(self, key: Key) -> Value:
        """See :class:`samestate.spec.machine.State`, here and below."""
        value = self._values[key] = self._state.get(key)
        return value

    def has_storage(self, address: bytes) -> bool:
        found = self._state.has_storage(address)
        if found:
            self._orphans.add(address)
        return found

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> Recorder:
        return Recorder(self._state.apply(changes, wipes))

    def root(self) -> bytes:
        return self._state.root()

    def seen(self) -> FlatState:
        """Every account of which something was asked, whole where its code is known, with the slots that were asked.

        Of storage of which only is known that it is there, a slot that nobody asks for stands for all.
        """
        values = dict(self._values)
        for address in {key[1:21] for key in self._values}:
            for make in (empty_account_key, nonce_key, balance_key, code_key):
                with contextlib.suppress(MissingWitness):
                    values[make(address)] = self._state.get(make(address))
        slots = {key[1:21] for key, value in values.items() if key[0] == SLOT and value is not None}
        for address in self._orphans - slots:
            values[slot_key(address, int.from_bytes(keccak256(address), "big"))] = b"\x01"
        present = {key: value for key, value in values.items() if value is not None}
        return FlatState({}, {}).apply(present, ())
