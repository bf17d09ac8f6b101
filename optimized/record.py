"""The raw access record: what each step of a block read and wrote, as the engine saw it.

The types are this room's own, since it imports nothing of ours; they say the same as those of the specification. A step
is -1 for the opening step, the index of a transaction, or the number of transactions for the closing step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

OPEN: Final = -1
"""The step before the first transaction."""


class Read(NamedTuple):
    """A value observed from before the step, and the steps that contributed to it, oldest first.

    No source: the value stems from before the block.
    """

    value: bytes | None
    source: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What one step read and wrote.

    ``writes`` holds the value after the step of each key that the step changed, and ``before`` the value before it;
    ``credits`` the sums added to keys that the step neither read nor set.
    """

    step: int
    reads: Mapping[bytes, Read] = field(default_factory=dict)
    writes: Mapping[bytes, bytes | None] = field(default_factory=dict)
    before: Mapping[bytes, bytes | None] = field(default_factory=dict)
    credits: Mapping[bytes, int] = field(default_factory=dict)
    wipes: tuple[bytes, ...] = ()
    touches: tuple[bytes, ...] = ()
