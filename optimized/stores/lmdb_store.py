"""A state in LMDB: a memory-mapped tree of pages, copied on write, with one writer at a time.

A commit is one page that says where the new tree begins, so a process that is killed leaves the tree of its last
commit, and nothing is repaired at the next start. Whoever executes blocks reads and writes it without the interpreter
lock (lmdb.hpp); what stands here is for Python.
"""

import errno
import os
from collections.abc import Iterator, Sequence

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uintptr_t
from cython.cimports.libcpp import bool as cbool
from cython.cimports.libcpp.string import string
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.stores.records import Changes, Run, Text

from samestate.optimized.stores.lmdb_functions import addresses
from samestate.optimized.stores.locking import FolderLock
from samestate.optimized.stores.settings import DATA, NO_ROOM
from samestate.optimized.stores.store import (
    NO_STATE,
    TABLES,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreUnavailable,
)

MAP_FULL = -30792
VERSION_MISMATCH = -30794
DAMAGED = (-30797, -30796, -30795, -30793)
"""A page that is not there, one that is another than it should be, an update that failed half-way, no LMDB file."""
AT_ONCE = cython.declare(cython.size_t, 1024)
"""Records that are read in one go by whoever reads through a table."""

_functions = cython.declare(LmdbFunctions)
_is_filled = False


def _fill() -> None:
    """Find LMDB's functions, once. Raises StoreUnavailable."""
    global _is_filled
    found: vector[uintptr_t]
    if not _is_filled:
        for address in addresses([cython.cast(bytes, name).decode() for name in LmdbFunctions.names()]):
            found.push_back(cython.cast(uintptr_t, address))
        _functions.fill(found.data())
        _is_filled = True


@cython.cfunc
def text_of(data: bytes) -> string:
    """Bytes as C++ has them."""
    text: string
    text.assign(PyBytes_AS_STRING(data), cython.cast(cython.size_t, len(data)))
    return text


@cython.cfunc
def bytes_of(text: Text) -> bytes:
    """Bytes as Python has them."""
    return PyBytes_FromStringAndSize(text.data(), cython.cast(cython.Py_ssize_t, text.size()))


@cython.cclass
class LmdbStore:
    """A folder with an LMDB environment, a database a table. See :class:`samestate.optimized.stores.store.Store`.

    ``map_size``: the most bytes that it may take; ``resident``: of these, the most that stay in this process's address
    space once they were read; ``sync``: whether a commit waits until the disk has it, without which a commit survives
    the end of the process but not a loss of power. Raises StoreError.
    """

    def __init__(self, folder: object, writable: bool, map_size: int, sync: bool, resident: int) -> None:
        error: cython.int
        names: vector[string]
        _fill()
        for name in TABLES:
            names.push_back(text_of(name.encode()))
        self.folder = folder
        self.map_size = map_size
        self.version = 0
        self.lock = FolderLock(folder, writable)
        try:
            self.native = new_lmdb(_functions, resident)
            error = self.native.open(text_of(os.fsencode(folder)), names, writable, map_size, sync)
            if error:
                raise self.problem_at_opening(error)
        except BaseException:
            self.close()
            raise

    def __dealloc__(self) -> None:
        if self.native != cython.NULL:
            delete_lmdb(self.native)

    def get(self, table: cython.int, key: bytes) -> bytes | None:
        """See :class:`Store`, here and below."""
        name: string = text_of(key)
        value: string
        is_there: cbool = False
        error: cython.int
        native: cython.pointer(Lmdb) = self.opened()
        with cython.nogil:
            error = native.get(table, name, value, is_there)
        self.check(error)
        return cython.cast(bytes, value) if is_there else None

    def get_many(self, table: cython.int, keys: Sequence[bytes]) -> list:
        return [self.get(table, key) for key in keys]

    def scan(self, table: cython.int, first: bytes, end: bytes) -> list:
        return self.records(table, first, end, cython.cast(cython.size_t, -1))

    def iterate(self, table: int, first: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """See :class:`Store`. Raises RuntimeError where it is written meanwhile: what came before is no more."""
        version = self.version
        while True:
            if version != self.version:
                raise RuntimeError(f"{self.folder}: the state was written while it was read through")
            found = self.records(table, first, b"", AT_ONCE)
            yield from found
            if len(found) < AT_ONCE:
                return
            first = found[len(found) - 1][0] + b"\0"

    def write(self, changes: object) -> None:
        """See :class:`Store`. Raises ValueError where keys do not ascend."""
        made: Changes
        for table, prefix in changes.ranges:
            made.clear(table, text_of(prefix))
        for table, records in changes.records.items():
            last: object = None
            for key, value in records:
                if last is not None and key <= last:
                    raise ValueError(f"{TABLES[table]}: record 0x{key.hex()} is out of order: this is a bug")
                last = key
                if value is None:
                    made.remove(table, text_of(key))
                else:
                    made.put(table, text_of(key), text_of(value))
        self.write_native(made)

    def size(self) -> int:
        try:
            return (self.folder / DATA).stat().st_blocks * 512
        except OSError as error:
            raise StoreUnavailable(f"{self.folder}: {error.strerror}") from error

    def settle(self) -> None:
        """Wait for what is being written. Raises StoreError, after which it is as before that."""
        error: cython.int = 0
        native: cython.pointer(Lmdb) = self.native
        is_written: cbool = native != cython.NULL and native.writing() != cython.NULL
        if native != cython.NULL:
            with cython.nogil:
                error = native.settle()
        self.check(error)
        if is_written:
            self.lock.check()

    def close(self) -> None:
        """See :class:`Store`. What is being written is written first. Raises StoreError where that fails."""
        try:
            self.settle()
        finally:
            if self.native != cython.NULL:
                delete_lmdb(self.native)
                self.native = cython.NULL
            self.lock.release()

    def opened(self) -> cython.pointer(Lmdb):
        """Raises ValueError once it is closed."""
        if self.native == cython.NULL:
            raise ValueError(f"{self.folder}: the state is closed")
        return self.native

    def records(self, table: cython.int, first: bytes, end: bytes, most: cython.size_t) -> list:
        """Records that follow one another, no more than ``most``."""
        start: string = text_of(first)
        behind: string = text_of(end)
        found: Run
        error: cython.int
        native: cython.pointer(Lmdb) = self.opened()
        with cython.nogil:
            error = native.scan(table, start, behind, most, found)
        self.check(error)
        return [(bytes_of(found.key(index)), bytes_of(found.value(index))) for index in range(found.size())]

    def write_native(self, changes: cython.const[Changes]) -> cython.int:
        """Write changes in one transaction. Raises StoreError."""
        error: cython.int
        native: cython.pointer(Lmdb) = self.opened()
        self.lock.check()
        self.version += 1
        with cython.nogil:
            error = native.write(changes)
        return self.check(error)

    def write_behind(self, changes: Changes) -> cython.int:
        """Begin to write changes, and take them over. Raises StoreError where what was being written fails."""
        error: cython.int
        native: cython.pointer(Lmdb) = self.opened()
        self.lock.check()
        self.version += 1
        with cython.nogil:
            error = native.write_behind(changes)
        return self.check(error)

    def check(self, error: cython.int) -> cython.int:
        """Raises StoreError where it is one."""
        if error:
            raise self.problem(error)
        return 0

    def raise_failure(self) -> cython.int:
        """Raise what a worker has met when it read, if anything."""
        return self.check(0 if self.native == cython.NULL else self.native.take_failure())

    def problem(self, error: cython.int) -> StoreError:
        """What an error of LMDB, or of the system, means."""
        words = cython.cast(bytes, self.native.words_of(error)).decode()
        if error == MAP_FULL:
            return StoreFull(
                f"{self.folder}: the state has reached its map size of {self.map_size} bytes: give more, as in"
                f" lmdb:{self.folder}?map_size={self.map_size * 2}"
            )
        if error in DAMAGED:
            return StoreDamaged(f"{self.folder}: the files are no LMDB environment, or are damaged: {words}")
        if error == VERSION_MISMATCH:
            return StoreDamaged(f"{self.folder}: was written by another version of LMDB: {words}")
        # Of a write that was cut short, as a full disk does, LMDB says that it was an error of input or output.
        if error in (*NO_ROOM, errno.EIO):
            return StoreFull(f"{self.folder}: no more can be written: {words}: what was committed before is there")
        return StoreUnavailable(f"{self.folder}: {words}")

    def problem_at_opening(self, error: cython.int) -> StoreError:
        """As :meth:`problem`, and what it means that something is not there."""
        if error == INCOMPLETE:
            return StoreDamaged(
                f"{self.folder}: is an LMDB environment of something else, or is damaged: it lacks tables"
            )
        if error in (NOTFOUND, errno.ENOENT) or self.is_empty():
            return StoreUnavailable(f"{self.folder}: {NO_STATE}")
        return self.problem(error)

    def is_empty(self) -> bool:
        """Whether the file has nothing yet: who made it was ended, or found the disk full, before it wrote anything."""
        try:
            return (self.folder / DATA).stat().st_size == 0
        except OSError:
            return False
