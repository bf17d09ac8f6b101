"""How much memory is left: of the system, and of the containers that this process runs in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path("/")


def available(root: Path = ROOT) -> int | None:
    """How many bytes of memory are left, or None where the system does not say.

    That is what the system has, or what is left of the least of the limits that hold for this process: its control
    group may have one, and so may each of the groups that it lies in. ``root``: where the system's files are found.
    """
    left = [_of_the_system(root / "proc/meminfo"), *(_of_a_group(group) for group in _groups(root))]
    known = [size for size in left if size is not None]
    return min(known) if known else None


def _of_the_system(meminfo: Path) -> int | None:
    words = _table(meminfo).get("MemAvailable:")
    return None if words is None else words << 10


def _groups(root: Path) -> Iterator[Path]:
    """The folders of the control groups of this process that have to do with memory, from its own to the outermost.

    Inside a container the path of its own group may not be there: then the outermost that can be seen is its own.
    """
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        mounts = ["memory"] if "memory" in controllers.split(",") else [] if controllers else [".", "unified"]
        for mount in mounts:
            top = root / "sys/fs/cgroup" / mount
            inner = top / path.lstrip("/")
            yield from (group for group in (inner, *inner.parents) if group == top or top in group.parents)


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
    text = "".join(_lines(file)).strip()
    return int(text) if text.isdecimal() else None


def _table(file: Path) -> dict[str, int]:
    """The numbers that stand behind names."""
    rows = [line.split() for line in _lines(file)]
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
