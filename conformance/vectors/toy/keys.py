"""Keys of the toy machine as text."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.record import write_long_value, write_value
from samestate.spec.machine import Key, Value
from samestate.spec.toy.keys import BALANCE, NONCE, SLOT, check_address, slot_key
from samestate.spec.toy.signed.content import KEY_NUMBERS
from samestate.spec.toy.signed.registry import REGISTERED, registered_key
from samestate.spec.toy.word import WORD_MODULUS, check_number


class ToyKeyText:
    """``balance 0x…``, ``nonce 0x…``, ``slot 0x…``, ``key 0x… N``. In the order of their bytes, which is this one."""

    def key(self, key: Key) -> str:
        """A key as text."""
        part, rest = key[:1], key[1:]
        if part == SLOT:
            return f"slot {int.from_bytes(rest, 'big'):#x}"
        if part == REGISTERED:
            return f"key 0x{rest[:-1].hex()} {rest[-1]}"
        return f"{'balance' if part == BALANCE else 'nonce'} 0x{rest.hex()}"

    def parse_key(self, text: str) -> Key:
        """The key that a text names. Raises ValueError."""
        word, _, rest = text.partition(" ")
        if word not in ("balance", "nonce", "slot", "key"):
            raise ValueError(f"{text!r} is no key")
        if word == "slot":
            slot = int(rest, 16)
            check_number("slot", slot, WORD_MODULUS)
            key = slot_key(slot)
        elif word == "key":
            account, _, written = rest.partition(" ")
            address, number = bytes.fromhex(account[2:]), int(written)
            check_address(word, address)
            check_number("number of a key", number, KEY_NUMBERS)
            key = registered_key(address, number)
        else:
            address = bytes.fromhex(rest[2:])
            check_address(word, address)
            key = (BALANCE if word == "balance" else NONCE) + address
        if self.key(key) != text:
            raise ValueError(f"{text!r} is not how the key is written: must be {self.key(key)!r}")
        return key

    def order(self, key: Key) -> tuple[bytes, int, bytes]:
        """By the bytes of the key."""
        return key, 0, b""

    def value(self, key: Key, value: Value) -> str:
        """The value of a key as text; a long one, which only a registered key is, by its hash."""
        return write_long_value(value) if key[:1] == REGISTERED else write_value(value)

    def owner(self, key: Key) -> bytes | None:
        """No slot belongs to an address."""
        return None


CODEC: Final = ToyKeyText()


def account_of(key: str) -> str:
    """The account that a key is part of, for records that go no deeper. A slot stands for itself."""
    return key if key.startswith("slot ") else key.split(" ")[1]
