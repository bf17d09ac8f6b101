"""A state in LMDB: a memory-mapped tree of pages, copied on write, with one writer at a time.

A commit is one page that says where the new tree begins, so a process that is killed leaves the tree of its last
commit, and nothing is repaired at the next start.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from samestate.optimized.stores.locking import FolderLock
from samestate.optimized.stores.store import (
    TABLES,
    Changes,
    Record,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreUnavailable,
    behind,
)

MAP_SIZE: Final = 1 << 36
"""Bytes of address space, 64 GiB: more than the file may ever have. It costs nothing until it is used."""
DATA: Final = "data.mdb"
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where a disk is full, or a limit on it is reached."""
NO_STATE: Final = "there is no state: `samestate state PLACE --import FILE` makes one"
LONGEST_KEY: Final = 511
"""What LMDB takes unless it is compiled otherwise; the longest key here has 66 bytes."""


class LmdbStore:
    """A folder with an LMDB environment, a database a table.

    ``map_size``: the most bytes that it may take; ``sync``: whether a commit waits until the disk has it, without which
    a commit survives the end of the process but not a loss of power. Raises StoreError.
    """

    def __init__(self, folder: Path, writable: bool, map_size: int = MAP_SIZE, sync: bool = True) -> None:
        try:
            import lmdb
        except ImportError as error:
            raise StoreUnavailable("lmdb is not installed: pip install 'samestate[state]'") from error
        self._lmdb: Any = lmdb
        self._folder = folder
        self._map_size = map_size
        self._reading = threading.Lock()
        self._lock = FolderLock(folder, writable)
        try:
            with self._told():
                self._environment = lmdb.open(
                    str(folder),
                    map_size=map_size,
                    max_dbs=len(TABLES),
                    readonly=not writable,
                    sync=sync,
                    metasync=sync,
                    readahead=False,
                    create=writable,
                    # The folder's own lock keeps others out. LMDB's would be a file and semaphores more.
                    lock=False,
                )
                self._tables = [self._environment.open_db(name.encode(), create=writable) for name in TABLES]
                self._look()
        except BaseException:
            self._lock.release()
            raise

    def get(self, table: int, key: bytes) -> bytes | None:
        """See :class:`Store`, here and below."""
        try:
            with self._reading:
                found: bytes | None = self._snapshot.get(key, None, self._tables[table])
                return found
        except self._lmdb.Error as error:
            raise self._problem(error) from error

    def get_many(self, table: int, keys: Sequence[bytes]) -> list[bytes | None]:
        try:
            with self._reading:
                found = dict(self._cursors[table].getmulti(keys))
        except self._lmdb.Error as error:
            raise self._problem(error) from error
        return [found.get(key) for key in keys]

    def scan(self, table: int, first: bytes, end: bytes) -> list[Record]:
        found: list[Record] = []
        try:
            with self._reading:
                cursor = self._cursors[table]
                if cursor.set_range(first):
                    for record in cursor.iternext():
                        if end and record[0] >= end:
                            break
                        found.append(record)
        except self._lmdb.Error as error:
            raise self._problem(error) from error
        return found

    def iterate(self, table: int, first: bytes = b"") -> Iterator[Record]:
        with self._told(), self._environment.begin() as transaction, transaction.cursor(self._tables[table]) as cursor:
            if cursor.set_range(first):
                yield from cursor.iternext(keys=True, values=True)

    def write(self, changes: Changes) -> None:
        with self._reading, self._told():
            self._snapshot.abort()
            try:
                with self._environment.begin(write=True) as transaction:
                    for table, prefix in changes.ranges:
                        self._remove(transaction, self._tables[table], prefix)
                    for table, records in changes.records.items():
                        self._put(transaction, self._tables[table], records)
            finally:
                self._look()

    def _look(self) -> None:
        """Answer from what was committed last, from now on."""
        self._snapshot = self._environment.begin()
        self._cursors = [self._snapshot.cursor(table) for table in self._tables]

    def size(self) -> int:
        return (self._folder / DATA).stat().st_blocks * 512

    def close(self) -> None:
        self._snapshot.abort()
        self._environment.close()
        self._lock.release()

    @staticmethod
    def _remove(transaction: Any, table: Any, prefix: bytes) -> None:
        """Take out all keys that begin so."""
        end = behind(prefix)
        with transaction.cursor(table) as cursor:
            there = cursor.set_range(prefix)
            while there and (not end or cursor.key() < end):
                there = cursor.delete()

    @staticmethod
    def _put(transaction: Any, table: Any, records: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Put in records, in order. Where all come after what is there, pages are filled to the end."""
        with transaction.cursor(table) as cursor:
            appends = bool(records) and (not cursor.last() or cursor.key() < records[0][0])
            stretch: list[tuple[bytes, bytes]] = []
            for key, value in records:
                if value is not None:
                    stretch.append((key, value))
                elif cursor.set_key(key):
                    cursor.delete()
            _, added = cursor.putmulti(stretch, append=appends)
            if added != len(stretch):  # where keys do not ascend, the package leaves records out, and says no more
                raise ValueError(f"{len(stretch) - added} of {len(stretch)} records are out of order: this is a bug")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What LMDB raises is told as what is wrong with the state."""
        try:
            yield
        except self._lmdb.Error as error:
            raise self._problem(error) from error

    def _is_empty(self) -> bool:
        """Whether the file has nothing yet: who made it was ended, or found the disk full, before it wrote anything."""
        try:
            return (self._folder / DATA).stat().st_size == 0
        except OSError:
            return False

    def _problem(self, error: Exception) -> StoreError:
        """What an error of LMDB means; of one of the system it gives the message, and not the number."""
        lmdb, text = self._lmdb, str(error)
        if isinstance(error, lmdb.MapFullError):
            return StoreFull(
                f"{self._folder}: the state has reached its map size of {self._map_size} bytes: give more, as in"
                f" lmdb:{self._folder}?map_size={self._map_size * 2}"
            )
        if isinstance(error, lmdb.CorruptedError | lmdb.PageNotFoundError | lmdb.PanicError | lmdb.InvalidError):
            return StoreDamaged(f"{self._folder}: the files are no LMDB environment, or are damaged: {text}")
        if isinstance(error, lmdb.VersionMismatchError):
            return StoreDamaged(f"{self._folder}: was written by another version of LMDB: {text}")
        # Of a write that was cut short, as a full disk does, LMDB says that it was an error of input or output.
        if any(os.strerror(number) in text for number in (*NO_ROOM, errno.EIO)):
            return StoreFull(f"{self._folder}: no more can be written: {text}: what was committed before is there")
        if os.strerror(errno.ENOENT) in text or "mdb_dbi_open" in text or self._is_empty():
            return StoreUnavailable(f"{self._folder}: {NO_STATE}")
        return StoreUnavailable(f"{self._folder}: {text}")
