"""Accounts as JSON: how genesis files, fixtures and block files write a state down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Alloc: TypeAlias = dict[str, dict[str, str | dict[str, str]]]
"""Accounts by address: ``{"0x…": {"nonce": "0x0", "balance": "0x1", "code": "0x", "storage": {"0x0": "0x1"}}}``."""

_FIELDS = ("nonce", "balance", "code", "storage")


class MalformedAlloc(ValueError):  # noqa: N818 - says what is wrong with the data
    """JSON that does not describe accounts. The message names the account and the field."""


@dataclass(frozen=True, slots=True)
class AllocEntry:
    """An account as it was written down, ``balance`` in wei. ``storage`` holds no slot that is zero."""

    nonce: int
    balance: int
    code: bytes
    storage: dict[int, int]


def parse_alloc(alloc: Mapping[str, object]) -> dict[bytes, AllocEntry]:
    """The accounts that ``alloc`` describes. Raises MalformedAlloc.

    Numbers are hex strings with any number of leading zeros, or integers; a field that is left out is zero.
    """
    entries: dict[bytes, AllocEntry] = {}
    for name, fields in alloc.items():
        address = _bytes(name, "address")
        if len(address) != 20:
            raise MalformedAlloc(f"account {name}: an address must be 20 bytes, but is {len(address)}")
        if address in entries:
            raise MalformedAlloc(f"account {name}: must be listed once, but is listed twice")
        where = f"account {name}"
        values = _object(fields, where)
        unknown = sorted(set(values) - set(_FIELDS))
        if unknown:
            raise MalformedAlloc(f"{where}: unknown field {unknown[0]!r}; the fields are {', '.join(_FIELDS)}")
        entries[address] = AllocEntry(
            _number(values.get("nonce", 0), 64, f"{where}: nonce"),
            _number(values.get("balance", 0), 256, f"{where}: balance"),
            _bytes(values.get("code", "0x"), f"{where}: code"),
            _storage(values.get("storage", {}), where),
        )
    return entries


def _storage(value: object, where: str) -> dict[int, int]:
    slots: dict[int, int] = {}
    seen: set[int] = set()
    for name, content in _object(value, f"{where}: storage").items():
        slot = _number(name, 256, f"{where}: storage slot")
        if slot in seen:
            raise MalformedAlloc(f"{where}: storage slot {name}: must be listed once, but is listed twice")
        seen.add(slot)
        number = _number(content, 256, f"{where}: storage slot {name}")
        if number:
            slots[slot] = number
    return slots


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise MalformedAlloc(f"{where}: must be an object, but is {value!r}")
    return value


def _number(value: object, bits: int, where: str) -> int:
    in_hex = number_in_hex(value)
    if in_hex is not None:
        number = in_hex
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        raise MalformedAlloc(f"{where}: must be a hex string such as '0x1f' or an integer, but is {value!r}")
    if not 0 <= number < 1 << bits:
        raise MalformedAlloc(f"{where}: must fit into {bits} bits and not be negative, but is {value!r}")
    return number


def _bytes(value: object, where: str) -> bytes:
    content = bytes_in_hex(value)
    if content is None:
        raise MalformedAlloc(f"{where}: must be a hex string of whole bytes such as '0x1f2e', but is {value!r}")
    return content


def number_in_hex(value: object) -> int | None:
    """The number that a string writes as ``0x`` and digits; None for whatever else."""
    if not isinstance(value, str) or not value.startswith("0x") or not (value.isascii() and value.isalnum()):
        return None  # signs, spaces and underscores, too, which Python would read
    try:
        return int(value, 16)
    except ValueError:
        return None


def bytes_in_hex(value: object) -> bytes | None:
    """The bytes that a string writes as ``0x`` and two digits for each; None for whatever else."""
    if not isinstance(value, str) or not value.startswith("0x"):
        return None
    try:
        content = bytes.fromhex(value[2:])
    except ValueError:
        return None
    # where Python skips spaces there are fewer bytes than pairs of characters
    return content if 2 * len(content) == len(value) - 2 else None
