"""Registered keys in the state: where they stand, how they are written, and the address that a first key makes."""

# source: Samestate: vectors/FORMAT.md, "Signatures"

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from Crypto.Hash import keccak

from samestate.spec.machine import Key, Value
from samestate.spec.toy.keys import ADDRESS_BYTES
from samestate.spec.toy.signed.schemes import KEY_BYTES, Scheme

REGISTERED: Final = b"\x04"
FIRST: Final = 0
"""The number of the key that an account begins with, and that its address is made from."""


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A public key and its scheme, as the state has them."""

    scheme: Scheme
    public_key: bytes

    def __post_init__(self) -> None:
        """Raise ValueError where the key is not of its scheme's length: the rules let none such in."""
        if len(self.public_key) != KEY_BYTES[self.scheme]:
            raise ValueError(
                f"a key of {self.scheme.name} has {KEY_BYTES[self.scheme]} bytes, not {len(self.public_key)}"
            )


def registered_key(account: bytes, number: int) -> Key:
    """The key of the state under which an account's public key of that number stands."""
    return REGISTERED + account + bytes([number])


def to_registered(entry: RegisteredKey) -> bytes:
    """The canonical bytes of a registered key: the byte of its scheme, then the public key."""
    # rule: toy.signed.registry.encoding
    return bytes([entry.scheme.value]) + entry.public_key


def from_registered(value: Value) -> RegisteredKey | None:
    """The registered key of these canonical bytes, or None where there is none."""
    return None if value is None else RegisteredKey(Scheme(value[0]), value[1:])


def address_of(scheme: Scheme, public_key: bytes) -> bytes:
    """The address of the account whose first key this is: the last bytes of the digest of its canonical bytes."""
    # rule: toy.signed.registry.address
    digest = keccak.new(digest_bits=256, data=bytes([scheme.value]) + public_key).digest()
    return digest[-ADDRESS_BYTES:]
