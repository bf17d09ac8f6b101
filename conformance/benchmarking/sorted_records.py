"""More records than memory holds, put in order."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

BUCKETS: Final = 256


class SortedRecords:
    """Records of one length, put in order by their first bytes through files: memory holds one in 256 of them.

    A context: the files are gone after it.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._folder = tempfile.TemporaryDirectory(prefix="samestate-order-")
        self._files: list[IO[bytes]] = []

    def add(self, record: bytes) -> None:
        """Take in a record, whose first byte is as often one value as another."""
        self._files[record[0]].write(record)

    def in_order(self) -> Iterator[bytes]:
        """All records, each once."""
        for file in self._files:
            file.seek(0)
            data = file.read()
            yield from sorted(data[place : place + self._length] for place in range(0, len(data), self._length))

    def __enter__(self) -> SortedRecords:
        folder = Path(self._folder.name)
        self._files = [(folder / str(bucket)).open("w+b") for bucket in range(BUCKETS)]
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()
        self._folder.cleanup()
