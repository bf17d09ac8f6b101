"""Where a state is, in a line: ``lmdb:PATH`` or ``rocksdb:PATH``, with settings behind a question mark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from samestate.optimized.stores.lmdb_store import LmdbStore
from samestate.optimized.stores.rocks_store import RocksStore
from samestate.optimized.stores.settings import CACHE, CURRENT, DATA, MAP_SIZE, RESIDENT
from samestate.optimized.stores.store import Store, StoreUnavailable

MEMORY: Final = "memory"
SETTINGS: Final[Mapping[str, frozenset[str]]] = {
    "lmdb": frozenset({"map_size", "resident", "sync"}),
    "rocksdb": frozenset({"cache", "sync"}),
}
"""Which settings each kind has. ``sync=off``: a commit does not wait for the disk."""
FILES: Final[Mapping[str, str]] = {"lmdb": DATA, "rocksdb": CURRENT}
"""A file that a folder has in which there is a store of the kind."""
UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
MOST: Final = 1 << 47
"""The bytes of address space that a process has, 128 TiB: no size is larger."""
_SIZE: Final = re.compile(r"(\d{1,18})([KMGT]?)")


@dataclass(frozen=True, slots=True)
class Location:
    """A kind of store, its folder, and settings as they were given."""

    kind: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}:{self.folder}"

    def store(self, writable: bool) -> Store:
        """The store that lies there; where it is to be written, it is made if it is not there. Raises StoreError."""
        for kind, file in FILES.items():
            if kind != self.kind and self._has(file):
                raise StoreUnavailable(f"{self}: the folder has a state in it of the kind {kind}: name another folder")
        sync = self._sync()
        if self.kind == "lmdb":
            sizes = self._size("map_size", MAP_SIZE), self._size("resident", RESIDENT)
            return LmdbStore(self.folder, writable, sizes[0], sync, sizes[1])
        return RocksStore(self.folder, writable, self._size("cache", CACHE), sync)

    def _has(self, file: str) -> bool:
        try:
            return (self.folder / file).exists()
        except OSError as error:  # a name that is too long, a folder that may not be looked into
            raise StoreUnavailable(f"{self}: cannot hold a state: {error.strerror}") from error

    def _sync(self) -> bool:
        value = self.settings.get("sync", "on")
        if value not in ("on", "off"):
            raise StoreUnavailable(f"{self}: sync={value}: must be on or off")
        return value == "on"

    def _size(self, name: str, usual: int) -> int:
        if name not in self.settings:
            return usual
        found = _SIZE.fullmatch(self.settings[name])
        if found is None or int(found[1]) == 0:
            raise StoreUnavailable(f"{self}: {name}={self.settings[name]}: must be a number of bytes, as 16G or 512M")
        size = int(found[1]) * UNITS[found[2]]
        if size > MOST:
            raise StoreUnavailable(f"{self}: {name}={self.settings[name]}: must be at most {MOST >> 40}T")
        return size


def parse_location(text: str) -> Location:
    """Where a state is. Raises StoreUnavailable where that is no place for one.

    ``~`` stands for the user's folder, as everywhere: shells leave it as it is behind a colon.
    """
    kind, colon, rest = text.partition(":")
    path, _, query = rest.partition("?")
    if kind not in SETTINGS or not colon or not path or "\0" in path:
        raise StoreUnavailable(f"{text}: must be lmdb:PATH or rocksdb:PATH")
    given = parse_qsl(query, keep_blank_values=True)
    settings = dict(given)
    for name in settings:
        if [each for each, _ in given].count(name) > 1:
            raise StoreUnavailable(f"{text}: {name}: is there twice")
    unknown = sorted(settings.keys() - SETTINGS[kind])
    if unknown:
        known = ", ".join(sorted(SETTINGS[kind]))
        raise StoreUnavailable(f"{text}: {unknown[0]}: no setting of {kind} is called so: there are {known}")
    return Location(kind, Path(path).expanduser() if path.split("/")[0] == "~" else Path(path), settings)
