"""Where the outputs go: files, written beside and then renamed, or one JSON object on stdout or stderr."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from samestate.conformance.errors import InputError

STDOUT: Final = "stdout"
STDERR: Final = "stderr"


@contextlib.contextmanager
def no_surprises(path: Path) -> Iterator[None]:
    """Make an InputError of whatever the file system has against ``path``."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{path}: cannot be written: {reason}") from error


def beside(path: Path) -> Path:
    """The name under which a file is written before it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def write_file(path: Path, content: str) -> None:
    """Write a file, or leave what is there. Folders on the way to it are made."""
    with no_surprises(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = beside(path)
        try:
            part.write_text(content, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


class Outputs:
    """Sends each output where its option says; nothing for an option that is empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._streams: dict[str, dict[str, object]] = {STDOUT: {}, STDERR: {}}

    def send(self, name: str, target: str, value: object) -> None:
        """Write the file ``target``, or keep the value for its stream under ``name``."""
        if target in self._streams:
            self._streams[target][name] = value
        elif target:
            write_file(self._folder / target, json.dumps(value, indent=1) + "\n")

    def flush(self, stdout: IO[str], stderr: IO[str]) -> None:
        """Write what was kept for the streams."""
        for target, stream in ((STDOUT, stdout), (STDERR, stderr)):
            if self._streams[target]:
                stream.write(json.dumps(self._streams[target], indent=2) + "\n")
