"""Bytes as vectors write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from samestate.conformance.vectors.document import Json

LONG_RUN: Final = 4_096
"""From so many equal bytes on, one after another, bytes are written in parts."""

_PIECE: Final = LONG_RUN // 2
"""Wherever a long run begins, it has a whole piece of this length that begins at a multiple of it."""


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
    for begin, end in long_runs(content):
        if begin > written:
            parts.append(hexed(content[written:begin]))
        parts.append({"byte": hexed(content[begin : begin + 1]), "times": str(end - begin)})
        written = end
    if not parts:
        return hexed(content)
    if written < len(content):
        parts.append(hexed(content[written:]))
    return parts


def long_runs(content: bytes) -> Iterator[tuple[int, int]]:
    """Where the long runs of one byte begin and end."""
    place = 0
    while place + _PIECE <= len(content):
        byte = content[place : place + 1]
        if content[place : place + _PIECE] != byte * _PIECE:
            place += _PIECE
            continue
        end = place + _PIECE
        while content[end : end + _PIECE] == byte * _PIECE:
            end += _PIECE
        end += len(content[end : end + _PIECE]) - len(content[end : end + _PIECE].lstrip(byte))
        before = content[max(0, place - _PIECE) : place]
        begin = place - (len(before) - len(before.rstrip(byte)))
        if end - begin >= LONG_RUN:
            yield begin, end
        place = -(-end // _PIECE) * _PIECE


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
