"""The control groups that this process runs in, as a container has them: where their limits are found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of the groups that have to do with a controller, from the process' own to the outermost.

    Inside a container the path of its own group may not be there: then the outermost that can be seen is its own.
    ``root``: where the system's files are found.
    """
    for line in lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        named = controller in controllers.split(",")
        mounts = [controller, controllers] if named else [] if controllers else [".", "unified"]
        for mount in dict.fromkeys(mounts):
            top = root / "sys/fs/cgroup" / mount
            inner = top / path.lstrip("/")
            yield from (group for group in (inner, *inner.parents) if group == top or top in group.parents)


def lines(file: Path) -> list[str]:
    """The lines of a file, none where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
