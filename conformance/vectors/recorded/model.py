"""Cases with what was recorded of them, which is seldom all that a vector expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case

if TYPE_CHECKING:
    from samestate.conformance.fixtures.solana.entries import WireEntry
    from samestate.spec.svm.account import Account

ENTRIES: Final = "entries"
WIRE: Final = "wire"
SIGNATURES: Final = "signatures"

IsRight: TypeAlias = "Callable[[Account | None], bool]"
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


@dataclass(frozen=True, slots=True)
class RecordedWire:
    """A signed transaction, of which nothing but its bytes is known."""

    place: str
    name: str
    wire: bytes

    @property
    def id(self) -> str:
        """Where it is."""
        return self.place


@dataclass(frozen=True, slots=True)
class RecordedSignatures:
    """Signatures of one message: key and signature of each, and whether they are all valid or none is."""

    place: str
    name: str
    pairs: tuple[tuple[bytes, bytes], ...]
    message: bytes
    are_valid: bool

    @property
    def id(self) -> str:
        """Where they are."""
        return self.place


RecordedCase: TypeAlias = RecordedVector | RecordedEntries | RecordedWire | RecordedSignatures | NotExecuted
"""A case of any of these forms. All have ``place`` and ``id``."""

RECORDED: Final = (RecordedVector, RecordedEntries, RecordedWire, RecordedSignatures, NotExecuted)
"""All of them, to tell such a case from others."""


def kind_of_recorded(case: RecordedCase) -> str:
    """What the form of a case is called."""
    match case:
        case RecordedVector():
            return case.kind
        case RecordedEntries():
            return ENTRIES
        case RecordedWire():
            return WIRE
        case RecordedSignatures():
            return SIGNATURES
        case NotExecuted():
            return ""


def fork_of_recorded(case: RecordedCase) -> str:
    """The ruleset of a case; nothing where it has none."""
    return case.case.fork if isinstance(case, RecordedVector) else ""
