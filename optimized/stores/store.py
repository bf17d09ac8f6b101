"""What a state on disk is kept in: records by table and key, read at any time, written one whole block at a time.

A store is used by one process at a time. What it is asked for it answers from what was committed last; what is written
is there whole, or not at all, whatever ends the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

ACCOUNTS: Final = 0
"""Accounts by the hash of their address. The tables are those of state_store.hpp, where their records are explained."""
SLOTS: Final = 1
CODES: Final = 2
NODES: Final = 3
META: Final = 4
"""What the state is: its machine, fork, height and root."""
TABLES: Final = ("accounts", "slots", "codes", "nodes", "meta")

NO_STATE: Final = "there is no state: `samestate state PLACE --import FILE` makes one"
"""What is wrong with a place where nobody has put one."""

Record: TypeAlias = tuple[bytes, bytes]
"""A key and its value."""


class StoreError(Exception):
    """A store that cannot be used. The message says what is wrong, where, and what to do."""


class StoreInUse(StoreError):  # noqa: N818 - what it is
    """Another process uses it."""


class StoreFull(StoreError):  # noqa: N818 - what it is
    """The disk has no more room, or the store may not take more. What was committed before is still there."""


class StoreDamaged(StoreError):  # noqa: N818 - what it is
    """Its files are not what was written."""


class StoreUnavailable(StoreError):  # noqa: N818 - what it is
    """It cannot be opened: the package is not there, or the place cannot be a store."""


class Changes(NamedTuple):
    """What one block, or one part of an import, makes of a store.

    ``ranges`` go first: all keys of a table that begin with a prefix. Of ``records``, by table, the keys ascend; None
    takes a key out.
    """

    ranges: Sequence[tuple[int, bytes]]
    records: Mapping[int, Sequence[tuple[bytes, bytes | None]]]


class Store(Protocol):
    """Records by table and key. The methods may be called by any thread; all raise StoreError."""

    def get(self, table: int, key: bytes) -> bytes | None:
        """The value of a key, or None."""

    def get_many(self, table: int, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of many keys at once, None for those that are not there."""

    def scan(self, table: int, first: bytes, end: bytes) -> list[Record]:
        """The records from ``first`` on, in order, before ``end``; to the end of the table where that is empty."""

    def iterate(self, table: int, first: bytes = b"") -> Iterator[Record]:
        """All records from ``first`` on, in order, one at a time."""

    def write(self, changes: Changes) -> None:
        """Make the changes: all of them, or none."""

    def settle(self) -> None:
        """Wait for what is being written."""

    def size(self) -> int:
        """Bytes on disk."""

    def close(self) -> None:
        """Give back what it holds."""


def behind(prefix: bytes) -> bytes:
    """The first key behind all that begin with ``prefix``; empty where there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes((kept[-1] + 1,)) if kept else b""
