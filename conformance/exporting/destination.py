"""Where tests are written: a folder, or one archive. Either way a file is there whole or not at all."""

from __future__ import annotations

import json
import lzma
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from samestate.conformance.errors import InputError
from samestate.conformance.exporting.json_values import JsonObject
from samestate.conformance.fixtures.archives import RELEASE_FOLDER
from samestate.conformance.output.targets import Output, check_file, check_folder, write_whole

OPTION: Final = "--output"
ARCHIVE: Final = ".tar.xz"
ABOUT: Final = PurePosixPath(RELEASE_FOLDER, "samestate.json")
"""What the export says of itself: what was written, and what was refused and why."""
TIME: Final = "SOURCE_DATE_EPOCH"
"""The variable that says when the files of an archive are from, in seconds since 1970; 0 unless it does."""


class ExportTarget(Protocol):
    """What tests are written to."""

    def add(self, path: PurePosixPath, text: str) -> None:
        """Write a file. Raises InputError."""

    def finish(self, about: JsonObject) -> None:
        """There are no more, and this is what there is to say of them. Raises InputError."""


def destination(target: Path, update: bool) -> ExportTarget:
    """What the option names. Raises InputError where it cannot be written, or is not to be written over."""
    if target.name.endswith(ARCHIVE):
        check_file(OPTION, target, make_folders=True)
        if target.exists() and not update:
            raise InputError(f"{OPTION} {target}: is there already: give another name, or --update to write over it")
        return ArchiveOfTests(target)
    check_folder(OPTION, target)
    if target.is_dir() and any(target.iterdir()) and not update:
        raise InputError(
            f"{OPTION} {target}: is not empty: give another folder, or --update to write over what is there"
        )
    return FolderOfTests(target)


class FolderOfTests:
    """A folder, in which each file is there as soon as it is written."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def add(self, path: PurePosixPath, text: str) -> None:
        """Write a file. Raises InputError."""
        write_whole(OPTION, self.target / path, text, make_folders=True)

    def finish(self, about: JsonObject) -> None:
        """Write what there is to say. Raises InputError."""
        self.add(ABOUT, json.dumps(about, indent=1) + "\n")


class ArchiveOfTests:
    """A tar archive packed as xz, which is written at the end. The same files are the same bytes."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.packed: dict[str, bytes] = {}

    def add(self, path: PurePosixPath, text: str) -> None:
        """Take in a file: kept packed, as some have millions of equal letters."""
        self.packed[str(path)] = zlib.compress(text.encode(), level=1)

    def finish(self, about: JsonObject) -> None:
        """Write all of it, in the order of names, as of one time and nobody's. Raises InputError."""
        self.add(ABOUT, json.dumps(about, indent=1) + "\n")
        compressor, time = lzma.LZMACompressor(preset=9), source_time()
        with Output(OPTION, self.target, make_folders=True) as output:
            for name in sorted(self.packed):
                output.write(compressor.compress(member(name, zlib.decompress(self.packed[name]), time)))
            output.write(compressor.compress(bytes(2 * tarfile.BLOCKSIZE)) + compressor.flush())


def member(name: str, content: bytes, time: int) -> bytes:
    """A file in a tar archive, as of that time and nobody's."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o644, time
    return entry.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)


def source_time() -> int:
    """When the files are from. Raises InputError where the variable is no number."""
    said = os.environ.get(TIME, "0")
    if not (said.isdecimal() and said.isascii()):
        raise InputError(f"{TIME}={said}: must be a number of seconds")
    return int(said)
