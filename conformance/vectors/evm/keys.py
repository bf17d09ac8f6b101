"""Keys of the EVM as text."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.record import write_value
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import CODE, SLOT, parse, storage_owner
from samestate.spec.machine import Key, Value

_WORDS: Final = {"empty account": "empty", "balance": "balance", "nonce": "nonce", "code": "code", "slot": "slot"}


_FIRST_BYTES: Final = {word: bytes([number]) for number, word in enumerate(_WORDS.values())}


class EvmKeyText:
    """``balance 0x…``, ``nonce 0x…``, ``code 0x…``, ``slot 0x… 0x…``, ``empty 0x…``. Code is written as its hash."""

    def key(self, key: Key) -> str:
        """A key as text."""
        parsed = parse(key)
        words = [_WORDS[parsed.part], f"0x{parsed.address.hex()}"]
        return " ".join(words if parsed.slot is None else [*words, hex(parsed.slot)])

    def parse_key(self, text: str) -> Key:
        """The key that a text names. Raises ValueError."""
        word, _, rest = text.partition(" ")
        address, _, slot = rest.partition(" ")
        if word not in _FIRST_BYTES or (word == "slot") != bool(slot):
            raise ValueError(f"{text!r} is no key")
        key = _FIRST_BYTES[word] + bytes.fromhex(address[2:])
        if slot:
            key += int(slot, 16).to_bytes(32, "big")
        if self.key(key) != text:
            raise ValueError(f"{text!r} is not how the key is written: must be {self.key(key)!r}")
        return key

    def order(self, key: Key) -> tuple[bytes, int, bytes]:
        """By account, then as the parts come in its life."""
        return key[1:21], key[0], key[21:]

    def value(self, key: Key, value: Value) -> str:
        """The value of a key as text."""
        if key[0] == CODE and value is not None:
            return write_value(keccak256(value))
        return write_value(value)

    def owner(self, key: Key) -> bytes | None:
        """The address in a slot's key."""
        return storage_owner(key) if key[0] == SLOT else None


CODEC: Final = EvmKeyText()


def account_of(key: str) -> str:
    """The account that a key is part of, for records that go no deeper."""
    return key.split(" ")[1]
