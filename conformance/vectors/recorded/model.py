"""Cases with what was recorded of them, which is seldom all that a vector expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from samestate.conformance.fixtures.solana.entries import WireEntry
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case
from samestate.spec.svm.account import Account

IsRight = Callable[[Account | None], bool]
"""Whether an account afterwards is what was recorded."""


@dataclass(frozen=True, slots=True)
class RecordedVector:
    """A case, and for each block what was recorded: fields of ``expect``, of receipts too, as far as they are told.

    ``accounts``: what was recorded of accounts after each block, by their addresses. ``note`` says what is odd.
    """

    place: str
    case: Case
    expected: tuple[Object, ...]
    accounts: tuple[Mapping[bytes, IsRight], ...]
    kind: str
    note: str = ""

    @property
    def id(self) -> str:
        """Where the case is, and its name there."""
        return f"{self.place}::{self.case.id}"


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """A case that cannot be given to any engine, and why: first a code, where there is one."""

    place: str
    name: str
    reason: str

    @property
    def id(self) -> str:
        """Where the case is, and its name there."""
        return f"{self.place}::{self.name}"


@dataclass(frozen=True, slots=True)
class RecordedEntries:
    """Entries of a slot, as far as they are there: their form, their signatures and their history can be checked.

    ``start``: where the history stood before the first, None where that is not known. ``hashes_per_tick``: how many
    hashes lie between ticks, None where that is not known: in a whole slot as many as before the first.
    ``is_whole``: whether the slot ends with the last of them.
    """

    place: str
    name: str
    entries: tuple[WireEntry, ...]
    start: bytes | None
    hashes_per_tick: int | None
    is_whole: bool

    @property
    def id(self) -> str:
        """Where the case is, and its name there."""
        return f"{self.place}::{self.name}"
