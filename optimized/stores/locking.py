"""One process at a time: a lock on a folder, which ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from samestate.optimized.stores.store import NO_STATE, StoreInUse, StoreUnavailable

LOCK: Final = "samestate.lock"


class FolderLock:
    """A folder that nobody else writes to, nor, where it is locked for writing, reads from.

    For writing it is made where it is not there. Raises StoreInUse, and StoreUnavailable where it can be no store.
    """

    def __init__(self, folder: Path, writable: bool) -> None:
        self._file = -1
        try:
            if writable:
                folder.mkdir(parents=True, exist_ok=True)
            elif not folder.is_dir():
                raise StoreUnavailable(f"{folder}: {NO_STATE}")
            self._file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._file, (fcntl.LOCK_EX if writable else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise StoreInUse(f"{folder}: another process uses this state: wait for it, or end it") from error
        except OSError as error:
            self.release()
            raise StoreUnavailable(f"{folder}: cannot hold a state: {error.strerror}") from error

    def release(self) -> None:
        """Let others in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
