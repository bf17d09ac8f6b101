"""What a schedule tells of transactions: how long each was executed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from samestate.conformance.profiling.block_profile import ProfileTable, SpentOn

if TYPE_CHECKING:
    from samestate.optimized.trace import TraceEvent


def seconds_by_transaction(events: Sequence[TraceEvent]) -> dict[int, float]:
    """The seconds in which each transaction was executed."""
    seconds: dict[int, float] = defaultdict(float)
    for event in events:
        if event.kind == "execute":
            seconds[event.transaction] += (event.end - event.begin) / 1e9
    return dict(seconds)


def by_transaction(events: Sequence[TraceEvent], gas: Sequence[int]) -> ProfileTable:
    """What each transaction took; counts are executions."""
    spent = {str(number): SpentOn(0, amount) for number, amount in enumerate(gas)}
    for event in events:
        if event.kind == "execute" and str(event.transaction) in spent:
            spent[str(event.transaction)].add(1, 0, (event.end - event.begin) / 1e9)
    return ProfileTable.of("transaction", spent)
