"""Bytes as vectors write them."""

from __future__ import annotations

import re
from typing import Final

from samestate.conformance.vectors.document import Json

LONG_RUN: Final = 4_096
"""From so many equal bytes on, one after another, bytes are written in parts."""

_LONG_RUN: Final = re.compile(rb"(.)\1{%d,}" % (LONG_RUN - 1), re.DOTALL)


def hexed(content: bytes) -> str:
    """Bytes as hex."""
    return f"0x{content.hex()}"


def unhexed(written: str) -> bytes:
    """What :func:`hexed` wrote."""
    return bytes.fromhex(written[2:])


def write_bytes(content: bytes) -> Json:
    """Bytes as hex; where there is a long run of one byte in them, as a list of parts."""
    if len(content) < LONG_RUN:
        return hexed(content)
    parts: list[Json] = []
    written = 0
    for run in _LONG_RUN.finditer(content):
        if run.start() > written:
            parts.append(hexed(content[written : run.start()]))
        parts.append({"byte": hexed(run[1]), "times": str(len(run[0]))})
        written = run.end()
    if not parts:
        return hexed(content)
    if written < len(content):
        parts.append(hexed(content[written:]))
    return parts


def length_of(written: Json) -> int:
    """How many bytes :func:`read_bytes` would give, without making them."""
    if not isinstance(written, list):
        return len(str(written)) // 2 - 1
    return sum(int(str(part["times"])) if isinstance(part, dict) else len(str(part)) // 2 - 1 for part in written)


def read_bytes(written: Json) -> bytes:
    """What :func:`write_bytes` wrote. Raises TypeError where it is neither hex nor a list of parts."""
    if isinstance(written, str):
        return unhexed(written)
    if not isinstance(written, list):
        raise TypeError("must be hex, or a list of parts")
    return b"".join(
        unhexed(str(part["byte"])) * int(str(part["times"])) if isinstance(part, dict) else unhexed(str(part))
        for part in written
    )
