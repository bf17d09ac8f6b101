"""How long a slot lasts, and what follows from it: how much history it takes, and how much a block may cost."""

# source: Agave, cost-model/src/block_cost_limits.rs; SIMD-0525; SIMD-0286; SIMD-0306

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TICKS_PER_SLOT: Final = 64
"""How many ticks every slot has."""


@dataclass(frozen=True, slots=True)
class CostLimits:
    """What a block may cost in units, what locks one account for writing of it, and how many bytes it may allocate."""

    account: int
    block: int
    allocation: int


@dataclass(frozen=True, slots=True)
class SlotTime:
    """What the length of a slot decides. ``hashes_per_tick``: None where a tick may come after any number of hashes."""

    hashes_per_tick: int | None
    limits: CostLimits


SLOT_TIMES: Final[Mapping[int, SlotTime]] = {
    400: SlotTime(62_500, CostLimits(40_000_000, 100_000_000, 100_000_000)),
    350: SlotTime(54_687, CostLimits(35_000_000, 87_500_000, 87_500_000)),
    300: SlotTime(46_875, CostLimits(30_000_000, 75_000_000, 75_000_000)),
    250: SlotTime(39_062, CostLimits(25_000_000, 62_500_000, 62_500_000)),
    200: SlotTime(31_250, CostLimits(20_000_000, 50_000_000, 50_000_000)),
}
"""By milliseconds."""
