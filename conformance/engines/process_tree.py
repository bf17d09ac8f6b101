"""A process and all that it has started: what memory they hold, and their end."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def can_be_measured() -> bool:
    """Whether this system tells the memory of processes."""
    return (PROC / "self" / "statm").exists()


def tree(process: int) -> list[int]:
    """The ids of a process and of its descendants, itself first; itself alone where the system does not tell."""
    children: dict[int, list[int]] = defaultdict(list)
    with contextlib.suppress(OSError):
        for entry in os.scandir(PROC):
            if entry.name.isdecimal():
                parent = _parent(entry.name)
                if parent is not None:
                    children[parent].append(int(entry.name))
    found = [process]
    for each in found:
        found += children[each]
    return found


def _parent(process: str) -> int | None:
    try:
        stat = (PROC / process / "stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[1])  # behind the name, which may hold anything


def memory_of(processes: Iterable[int]) -> int:
    """The bytes that processes hold in memory. What they share (libraries, an arena) is counted once."""
    private = shared = 0
    for process in processes:
        try:
            pages = (PROC / str(process) / "statm").read_bytes().split()
        except OSError:
            continue
        private += int(pages[1]) - int(pages[2])
        shared = max(shared, int(pages[2]))
    return (private + shared) * PAGE


def end_tree(process: int) -> None:
    """Kill a process and all that it has started. It is stopped first, so that it starts nothing meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGSTOP)
    for each in tree(process):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)
