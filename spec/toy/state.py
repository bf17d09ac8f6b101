"""The state of the toy machine: a map of keys to values, and its commitment."""

# source: Samestate: vectors/FORMAT.md, "The toy machine", Roots

from __future__ import annotations

from collections.abc import Iterable, Mapping

from samestate.spec.machine import Key, Value
from samestate.spec.state.merkle import merkle_root
from samestate.spec.toy.keys import balance_key, check_address, nonce_key, slot_key
from samestate.spec.toy.signed.content import KEY_NUMBERS
from samestate.spec.toy.signed.registry import RegisteredKey, registered_key, to_registered
from samestate.spec.toy.word import BALANCE_MODULUS, UINT64_MODULUS, WORD_MODULUS, check_number, to_value


class ToyState:
    """A whole state. Implements :class:`samestate.spec.machine.State`; ``values`` has no absent ones."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[Key, bytes]) -> None:
        self.values = values

    def get(self, key: Key) -> Value:
        """See :meth:`samestate.spec.machine.State.get`."""
        return self.values.get(key)

    def has_storage(self, address: bytes) -> bool:
        """No slot belongs to an address."""
        return False

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> ToyState:
        """See :meth:`samestate.spec.machine.State.apply`. There are no wipes."""
        values = {**self.values, **changes}
        return ToyState({key: value for key, value in values.items() if value is not None})

    def root(self) -> bytes:
        """The Merkle root of all keys and values (:mod:`samestate.spec.state.merkle`)."""
        # rule: toy.state.root
        return merkle_root(self.values)


def toy_state(
    balances: Mapping[bytes, int] | None = None,
    nonces: Mapping[bytes, int] | None = None,
    slots: Mapping[int, int] | None = None,
    registered: Mapping[tuple[bytes, int], RegisteredKey] | None = None,
) -> ToyState:
    """A state from numbers, and keys by account and number under the ruleset `signed`.

    Raises ValueError where a number does not fit: balances have 128 bits, nonces 64, slots 256, numbers of keys 8.
    """
    values: dict[Key, Value] = {}
    for address, balance in (balances or {}).items():
        check_address("balance", address)
        check_number("balance", balance, BALANCE_MODULUS)
        values[balance_key(address)] = to_value(balance)
    for address, nonce in (nonces or {}).items():
        check_address("nonce", address)
        check_number("nonce", nonce, UINT64_MODULUS)
        values[nonce_key(address)] = to_value(nonce)
    for slot, value in (slots or {}).items():
        check_number("slot", slot, WORD_MODULUS)
        check_number(f"slot {slot}", value, WORD_MODULUS)
        values[slot_key(slot)] = to_value(value)
    for (address, number), entry in (registered or {}).items():
        check_address("registered key", address)
        check_number("number of a registered key", number, KEY_NUMBERS)
        values[registered_key(address, number)] = to_registered(entry)
    return ToyState({key: value for key, value in values.items() if value is not None})
