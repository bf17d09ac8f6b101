"""Whether there can be a plan at all: chains with domains of their own, and links on which messages take time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Way(NamedTuple):
    """A link as a plan has it, by the names of its ends."""

    source: str
    destination: str
    latency: int


def plan_fault(domains: Mapping[str, int], ways: Sequence[Way], named: Iterable[str]) -> str:
    """The code of what is wrong with a plan, or nothing. ``named``: the chains of which rounds have blocks."""
    if len(set(domains.values())) < len(domains):
        return "DOMAIN_TWICE"
    for place, way in enumerate(ways):
        if not domains.keys() >= {way.source, way.destination}:
            return "LINK_TO_NO_CHAIN"
        if way.source == way.destination:
            return "LINK_TO_ITSELF"
        if any(other[:2] == way[:2] for other in ways[:place]):
            return "LINK_TWICE"
    instant = [way for way in ways if way.latency < 1]
    if instant:
        return "CYCLE_IN_A_ROUND" if left_over(instant) else "LINK_WITHOUT_LATENCY"
    return "" if domains.keys() >= set(named) else "BLOCK_OF_NO_CHAIN"


def left_over(ways: Iterable[Way]) -> set[Way]:
    """What is left once ways into dead ends are taken away, again and again: cycles, and ways there."""
    left = set(ways)
    while dead := {way for way in left if all(way.destination != other.source for other in left)}:
        left -= dead
    return left
