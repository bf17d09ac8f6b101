"""What is said on stderr while a command works: lines for people, or a line of JSON for each event.

Every line of JSON has ``time`` (UTC, RFC 3339), ``level`` (info, warning or error), ``event`` and ``message``; events
have more fields, which docs/metrics.md lists.
"""

from __future__ import annotations

import datetime
import io
import json
import sys
import time
from enum import StrEnum
from typing import Final, TextIO, TypeAlias


class LogFormat(StrEnum):
    """How a command says on stderr what it does."""

    TEXT = "text"
    JSON = "json"


Field: TypeAlias = str | int | float | bool | None

PROGRESS_SECONDS: Final = 5.0
"""How often it is said how far a command is."""

_format: Final[list[LogFormat]] = [LogFormat.TEXT]


def use_format(chosen: LogFormat) -> None:
    """Have all that is said from now on be in this form."""
    _format[0] = chosen


def is_json() -> bool:
    """Whether events are lines of JSON."""
    return _format[0] is LogFormat.JSON


def say(message: str, event: str = "message", level: str = "info", **fields: Field) -> None:
    """Say something: people read the message, programs all of it."""
    if not is_json():
        print(f"samestate: {message}", file=sys.stderr, flush=True)
        return
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"time": now, "level": level, "event": event, "message": message, **fields}
    print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)


def tell(event: str, message: str, level: str = "info", **fields: Field) -> None:
    """Say what only programs are told on stderr, since people have it on stdout or in a bar."""
    if is_json():
        say(message, event, level, **fields)


def report_stream(is_stdout_taken: bool) -> TextIO:
    """Where a report for people goes: to stdout, or to stderr where that is taken; nowhere if there are events."""
    if not is_stdout_taken:
        return sys.stdout
    return io.StringIO() if is_json() else sys.stderr


class Pace:
    """Says when it is time to tell how far a command is: now and then, not each time."""

    def __init__(self, seconds: float = PROGRESS_SECONDS) -> None:
        self._seconds = seconds
        self._next = time.monotonic() + seconds

    def is_due(self) -> bool:
        """Whether enough time has passed since it was due last."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
