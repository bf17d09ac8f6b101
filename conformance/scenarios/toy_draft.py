"""What the toy's block builder puts together: accounts with names, operations, and blocks that are being described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from samestate.conformance.vectors.document import Object
from samestate.spec.toy.access_list import AccessList
from samestate.spec.toy.block import Transaction, Withdrawal
from samestate.spec.toy.operations import Add, Keccak, Noop, Sload, Sstore, Sub
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.state import ToyState

BLOCK_GAS: Final = 30_000_000
GAS: Final = 100_000
"""The gas limit of a transaction, unless a scenario says another: more than any small program takes."""
WEALTH: Final = 10**9
"""What an account has, unless a scenario says otherwise."""


@dataclass(frozen=True, slots=True)
class ToyAccount:
    """An account with a name."""

    name: str
    address: bytes

    def __str__(self) -> str:
        return f"0x{self.address.hex()}"


@dataclass(slots=True)
class ToyDraft:
    """A block while it is being described. ``checks`` look at what came out of it and at the state after it."""

    coinbase: ToyAccount
    gas_limit: int
    transactions: list[Transaction] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    access_list: Callable[[AccessList], AccessList] | None = None
    opening: list[tuple[int, int]] = field(default_factory=list)
    chain_id: int | None = None
    rejection: tuple[Invalid, int | None] | None = None
    receipts: tuple[bool, ...] | None = None
    checks: list[Callable[[Object, ToyState], None]] = field(default_factory=list)


# Operations, as scenarios say them


def load(slot: int) -> Sload:
    """Take what the slot holds into the accumulator."""
    return Sload(slot)


def store(slot: int, value: int | None = None) -> Sstore:
    """Put a value into the slot: the accumulator, where none is given."""
    return Sstore(slot, value)


def add(value: int) -> Add:
    """Add to the accumulator."""
    return Add(value)


def subtract(value: int) -> Sub:
    """Subtract from the accumulator."""
    return Sub(value)


def hash_of(data: bytes) -> Keccak:
    """Take the digest of the data into the accumulator, and log it."""
    return Keccak(data)


def noop() -> Noop:
    """Do nothing, for gas."""
    return Noop()
