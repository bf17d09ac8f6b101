"""Messages: what the signatures of a transaction sign. Fields as they are decoded, nothing judged yet."""

# source: Solana SDK, message/src/legacy.rs, message/src/versions/v0/mod.rs; SIMD-0385

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Version = Literal["legacy", 0, 1]


@dataclass(frozen=True, slots=True)
class MessageHeader:
    """How many of a message's keys sign, and how many of the signing and of the other static keys are read only."""

    required_signatures: int
    readonly_signed: int
    readonly_unsigned: int


@dataclass(frozen=True, slots=True)
class CompiledInstruction:
    """One instruction: its program and its accounts as indices of the message's keys, a byte each, and its data."""

    program: int
    accounts: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class TableLookup:
    """Keys that a message takes from a lookup table: the table's address, and indices in it, a byte each."""

    table: bytes
    writable: bytes
    readonly: bytes


@dataclass(frozen=True, slots=True)
class Config:
    """What a message of version 1 says of its own budget; None is what it leaves out (SIMD-0385).

    ``priority_fee`` in lamports, for the whole transaction; sizes in bytes.
    """

    priority_fee: int | None = None
    compute_unit_limit: int | None = None
    loaded_size_limit: int | None = None
    heap_size: int | None = None


@dataclass(frozen=True, slots=True)
class TransactionMessage:
    """What is signed. ``keys`` are the static ones; ``config`` is there in version 1 alone, lookups in version 0."""

    version: Version
    header: MessageHeader
    keys: tuple[bytes, ...]
    blockhash: bytes
    instructions: tuple[CompiledInstruction, ...]
    lookups: tuple[TableLookup, ...] = ()
    config: Config | None = None
