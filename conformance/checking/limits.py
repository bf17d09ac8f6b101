"""What a case may take: time and memory. A case that takes more fails, and the others go on."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from samestate.conformance.engines.process_tree import can_be_measured
from samestate.conformance.errors import InputError

UNITS: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
SIZE: Final = re.compile(r"([0-9]{1,15})([KMGT]?)(?:iB|B)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most seconds and the most bytes that a case may take, each None where there is no limit.

    Memory is that of the process that runs the case and of all that it has started, what they share counted once.
    """

    seconds: float | None = None
    memory: int | None = None

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return self.seconds is not None or self.memory is not None


NO_LIMITS: Final = Limits()


def parse_limits(timeout: float | None, memory: str | None) -> Limits:
    """The limits that the options ``--timeout`` and ``--memory`` ask for. Raises InputError."""
    if timeout is not None and not (math.isfinite(timeout) and timeout > 0):
        raise InputError(f"--timeout {timeout:g}: must be a number of seconds above zero")
    if memory is None:
        return Limits(timeout)
    size = parse_size("--memory", memory)
    if not can_be_measured():
        raise InputError("--memory: this system has no /proc, from which the memory of a process can be read")
    return Limits(timeout, size)


def parse_size(option: str, text: str) -> int:
    """The bytes that an option says, as ``512M``. Raises InputError."""
    match = SIZE.fullmatch(text)
    size = int(match[1]) * UNITS[match[2].upper()] if match is not None else 0
    if not size:
        raise InputError(f"{option} {text}: must be a size such as 512M or 2G")
    return size


def show_size(size: int) -> str:
    """A size for people, such as ``1.5 GiB``."""
    unit = next((name for name in ("G", "M", "K") if size >= UNITS[name]), "")
    return f"{size / UNITS[unit]:.3g} {unit}iB" if unit else f"{size} bytes"


class EndedBeforeWork(Exception):  # noqa: N818 - says what happened
    """A worker process ended before it took any work."""
