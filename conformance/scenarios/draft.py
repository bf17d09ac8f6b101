"""What the block builder puts together: accounts with names, and blocks while they are being described."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypedDict

from samestate.conformance.generating.system_contracts import FACTORY
from samestate.conformance.vectors.document import Object
from samestate.spec.evm.block import Withdrawal
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.payload import OmmerMiner
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.system_calls import (
    BEACON_ROOTS,
    BLOCK_HASHES,
    BUILDER_DEPOSITS,
    BUILDER_EXITS,
    CONSOLIDATION_REQUESTS,
    WITHDRAWAL_REQUESTS,
)

GWEI: Final = 10**9
ETHER: Final = 10**18
CHAIN_ID: Final = 1
FIRST_NUMBER: Final = 1000
FIRST_TIMESTAMP: Final = 1_800_000_000
SECONDS_PER_BLOCK: Final = 12
FIRST_SLOT: Final = 2_000_000
GAS_LIMIT: Final = 30_000_000
BLOB_HASH_VERSION: Final = b"\x01"
NO_ADDRESS: Final = bytes(20)
SYSTEM_CONTRACTS: Final = {
    BEACON_ROOTS: "beacon roots",
    BLOCK_HASHES: "block hashes",
    WITHDRAWAL_REQUESTS: "withdrawal requests",
    CONSOLIDATION_REQUESTS: "consolidation requests",
    BUILDER_DEPOSITS: "builder deposits",
    BUILDER_EXITS: "builder exits",
    FACTORY: "deployment factory",
}


@dataclass(frozen=True, slots=True)
class Prices:
    """What scenarios must know of gas: what new state costs, and the gas limits that transactions have by default."""

    new_slot: int
    new_account: int
    new_delegation: int
    call: int
    """Enough for a call that makes a few slots."""
    creation: int
    """Enough for a creation, and for delegations."""

    @property
    def transfer(self) -> int:
        """Enough for a transfer, be the recipient there or not."""
        return 21_000 + self.new_account


PRICES: Final = Prices(new_slot=0, new_account=0, new_delegation=0, call=300_000, creation=500_000)
"""Where new state costs nothing but execution gas."""
PRICES_WITH_STATE_GAS: Final = Prices(
    new_slot=64 * 1530, new_account=120 * 1530, new_delegation=23 * 1530, call=1_000_000, creation=1_000_000
)
"""Since Amsterdam (EIP-8037)."""


class Unexpected(Exception):  # noqa: N818 - what a scenario finds, not an error of this program
    """A scenario is not about what it says: the specification gave something else. The message says what."""


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account with a name. Written into code it is its address."""

    name: str
    address: bytes
    private_key: bytes = b""

    def __str__(self) -> str:
        return f"0x{self.address.hex()}"

    @property
    def as_number(self) -> int:
        """The address as a number, as storage holds it."""
        return int.from_bytes(self.address, "big")


@dataclass(slots=True)
class Draft:
    """A block while it is being described. ``checks`` look at the state after it, ``result_checks`` at its results."""

    environment: Environment
    transactions: list[tuple[bytes, str]] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    ommers: list[OmmerMiner] = field(default_factory=list)
    proposed_access_list: Callable[[bytes], bytes] | None = None
    rejection: tuple[Invalid, int | None] | None = None
    receipts: tuple[bool, ...] | None = None
    checks: list[Callable[[FlatState], None]] = field(default_factory=list)
    result_checks: list[Callable[[Object], None]] = field(default_factory=list)


AccessListEntries = Iterable[tuple[NamedAccount, Sequence[int]]]


class Details(TypedDict, total=False):
    """What may be said of any transaction; whatever is left out is what one would expect.

    ``tip`` is the priority fee per gas in wei, ``max_fee`` the most that is paid per gas, base fee included.
    """

    data: bytes
    nonce: int
    tip: int
    max_fee: int
    access_list: AccessListEntries
    legacy: bool
    chain_id: int
    comment: str


def block_hash(number: int) -> bytes:
    """The hash that vectors give to the block of a number. It is of no header, since vectors have none."""
    return keccak256(f"samestate block {number}".encode())


def ether(wei: int) -> str:
    """An amount for people."""
    if wei % (ETHER // 10_000) == 0:
        return f"{wei / ETHER:g} ether"
    return f"{wei} wei"
