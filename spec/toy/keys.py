"""The keys of the toy machine's state: the balance and the nonce of an address, and storage slots, which all share."""

from __future__ import annotations

from typing import Final

from samestate.spec.machine import Key
from samestate.spec.toy.word import WORD_BYTES

ADDRESS_BYTES: Final = 20
BALANCE: Final = b"\x01"
NONCE: Final = b"\x02"
SLOT: Final = b"\x03"


def balance_key(address: bytes) -> Key:
    """The key of an address's balance."""
    return BALANCE + address


def nonce_key(address: bytes) -> Key:
    """The key of an address's nonce: how many transactions it has sent."""
    return NONCE + address


def slot_key(slot: int) -> Key:
    """The key of a storage slot, a word."""
    return SLOT + slot.to_bytes(WORD_BYTES, "big")


def check_bytes(name: str, content: bytes) -> None:
    """Raise ValueError where what comes from outside is no bytes."""
    if not isinstance(content, bytes):
        raise ValueError(f"{name}: {content!r} is no bytes")


def check_address(name: str, address: bytes) -> None:
    """Raise ValueError where bytes from outside are no address."""
    check_bytes(name, address)
    if len(address) != ADDRESS_BYTES:
        raise ValueError(f"{name}: an address has {ADDRESS_BYTES} bytes, not {len(address)}")
