"""Where the parts of the input come from: a file each, or one JSON object on stdin that holds them by name."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document
from samestate.conformance.fixtures.fields import Fields
from samestate.conformance.fixtures.input_files import DOCUMENT_LIMIT, read_input, read_stream

STDIN: Final = "stdin"


@dataclass(slots=True)
class Sources:
    """The files that options name. Stdin is read once, when the first part is taken from it."""

    _held: Mapping[str, object] | None = field(default=None, init=False)

    def part(self, option: str, source: str, *names: str) -> tuple[str, object]:
        """Where a part stands, and its JSON: that of the file ``source``, or on stdin the first of ``names`` there.

        Raises InputError where it cannot be read, is not JSON, or stdin does not hold it.
        """
        if source == STDIN:
            held = self._on_stdin()
            for name in names:
                if held.get(name) is not None:
                    return f"stdin: {name}", held[name]
            if names[0] in held:
                return f"stdin: {names[0]}", None
            raise InputError(f"stdin: the field {names[0]!r} is missing, but {option} says that it is there")
        content = read_file(option, source)
        return source, parse_json(source, content)

    def _on_stdin(self) -> Mapping[str, object]:
        if self._held is None:
            self._held = Fields(STDIN, parse_json(STDIN, read_stdin())).values
        return self._held


def read_stdin() -> bytes:
    """All of stdin. Raises InputError where it is closed, cannot be read, or has more than a document may have."""
    stdin: TextIO | None = sys.stdin
    if stdin is None:
        raise InputError("stdin: cannot be read: it is closed")
    try:
        return read_stream(STDIN, stdin.buffer, DOCUMENT_LIMIT)
    except OSError as error:
        raise InputError(f"stdin: cannot be read: {error.strerror or error}") from error


def read_file(option: str, source: str) -> bytes:
    """The content of a file that an option names. Raises InputError."""
    if not source:
        raise InputError(f"{option}: must name a file, or be stdin")
    return read_input(f"{option}: {source}", Path(source), DOCUMENT_LIMIT)


def parse_json(where: str, content: bytes) -> object:
    """The JSON in ``content``, or a bare hex string as a file of RLP may hold it. Raises InputError."""
    text = content.strip()
    if text.startswith(b"0x"):
        text = json.dumps(text.decode("ascii", "replace")).encode()
    return Document(where, text).json() if text else None
