"""What a vector has against the specification with a bug, as one process tells the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PASSES: Final = "passes"
DIFFERS: Final = "differs"
ENDS: Final = "ends"
"""It crashed or did not end: no kill, and nothing that was passed either."""

STATE_ROOT: Final = "state root"
VERDICT: Final = "verdict"
NOWHERE: Final = "neither"
"""What shows a difference to whoever compares nothing but state roots, and which blocks are valid."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One vector's: its id, the outcome, where the first difference is, both values, and who would see it."""

    vector: str
    outcome: str
    where: str = ""
    values: str = ""
    seen: str = ""
