"""The engine's region of shared memory, with an error in words where the system does not have as much."""

from __future__ import annotations

from pathlib import Path

from optimized.core.arena import SharedArena
from optimized.errors import OutOfMemory


def create_arena(size: int) -> SharedArena:
    """An arena of so many bytes, all of them there. Raises :class:`OutOfMemory`.

    The system is asked first: it would otherwise find the pages one after another until it kills somebody for memory.
    """
    there = available()
    if there is not None and size > there:
        raise OutOfMemory(
            f"memory_limit is {in_words(size)}, but the system has {in_words(there)} of memory left: lower memory_limit"
        )
    try:
        return SharedArena.create(size)
    except (OSError, MemoryError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutOfMemory(
            f"the system does not give {in_words(size)} of shared memory (memory_limit): {reason}"
        ) from error


def available() -> int | None:
    """How many bytes of memory the system has left, or None where it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) << 10
    return None


def in_words(size: int) -> str:
    """A number of bytes as people write it."""
    for unit, name in ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} bytes"
