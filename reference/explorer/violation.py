"""What is wrong with a run: a broken invariant, a wrong result, or workers that get nowhere."""

from __future__ import annotations

from typing import Final

RESULT: Final = "result"
"""The run ended with something other than what is right."""

LIVELOCK: Final = "livelock"
"""Workers were busy for far longer than the work can take, although each had its turn."""

OUT_OF_POINTS: Final = "out of points"
"""The run took more points than it was given, whatever the work is: it may be a livelock, or just a long run."""

LOST_WAKE_UP: Final = "lost wake-up"
"""Every worker that is left found nothing to do, again and again: nobody will ever wake them."""

CRASH: Final = "crash"
"""A worker, or the end of a run, raised an exception that says nothing of its own about what went wrong."""


class Violation(BaseException):
    """A named thing that must never happen. No BaseException of this kind is caught by a machine or a worker."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(name, detail)
        self.name = name
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"
