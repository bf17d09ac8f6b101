"""What the block builder of Solana's machine puts together: accounts with names, entries, and blocks in the making."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from nacl.signing import SigningKey

from samestate.conformance.vectors.document import Object
from samestate.spec.svm.addresses import base58
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.state import SvmState

SOL: Final = 10**9
"""Lamports in a SOL: what a wallet of a scenario has, unless it says otherwise."""
FEE: Final = 5000
"""What a signature costs."""
FIRST_SLOT: Final = 1000
"""The slot of the bank before the first block, unless a scenario says otherwise."""
RENT_EXEMPT: Final = 890_880
"""What an account without data holds to be exempt from rent."""


@dataclass(frozen=True, slots=True)
class SvmAccount:
    """An account with a name; ``key`` where it can sign."""

    name: str
    address: bytes
    key: SigningKey | None = None

    def __str__(self) -> str:
        return base58(self.address)


@dataclass(slots=True)
class EntryDraft:
    """An entry in the making: transactions on the wire, and after how many hashes it comes."""

    wires: list[bytes] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    hashes: int = 1
    hash: bytes | None = None
    """What it says its hash is, where that is not the right one."""


@dataclass(slots=True)
class SvmDraft:
    """A block in the making. ``checks`` look at what came out of it and at the state after it."""

    slot: int
    leader: SvmAccount
    entries: list[EntryDraft] = field(default_factory=list)
    unix_timestamp: int | None = None
    rejection: tuple[Invalid, int | None] | None = None
    receipts: tuple[bool, ...] | None = ()
    checks: list[Callable[[Object, SvmState], None]] = field(default_factory=list)
