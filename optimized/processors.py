"""How many processors this process may use: by its affinity mask, and by the quotas of the containers it runs in."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

from samestate.optimized.control_groups import groups, lines

ROOT: Final = Path("/")


class AutoWorkers(int):
    """A number of workers that is the most there may be: each block has as many of them as suit its shape."""

    def __str__(self) -> str:
        """As people see it beside fixed numbers."""
        return f"auto ({int(self)})"


def allowed_processors() -> frozenset[int]:
    """The numbers of the processors that this process may run on: all, where the system knows no such thing."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def available_processors(root: Path = ROOT, allowed: frozenset[int] | None = None) -> int:
    """How many processors' time this process may have: at least 1.

    The processors that it may run on, or what is less: the least quota of the control groups that it lies in, rounded
    up, since half a processor is one worker.
    """
    count = len(allowed_processors() if allowed is None else allowed)
    quotas = [quota for group in groups(root, "cpu") if (quota := _quota(group)) is not None]
    return max(1, min([count, *(math.ceil(quota) for quota in quotas)]))


def _quota(group: Path) -> float | None:
    """The processors' time of a group in a second, in the words of version 2 or 1; None where it has no limit."""
    words = " ".join(lines(group / "cpu.max")).split()
    if not words:
        words = [*lines(group / "cpu.cfs_quota_us"), *lines(group / "cpu.cfs_period_us")]
    if len(words) != 2 or not all(word.isdecimal() for word in words) or int(words[1]) == 0:
        return None  # `max`, or -1
    return int(words[0]) / int(words[1])
