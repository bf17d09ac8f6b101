"""Scheduling points: the places at which one worker may be stopped and another go on.

A worker calls its point right before each of its actions. Between two points nobody else runs, so what stands between
them is atomic; whatever is not atomic in a real engine has a point in the middle.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, Protocol


class Kind(enum.Enum):
    """What the action after a point can do to the others. When in doubt, a point is an :attr:`ACT`."""

    ACT = "act"
    """It may change what workers share."""

    LOOK = "look"
    """It only reads what workers share."""

    OWN = "own"
    """It reads and changes nothing but what belongs to the worker."""

    IDLE = "idle"
    """There is nothing to do at the moment: the worker yields, and looks again when its turn comes."""


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """The name of an action, for people, and its kind. Make each once: labels are told apart by identity."""

    name: str
    kind: Kind = Kind.ACT

    def __str__(self) -> str:
        return self.name


IDLE: Final = Label("idle", Kind.IDLE)
"""What a worker that finds nothing to do passes, each time round."""

FINISHED: Final = Label("finished", Kind.LOOK)
"""Where a worker has finished and several others are left. No worker passes it itself: the driver does."""


class Point(Protocol):
    """The one function through which workers and whoever schedules them meet."""

    def __call__(self, label: Label, detail: object = None, /) -> None:
        """The worker is about to do what ``label`` says, ``detail`` being what to. Returns when it is its turn.

        May raise a BaseException: the run is over, and the worker has to let it pass and touch nothing more.
        """


def pass_by(label: Label, detail: object = None, /) -> None:
    """The point of whoever works alone."""
