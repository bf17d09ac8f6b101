"""One process at a time: a lock on a folder, which ends with the process that holds it, however that ends."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Final

from samestate.optimized.stores.store import NO_STATE, StoreInUse, StoreUnavailable

LOCK: Final = "samestate.lock"


class FolderLock:
    """A folder that nobody else writes to, nor, where it is locked for writing, reads from.

    For writing it is made where it is not there. Whoever looks need not be allowed to write there. Raises StoreInUse,
    and StoreUnavailable where it can be no store.
    """

    def __init__(self, folder: Path, writable: bool) -> None:
        self._file = -1
        self._folder = folder
        try:
            self._place = folder.absolute() / LOCK  # whatever becomes the folder of this process
            if writable:
                folder.mkdir(parents=True, exist_ok=True)
            elif not folder.is_dir():
                raise StoreUnavailable(f"{folder}: {NO_STATE}")
            self._file = self._open(writable)
            if self._file >= 0:
                fcntl.flock(self._file, (fcntl.LOCK_EX if writable else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                self.check()
        except BlockingIOError as error:
            self.release()
            raise StoreInUse(f"{folder}: another process uses this state: wait for it, or end it") from error
        except OSError as error:
            self.release()
            raise StoreUnavailable(f"{folder}: cannot hold a state: {error.strerror}") from error
        except StoreUnavailable:
            self.release()
            raise

    def check(self) -> None:
        """Raises StoreUnavailable where others may hold the folder by now: the file, or all of it, is another."""
        try:
            is_held = os.path.samestat(self._place.stat(), os.fstat(self._file))
        except OSError:
            is_held = False
        if not is_held:
            raise StoreUnavailable(
                f"{self._folder}: was moved or removed while it was in use, or its file {LOCK} was, so that others may"
                " use it: nothing more is written"
            )

    def release(self) -> None:
        """Let others in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self, writable: bool) -> int:
        """The file to be locked; -1 where there is none, and nobody can write."""
        making = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        if writable:
            return os.open(self._place, making, 0o644)
        try:
            return os.open(self._place, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            try:
                return os.open(self._place, making, 0o644)
            except OSError as error:
                if error.errno == errno.EROFS:
                    return -1
                raise
