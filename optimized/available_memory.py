"""How much memory is left: of the system, and of the containers that this process runs in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from samestate.optimized.control_groups import groups, lines

ROOT: Final = Path("/")


def available(root: Path = ROOT) -> int | None:
    """How many bytes of memory are left, or None where the system does not say.

    That is what the system has, or what is left of the least of the limits that hold for this process: its control
    group may have one, and so may each of the groups that it lies in. ``root``: where the system's files are found.
    """
    left = [_of_the_system(root / "proc/meminfo"), *(_of_a_group(group) for group in groups(root, "memory"))]
    known = [size for size in left if size is not None]
    return min(known) if known else None


def _of_the_system(meminfo: Path) -> int | None:
    words = _table(meminfo).get("MemAvailable:")
    return None if words is None else words << 10


def _of_a_group(group: Path) -> int | None:
    """What is left of a group's limit, in the words of version 2 or 1. Files in the cache are given up when needed."""
    for limit, used, cache in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        most, now = _number(group / limit), _number(group / used)
        if most is not None and now is not None:
            return max(0, most - now + min(now, _table(group / "memory.stat").get(cache, 0)))
    return None


def _number(file: Path) -> int | None:
    """The number in a file; None where there is no file, or a word as in `max`."""
    text = "".join(lines(file)).strip()
    return int(text) if text.isdecimal() else None


def _table(file: Path) -> dict[str, int]:
    """The numbers that stand behind names."""
    rows = [line.split() for line in lines(file)]
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}
