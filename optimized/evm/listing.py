"""A block access list (EIP-7928) in its bytes, from what is said of keys one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from samestate.optimized.record import OPEN

BALANCE, NONCE, CODE, SLOT = range(1, 5)
ADDRESS_END: Final = 21
SLOT_END: Final = 53
SHORT: Final = 55
"""The longest payload whose length fits into the prefix (RLP)."""

Changes = Sequence[tuple[int, bytes | None]]
"""The steps that change a key, the opening one as OPEN, with the value after each."""


def encode_predictions(predictions: Mapping[bytes, Changes]) -> bytes:
    """The list that says this of keys by their canonical names, whatever of it is no name; nothing is read in it."""
    accounts: dict[bytes, dict[int, list[tuple[bytes, Changes]]]] = {}
    for key, changes in predictions.items():
        part = key[0] if key else 0
        if changes and BALANCE <= part <= SLOT and len(key) == (SLOT_END if part == SLOT else ADDRESS_END):
            parts = accounts.setdefault(key[1:ADDRESS_END], {})
            parts.setdefault(part, []).append((key[ADDRESS_END:], changes))
    return rlp_list(encode_account(address, parts) for address, parts in sorted(accounts.items()))


def encode_account(address: bytes, parts: Mapping[int, Sequence[tuple[bytes, Changes]]]) -> bytes:
    """What is said of one account."""
    slots = rlp_list(
        rlp_list((rlp_bytes(slot.lstrip(b"\x00")), encode_changes(changes)))
        for slot, changes in sorted(parts.get(SLOT, ()))
    )
    others = (encode_changes(parts[part][0][1]) if part in parts else rlp_list(()) for part in (BALANCE, NONCE, CODE))
    return rlp_list((rlp_bytes(address), slots, rlp_list(()), *others))


def encode_changes(changes: Changes) -> bytes:
    """The changes of one key, in the order of the block."""
    ordered = sorted(changes, key=lambda change: change[0])
    return rlp_list(
        rlp_list((rlp_bytes(number_of(step - OPEN)), rlp_bytes(value or b"")))
        for step, value in ordered
        if step >= OPEN
    )


def number_of(number: int) -> bytes:
    """A number as RLP has it."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def rlp_bytes(payload: bytes) -> bytes:
    """Bytes as an item."""
    return payload if len(payload) == 1 and payload[0] < 0x80 else prefix(0x80, len(payload)) + payload


def rlp_list(items: Iterable[bytes]) -> bytes:
    """A list of items."""
    payload = b"".join(items)
    return prefix(0xC0, len(payload)) + payload


def prefix(kind: int, length: int) -> bytes:
    """What an item of so many bytes begins with."""
    if length <= SHORT:
        return bytes((kind + length,))
    size = number_of(length)
    return bytes((kind + SHORT + len(size),)) + size
