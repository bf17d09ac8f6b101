"""Packed input: a block of the toy machine as flat arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

Operation = tuple[Any, ...]
Transaction = tuple[bytes, int, int, int, Sequence[Operation], tuple[Sequence[int], Sequence[int]] | None]
AccessListEntry = tuple[Sequence[bytes], Sequence[tuple[bytes, bytes | None]]]

class PackedBlock:
    """A block as flat arrays, with the values that its keys have before it."""

    @property
    def names(self) -> list[bytes]: ...
    @property
    def plain_transactions(self) -> list[Transaction]: ...
    @property
    def transaction_count(self) -> int: ...
    @property
    def coinbase(self) -> bytes: ...
    @property
    def has_access_list(self) -> bool: ...

def pack(
    transactions: Sequence[Transaction],
    env: tuple[bytes, int],
    withdrawals: Sequence[tuple[bytes, int]] = ...,
    access_list: Sequence[AccessListEntry] | None = ...,
    base: Mapping[bytes, bytes | None] | None = ...,
    opening: Sequence[tuple[int, int]] = ...,
) -> PackedBlock:
    """The block in packed form, on the state ``base``. Raises ValueError where something is beyond a limit."""

def slot_key(key: int) -> bytes:
    """The canonical bytes of a slot's key."""
