"""Keys of Solana's machine as text: an account is one key."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.record import write_long_value
from samestate.spec.machine import Key, Value
from samestate.spec.svm.addresses import address, base58

WORD: Final = "account "


class SvmKeyText:
    """``account ADDRESS``, in the order of the bytes of the addresses."""

    def key(self, key: Key) -> str:
        """A key as text."""
        return WORD + base58(key)

    def parse_key(self, text: str) -> Key:
        """The key that a text names. Raises ValueError."""
        if not text.startswith(WORD):
            raise ValueError(f"{text!r} is no key")
        return address(text.removeprefix(WORD))

    def order(self, key: Key) -> tuple[bytes, int, bytes]:
        """By the bytes of the address."""
        return key, 0, b""

    def value(self, key: Key, value: Value) -> str:
        """The value of a key as text; a long one by its hash."""
        return write_long_value(value)

    def owner(self, key: Key) -> bytes | None:
        """An account is part of nothing."""
        return None


CODEC: Final = SvmKeyText()


def account_of(key: str) -> str:
    """The account that a key is."""
    return key.removeprefix(WORD)
