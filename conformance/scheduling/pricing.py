"""Prices of what is scarce: what a share of the block is worth, and a share of what may be used of one key.

A limit that many dear transactions want is worth more than one that nobody reaches. The prices are those of the
Lagrangian of the relaxation (:mod:`samestate.conformance.scheduling.bound`): where demand at the prices exceeds a
limit its price rises, and where it stays below it falls. Who has most left of the fee, having paid for what it takes,
comes first: transactions cannot be taken in parts, and large ones are harder to place later.
"""

# source: M. Held, P. Wolfe, H. P. Crowder, Validation of subgradient optimization, Mathematical Programming 6 (1974)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from samestate.conformance.scheduling.pending import BlockLimits, Pending, Priority
from samestate.spec.machine import Key

STEPS: Final = 80
"""How often prices are corrected."""
SLOWER: Final = 0.05
"""By how much each correction is smaller than the first, again and again."""

Resource = tuple[str, Key | None]
"""A dimension of the block, or of one key."""


def priced_orders(
    candidates: Sequence[Pending], limits: BlockLimits, left_out: Mapping[int, str], earned: int
) -> Iterator[Priority]:
    """Priorities by the prices that were best, and by their mean once they had settled. None where nothing is scarce.

    ``earned``: fees that some block is known for. Prices are found in floating point, and in one order whatever the
    order of the pool, so that they are the same everywhere.
    """
    shares = scarce_shares(candidates, limits, left_out)
    order = sorted(shares, key=lambda index: candidates[index].name)
    resources = sorted({each for taken in shares.values() for each, _ in taken}, key=name_of)
    prices = {each: earned / len(resources) for each in resources}
    best, lowest = prices, float("inf")
    sums = dict.fromkeys(resources, 0.0)
    for step in range(STEPS):
        load = dict.fromkeys(resources, 0.0)
        value = sum(prices.values())
        for index in order:
            left = candidates[index].fee - sum(prices[each] * share for each, share in shares[index])
            if left > 0:
                value += left
                for each, share in shares[index]:
                    load[each] += share
        if value < lowest:
            best, lowest = dict(prices), value
        if 2 * step >= STEPS:
            sums = {each: sums[each] + prices[each] for each in resources}
        length = sum((load[each] - 1) ** 2 for each in resources if prices[each] > 0 or load[each] > 1)
        if not length:
            break
        size = (value - earned) / length / (1 + SLOWER * step)
        prices = {each: max(0.0, prices[each] + size * (load[each] - 1)) for each in resources}
    if resources:
        yield by_what_is_left(best)
        yield by_what_is_left({each: total / (STEPS // 2) for each, total in sums.items()})


def name_of(resource: Resource) -> tuple[str, bytes]:
    """By what resources are put in order."""
    return resource[0], b"" if resource[1] is None else b"\x01" + resource[1]


def scarce_shares(
    candidates: Sequence[Pending], limits: BlockLimits, left_out: Mapping[int, str]
) -> dict[int, list[tuple[Resource, float]]]:
    """What each candidate that fits at all takes of every limit that the pool exceeds, as a share of it."""
    demand: dict[Resource, int] = {}
    taken: dict[int, list[tuple[Resource, int, int]]] = {}
    for index, candidate in enumerate(candidates):
        if index not in left_out and fits_alone(candidate, limits):
            taken[index] = list(uses_of(candidate, limits))
            for each, used, _ in taken[index]:
                demand[each] = demand.get(each, 0) + used
    return {
        index: [(each, used / limit) for each, used, limit in uses if used and demand[each] > limit]
        for index, uses in taken.items()
    }


def uses_of(candidate: Pending, limits: BlockLimits) -> Iterator[tuple[Resource, int, int]]:
    """Each limit that a candidate takes of: how much, and how much there is."""
    for name, limit in limits.block.items():
        yield (name, None), candidate.use.get(name, 0), limit
    for name, limit in limits.key.items():
        for key in sorted(candidate.writes):
            yield (name, key), candidate.use.get(name, 0), limit


def fits_alone(candidate: Pending, limits: BlockLimits) -> bool:
    """Whether a candidate fits an empty block: if not, it is in none."""
    return all(used <= limit for _, used, limit in uses_of(candidate, limits))


def by_what_is_left(prices: Mapping[Resource, float]) -> Priority:
    """What is left of the fee where a candidate has paid these prices for what it takes."""

    def priority(candidate: Pending, limits: BlockLimits) -> Fraction:
        uses = uses_of(candidate, limits)
        paid = sum(prices.get(each, 0.0) * used / limit for each, used, limit in uses if used and limit)
        return candidate.fee - Fraction(paid)

    return priority
