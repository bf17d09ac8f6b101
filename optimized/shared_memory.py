"""The engine's region of shared memory, with an error in words where the system does not have as much."""

from __future__ import annotations

from typing import Final

from samestate.optimized.available_memory import available
from samestate.optimized.core.arena import SharedArena
from samestate.optimized.errors import OutOfMemory

SMALLEST: Final = 1 << 16


def create_arena(size: int) -> SharedArena:
    """An arena of so many bytes, all of them there. Raises :class:`OutOfMemory`.

    The system is asked first: it would otherwise find the pages one after another until it kills somebody for memory.
    """
    there = available()
    if there is not None and size > there:
        raise OutOfMemory(
            f"memory_limit is {in_words(size)}, but the system has {in_words(there)} of memory left: lower memory_limit"
        )
    return _created(size, " (memory_limit)")


def create_smallest_arena() -> SharedArena:
    """One for an engine that shares nothing with anybody but the stop flag. Raises :class:`OutOfMemory`."""
    return _created(SMALLEST, "")


def _created(size: int, setting: str) -> SharedArena:
    try:
        return SharedArena.create(size)
    except (OSError, MemoryError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutOfMemory(f"the system does not give {in_words(size)} of shared memory{setting}: {reason}") from error


def in_words(size: int) -> str:
    """A number of bytes as people write it."""
    for unit, name in ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} bytes"
