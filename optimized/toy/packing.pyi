"""Packed input: a block of the toy machine as flat arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

Operation = tuple[Any, ...]
Transaction = tuple[Any, ...]
"""Sender, nonce, gas limit, gas price, operations, declared; under the ruleset `signed` signature and registration."""

REGISTERED: bytes
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
    @property
    def is_signed(self) -> bool: ...

def pack(
    transactions: Sequence[Transaction],
    env: tuple[bytes, int],
    withdrawals: Sequence[tuple[bytes, int]] = ...,
    access_list: Sequence[AccessListEntry] | None = ...,
    base: Mapping[bytes, bytes | None] | None = ...,
    opening: Sequence[tuple[int, int]] = ...,
    chain_id: int | None = ...,
) -> PackedBlock:
    """The block in packed form, on the state ``base``. Raises ValueError where something is beyond a limit."""

def registered_key(account: bytes, number: int) -> bytes:
    """The canonical bytes of the key under which an account's public key of that number stands."""

def slot_key(key: int) -> bytes:
    """The canonical bytes of a slot's key."""
