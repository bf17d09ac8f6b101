"""A state in RocksDB: sorted files that are merged in the background, and a log of what is not yet in them.

A block is one batch, which is in the log whole or not at all; a process that is killed leaves a log that the next one
reads up to its last whole batch.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from samestate.optimized.stores.locking import FolderLock
from samestate.optimized.stores.settings import CACHE, CURRENT, NO_ROOM
from samestate.optimized.stores.store import (
    NO_STATE,
    Changes,
    Record,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreUnavailable,
    behind,
)

BITS_A_KEY: Final = 10
"""Of the filters that say which file has a key: one question in a hundred opens a file in vain."""


class RocksStore:
    """A folder with a RocksDB database, in which a key begins with its table. See :class:`LmdbStore`."""

    def __init__(self, folder: Path, writable: bool, cache: int = CACHE, sync: bool = True) -> None:
        try:
            import rocksdict
        except ImportError as error:
            raise StoreUnavailable("rocksdict is not installed: pip install 'samestate[state]'") from error
        try:
            str(folder).encode()
        except UnicodeEncodeError as error:
            raise StoreUnavailable(f"{folder}: RocksDB takes names in UTF-8 alone: name another folder") from error
        self._rocks: Any = rocksdict
        self._folder = folder
        self._lock = FolderLock(folder, writable)
        self._reading = threading.Lock()
        try:
            if not writable and not (folder / CURRENT).exists():
                raise StoreUnavailable(f"{folder}: {NO_STATE}")
            if not writable and not os.access(folder, os.W_OK):
                raise StoreUnavailable(f"{folder}: is read-only, and RocksDB writes there even to look: look at a copy")
            with self._told():
                access = rocksdict.AccessType.read_write() if writable else rocksdict.AccessType.read_only(False)
                self._database = rocksdict.Rdict(str(folder), self._options(cache), access_type=access)
        except BaseException:
            self._lock.release()
            raise
        self._write_options = rocksdict.WriteOptions()
        self._write_options.sync = sync

    def get(self, table: int, key: bytes) -> bytes | None:
        """See :class:`Store`, here and below."""
        with self._told():
            found: bytes | None = self._database.get(bytes((table,)) + key)
            return found

    def get_many(self, table: int, keys: Sequence[bytes]) -> list[bytes | None]:
        if not keys:
            return []
        prefix = bytes((table,))
        with self._told():
            return list(self._database.get([prefix + key for key in keys]) or ())

    def scan(self, table: int, first: bytes, end: bytes) -> list[Record]:
        prefix = bytes((table,))
        found: list[Record] = []
        with self._reading, self._told():
            for key, value in self._records(prefix + first, prefix + end if end else behind(prefix)):
                found.append((key[1:], value))
        return found

    def iterate(self, table: int, first: bytes = b"") -> Iterator[Record]:
        prefix = bytes((table,))
        with self._told():
            for key, value in self._records(prefix + first, behind(prefix)):
                yield key[1:], value

    def write(self, changes: Changes) -> None:
        batch = self._rocks.WriteBatch(raw_mode=True)
        for table, prefix in changes.ranges:
            first = bytes((table,)) + prefix
            batch.delete_range(first, behind(first))
        for table, records in changes.records.items():
            start = bytes((table,))
            for key, value in records:
                if value is None:
                    batch.delete(start + key)
                else:
                    batch.put(start + key, value)
        self._lock.check()
        with self._told():
            self._database.write(batch, self._write_options)

    def settle(self) -> None:
        """What is written is there when :meth:`write` returns."""

    def size(self) -> int:
        size = 0
        try:
            for entry in os.scandir(self._folder):
                with suppress(FileNotFoundError):  # files come and go beside this
                    size += entry.stat().st_blocks * 512 if entry.is_file() else 0
        except OSError as error:
            raise StoreUnavailable(f"{self._folder}: {error.strerror}") from error
        return size

    def close(self) -> None:
        try:
            with self._told():
                self._database.close()
        finally:
            self._lock.release()

    def _records(self, first: bytes, end: bytes) -> Iterator[Record]:
        """Records from ``first`` on, before ``end``. An iterator of a range alone stops for an error as at its end."""
        options = self._rocks.ReadOptions()
        options.set_iterate_upper_bound(end)
        iterator = self._database.iter(options)
        iterator.seek(first)
        while iterator.valid():
            yield iterator.key(), iterator.value()
            iterator.next()
        iterator.status()

    def _options(self, cache: int) -> Any:
        rocks = self._rocks
        blocks = rocks.BlockBasedOptions()
        blocks.set_block_cache(rocks.Cache(cache))
        blocks.set_bloom_filter(BITS_A_KEY, False)
        blocks.set_cache_index_and_filter_blocks(True)
        options = rocks.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_block_based_table_factory(blocks)
        options.set_db_write_buffer_size(cache)
        # A batch that is cut off in the log is the last one, and was never whole.
        options.set_wal_recovery_mode(rocks.DBRecoveryMode.tolerate_corrupted_tail_records())
        return options

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What RocksDB raises is told as what is wrong with the state; it says so in words alone."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            text = str(error)
            if any(os.strerror(number) in text for number in NO_ROOM):
                raise StoreFull(
                    f"{self._folder}: no more can be written: {text}: what was committed before is there"
                ) from error
            if "Corruption" in text or "mismatch" in text:
                raise StoreDamaged(f"{self._folder}: no RocksDB database, or damaged files: {text}") from error
            raise StoreUnavailable(f"{self._folder}: {text}") from error
