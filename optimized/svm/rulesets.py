"""The rulesets of Solana's compiled machine, and what of their limits follows from the time that a slot takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """What a block may cost, and one account of it, in cost units; and how many bytes its transactions may allocate."""

    account: int
    block: int
    allocation: int


@dataclass(frozen=True, slots=True)
class SlotTime:
    """What follows from the time of a slot (SIMD-0286, SIMD-0306, SIMD-0525)."""

    limits: Limits
    hashes_per_tick: int


SLOT_TIMES: Final[Mapping[int, SlotTime]] = {
    400: SlotTime(Limits(40_000_000, 100_000_000, 100_000_000), 62_500),
    350: SlotTime(Limits(35_000_000, 87_500_000, 87_500_000), 54_687),
    300: SlotTime(Limits(30_000_000, 75_000_000, 75_000_000), 46_875),
    250: SlotTime(Limits(25_000_000, 62_500_000, 62_500_000), 39_062),
    200: SlotTime(Limits(20_000_000, 50_000_000, 50_000_000), 31_250),
}
"""By milliseconds."""


@dataclass(frozen=True, slots=True)
class SvmRules:
    """What differs between rulesets.

    ``has_version_1``: transactions of version 1 (SIMD-0385). ``keeps_exempt``: an account that was there before may
    stay below the minimum balance (SIMD-0392).
    """

    name: str
    has_version_1: bool = False
    keeps_exempt: bool = False


MAINNET_2026_07: Final = SvmRules("mainnet-2026-07")
MAINNET_2026_09: Final = replace(MAINNET_2026_07, name="mainnet-2026-09", has_version_1=True, keeps_exempt=True)

RULESETS: Final = {rules.name: rules for rules in (MAINNET_2026_07, MAINNET_2026_09)}
"""By name."""
