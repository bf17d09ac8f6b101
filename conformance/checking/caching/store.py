"""Values by key in a folder, bounded in bytes: what was used longest ago makes room.

One SQLite database has them all, so that whoever is killed leaves whole transactions, and several processes may read
and write at once. It waits for no disk: what a power failure takes is executed again. No value is believed: each
carries a SHA-256 over itself and its key, and one that does not fit is dropped and counted. Where the database itself
cannot be read, a new one is begun beside it, under the next number: a process that still has the old one open then
disturbs nobody. The digests find accidents, not forgers: who may write to the folder may write what he likes.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.output.targets import make_folder, remove

OPTION: Final = "--cache"
NAME: Final = re.compile(r"results\.([0-9]{1,9})\.sqlite")
DIGEST_BYTES: Final = 32
PATIENCE: Final = 10.0
"""Seconds for which another process that writes is waited for."""
EVICTED: Final = 0.1
"""The share of the entries that makes room at once, so that room need not be made for every entry."""
TROUBLE: Final = (sqlite3.Error, UnicodeDecodeError)
"""What the library raises: the other one where a message of SQLite's would quote damaged bytes."""
DAMAGE: Final = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,  # a table or a column is not there
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_CONSTRAINT,
    }
)
"""What SQLite says of a database that does not hold what it should."""
PASSING: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
"""What SQLite says where the folder is as it should be, and the disk full, or another process at it for long."""
SCHEMA: Final = """
PRAGMA auto_vacuum = INCREMENTAL;
CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS by_use ON entries (used);
PRAGMA user_version = 1;
"""


class Store:
    """The values in a folder. A context manager.

    ``most``: the bytes that the database may have. ``damaged`` counts values that did not fit their digest,
    ``evicted`` those that made room; ``lost`` says why nothing can be kept or found any more, if so. Raises InputError
    where the folder cannot be used at all; nothing that happens later ends the run.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self.most = most
        self.damaged = 0
        self.evicted = 0
        self.begun_anew = False
        self.lost = ""
        self._used: list[bytes] = []
        make_folder(OPTION, folder)
        try:
            self._connection = self._open()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in PASSING:
                raise InputError(f"{OPTION} {folder}: cannot be used: {error}") from error
            self.lost = str(error)
            self._connection = sqlite3.connect(":memory:")
        except TROUBLE as error:
            raise InputError(f"{OPTION} {folder}: cannot be used: {error}") from error

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None where there is none that can be believed. See :meth:`release`."""
        if self.lost:
            return None
        try:
            return self._get(key)
        except TROUBLE as error:
            self._fail(error)
            return None

    def drop(self, key: bytes) -> None:
        """Drop a value that is none, although it fits its digest, and count it."""
        if self.lost:
            return
        try:
            self._drop(key)
        except TROUBLE as error:
            self._fail(error)

    def release(self) -> None:
        """Let others write, whom reading keeps from it: to be called before whatever takes time."""
        try:
            if not self.lost and self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except TROUBLE as error:
            self._fail(error)

    def put(self, values: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep values, all or none of them; make room where there are too many bytes."""
        rows = [(key, _digest(key, value) + value, _now()) for key, value in values]
        if self.lost or not rows:
            return
        try:
            with self._writing():
                self._say_used()
                self._connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)
                self._look_back(rows)
                self._make_room()
        except TROUBLE as error:
            self._fail(error)

    def size(self) -> int:
        """The bytes that the entries take of the database."""
        try:
            return 0 if self.lost else self._bytes()
        except TROUBLE as error:
            self._fail(error)
            return 0

    def close(self) -> None:
        """Say what was used, and let go of it."""
        try:
            if not self.lost:
                with self._writing():
                    self._say_used()
                self._connection.executescript("PRAGMA incremental_vacuum")  # execute() would free one page alone
        except TROUBLE as error:
            self._fail(error)
        with contextlib.suppress(*TROUBLE):
            self._connection.close()

    # Entries

    def _get(self, key: bytes) -> bytes | None:
        """See :meth:`get`. Raises sqlite3.Error."""
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")
        row = self._connection.execute("SELECT value FROM entries WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        sealed = row[0]
        if isinstance(sealed, bytes) and sealed[:DIGEST_BYTES] == _digest(key, sealed[DIGEST_BYTES:]):
            self._used.append(key)
            return sealed[DIGEST_BYTES:]
        self._drop(key)
        return None

    def _drop(self, key: bytes) -> None:
        """See :meth:`drop`. Raises sqlite3.Error."""
        self.damaged += 1
        with self._writing():
            self._connection.execute("DELETE FROM entries WHERE key = ?", (key,))

    def _look_back(self, rows: Iterable[tuple[bytes, bytes, int]]) -> None:
        """Raise sqlite3.Error where what was just written is not found: in a damaged tree, nothing would be again."""
        for key, _, _ in rows:
            if self._connection.execute("SELECT 1 FROM entries WHERE key = ?", (key,)).fetchone() is None:
                raise sqlite3.DatabaseError("what was written is not found")

    def _say_used(self) -> None:
        """Write when what was found since the last time was used. Raises sqlite3.Error."""
        used, self._used = dict.fromkeys(self._used), []
        now = _now()
        self._connection.executemany("UPDATE entries SET used = ? WHERE key = ?", ((now, key) for key in used))

    def _bytes(self) -> int:
        """See :meth:`size`. Raises sqlite3.Error."""
        pages, free, page = (self._pragma(name) for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * page

    def _make_room(self) -> None:
        """Drop what was used longest ago, until what is left fits. Raises sqlite3.Error."""
        while self._bytes() > self.most:
            count = self._connection.execute("SELECT count(*) FROM entries").fetchone()[0]
            dropped = self._connection.execute(
                "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries ORDER BY used, rowid LIMIT ?)",
                (max(1, int(count * EVICTED)),),
            ).rowcount
            if dropped < 1:
                return
            self.evicted += dropped

    # The database

    def _open(self) -> sqlite3.Connection:
        """The newest database of the folder; a new one where that is damaged. Raises what is in TROUBLE."""
        numbers = self._numbers()
        if numbers:
            try:
                return self._connect(numbers[-1])
            except TROUBLE as error:
                if not _is_damage(error):
                    raise
                self.begun_anew = True
        return self._begin(numbers)

    def _begin(self, numbers: list[int]) -> sqlite3.Connection:
        """A new database, in the place of those of these numbers. Raises what is in TROUBLE."""
        connection = self._connect(numbers[-1] + 1 if numbers else 0)
        for number in numbers:
            for path in self.folder.glob(f"{self._path(number).name}*"):
                with contextlib.suppress(InputError):  # it is left there, and nobody looks at it any more
                    remove(OPTION, path)
        return connection

    def _connect(self, number: int) -> sqlite3.Connection:
        """The database of that number, made where there is none. Raises sqlite3.Error."""
        connection = sqlite3.connect(self._path(number), timeout=PATIENCE, isolation_level=None)
        try:
            connection.text_factory = bytes
            connection.execute("PRAGMA synchronous = OFF")
            form = connection.execute("PRAGMA user_version").fetchone()[0]
            if form == 0:
                connection.executescript(SCHEMA)
            connection.execute("SELECT key, value, used FROM entries LIMIT 1").fetchone()
        except TROUBLE:
            connection.close()
            raise
        return connection

    def _path(self, number: int) -> Path:
        return self.folder / f"results.{number}.sqlite"

    def _numbers(self) -> list[int]:
        """The numbers of the databases that are there, in order."""
        found = (NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(match[1]) for match in found if match is not None)

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction, which is whole or not at all. Raises sqlite3.Error."""
        if self._connection.in_transaction:  # of a reader, which two that wait for one another would never end
            self._connection.execute("COMMIT")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with contextlib.suppress(*TROUBLE):
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _fail(self, error: Exception) -> None:
        """The database has failed: it is begun anew where it is damaged, and else not asked any more in this run."""
        with contextlib.suppress(*TROUBLE):
            self._connection.close()
        if _is_damage(error):
            with contextlib.suppress(OSError, *TROUBLE):
                self._connection = self._begin(self._numbers())
                self.begun_anew = True
                return
        self.lost = str(error)


def _is_damage(error: Exception) -> bool:
    """Whether it is what the database holds that is wrong, and not that it is locked, or the disk full."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return code & 0xFF in DAMAGE


def _digest(key: bytes, value: bytes) -> bytes:
    """What a value is believed by."""
    return hashlib.sha256(len(key).to_bytes(8, "big") + key + value).digest()


def _now() -> int:
    return time.time_ns()
