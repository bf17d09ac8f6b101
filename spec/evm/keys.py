"""The keys of Ethereum's state, as bytes.

A key is one byte that says which part of an account it names, the 20-byte address and, for storage, the 32-byte slot.
Values are numbers (balance, nonce, slot) as their shortest big-endian bytes, zero being absent; code is its own bytes,
empty being absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["empty account", "balance", "nonce", "code", "slot"]
"""What a key names: a part of an account."""

EMPTY_ACCOUNT = 0
BALANCE = 1
NONCE = 2
CODE = 3
SLOT = 4

EMPTY_ACCOUNT_VALUE = b"\x01"
"""The value under the empty-account key of an account that has nothing at all."""
STORAGE_ALONE_VALUE = b"\x02"
"""The value under the empty-account key of an account that has storage, but neither nonce nor code (EIP-7610)."""

_PARTS: dict[int, Part] = {
    EMPTY_ACCOUNT: "empty account",
    BALANCE: "balance",
    NONCE: "nonce",
    CODE: "code",
    SLOT: "slot",
}

_ACCOUNT_KEY_LENGTH = 21
_SLOT_KEY_LENGTH = 53


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """What a key names. ``slot`` is None unless ``part`` is "slot"."""

    part: Part
    address: bytes
    slot: int | None


def empty_account_key(address: bytes) -> bytes:
    """Present only for an account that the state before a block holds without need: it has nothing, or storage alone.

    Absent once it was touched and is gone (EIP-161). An account with storage alone may have a balance.
    """
    return b"\x00" + address


def balance_key(address: bytes) -> bytes:
    """The key of an account's balance, in wei."""
    return b"\x01" + address


def nonce_key(address: bytes) -> bytes:
    """The key of an account's nonce."""
    return b"\x02" + address


def code_key(address: bytes) -> bytes:
    """The key of an account's code."""
    return b"\x03" + address


def slot_key(address: bytes, slot: int) -> bytes:
    """The key of one storage slot of an account. Raises OverflowError for a slot outside 256 bits."""
    return b"\x04" + address + slot.to_bytes(32, "big")


def parse(key: bytes) -> ParsedKey:
    """What ``key`` names. Raises ValueError for bytes that are no key."""
    part = _PARTS.get(key[0]) if key else None
    length = _SLOT_KEY_LENGTH if part == "slot" else _ACCOUNT_KEY_LENGTH
    if part is None or len(key) != length:
        raise ValueError(
            f"0x{key.hex()} is no key: must be a byte from 0 to 4, a 20-byte address and, after a 4, a 32-byte slot"
        )
    return ParsedKey(part, key[1:21], int.from_bytes(key[21:], "big") if part == "slot" else None)


def storage_owner(key: bytes) -> bytes | None:
    """The address whose storage the key is part of, or None where it names no slot."""
    return key[1:21] if key[0] == SLOT else None


def describe_key(key: bytes) -> str:
    """The key for a person to read: ``balance 0x…``, or ``slot 0x… of 0x…``. Raises ValueError for no key."""
    parsed = parse(key)
    if parsed.slot is None:
        return f"{parsed.part} 0x{parsed.address.hex()}"
    return f"slot 0x{parsed.slot:x} of 0x{parsed.address.hex()}"
