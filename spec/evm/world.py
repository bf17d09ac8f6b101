"""Accounts and storage in the EVM's own terms, on top of a view."""

# source: EIP-161, specification

from __future__ import annotations

from samestate.spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import Rejection, Value, View

BALANCE_LIMIT = 2**256

NONCE_LIMIT = 2**64 - 1
"""The last nonce: it has no successor, so its account sends and creates nothing more (EIP-2681)."""


def to_value(number: int) -> bytes | None:
    """The canonical bytes of a number in state: big-endian without leading zeros; zero is absent."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big") if number else None


def add_to_value(value: Value, amount: int) -> Value:
    """The canonical bytes of the number in ``value`` plus ``amount``.

    Raises Rejection where that is no 256-bit number: only a state that was made up holds so much.
    """
    total = int.from_bytes(value or b"", "big") + amount
    if total >= BALANCE_LIMIT:
        # rule: evm.state.balance-overflow
        # source: yellow paper, section 4.1: balances are below 2^256
        raise Rejection(Invalid.BALANCE_OVERFLOW)
    return to_value(total)


class World:
    """Typed access to accounts. Adds no state of its own."""

    __slots__ = ("view",)

    def __init__(self, view: View) -> None:
        self.view = view

    def balance(self, address: bytes) -> int:
        """The balance of ``address`` in wei."""
        return int.from_bytes(self.view.get(balance_key(address)) or b"", "big")

    def set_balance(self, address: bytes, balance: int) -> None:
        """Give ``address`` a balance in wei, after its balance was observed."""
        self.view.set(balance_key(address), to_value(balance))

    def credit(self, address: bytes, amount: int) -> None:
        """Add ``amount`` wei, which is not zero, to what ``address`` has, unobserved."""
        self.view.add(balance_key(address), amount)

    def nonce(self, address: bytes) -> int:
        """The nonce of ``address``."""
        return int.from_bytes(self.view.get(nonce_key(address)) or b"", "big")

    def set_nonce(self, address: bytes, nonce: int) -> None:
        """Give ``address`` a nonce."""
        self.view.set(nonce_key(address), to_value(nonce))

    def code(self, address: bytes) -> bytes:
        """The code of ``address``, a delegation designator included."""
        return self.view.get(code_key(address)) or b""

    def set_code(self, address: bytes, code: bytes) -> None:
        """Give ``address`` code."""
        self.view.set(code_key(address), code or None)

    def slot(self, address: bytes, slot: int) -> int:
        """What the storage of ``address`` holds at ``slot``."""
        return int.from_bytes(self.view.get(slot_key(address, slot)) or b"", "big")

    def set_slot(self, address: bytes, slot: int, value: int) -> None:
        """Store ``value`` at ``slot`` of ``address``."""
        self.view.set(slot_key(address, slot), to_value(value))

    def is_empty(self, address: bytes) -> bool:
        """Whether ``address`` has neither code nor nonce nor balance (EIP-161).

        Observes the code, then the nonce only if there is no code, then the balance only if the nonce is zero.
        """
        # rule: evm.state.emptiness
        get = self.view.get
        return not get(code_key(address)) and not get(nonce_key(address)) and not get(balance_key(address))

    def exists(self, address: bytes) -> bool:
        """Whether the state holds an account at ``address``, be it an empty one.

        Observes what emptiness does; then, of an empty account, whether it is in the state all the same.
        """
        # rule: evm.state.existence
        # source: docs/decisions/0003: what the state holds, an empty account too
        return not self.is_empty(address) or self.view.get(empty_account_key(address)) is not None

    def holds_storage(self, address: bytes) -> bool:
        """Whether ``address`` had storage, but neither nonce nor code, before the block, and it was not cleared since.

        Observes something only where there was such storage, which is constant within a block.
        """
        return self.view.has_storage(address) and self.view.get(empty_account_key(address)) is not None

    def forget_account(self, address: bytes) -> None:
        """Take everything but storage from ``address``."""
        self.view.set(nonce_key(address), None)
        self.view.set(balance_key(address), None)
        self.view.set(code_key(address), None)
        self.view.set(empty_account_key(address), None)
