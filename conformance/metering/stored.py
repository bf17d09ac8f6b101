"""What a state on disk has counted, as metrics, and as what advice on it looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from samestate.conformance.metering.advice import StoredReads
from samestate.conformance.metering.tally import MetricTally

QUESTIONS: Final = {"key": "on_demand", "range": "scans", "ahead": "ahead"}
"""What a store is asked for, and what that is called among the counts of a :class:`StoredWorld`; here and below."""
PARTS: Final = {"node": "nodes", "value": "values"}
COUNTED: Final = {
    "samestate_state_met_ahead_total": "met",
    "samestate_state_read_bytes_total": "read_bytes",
    "samestate_state_commits_total": "commits",
    "samestate_state_written_records_total": "written",
    "samestate_state_written_bytes_total": "written_bytes",
}
LASTED: Final = {
    "samestate_state_read_seconds_total": "read_nanoseconds",
    "samestate_state_commit_seconds_total": "commit_nanoseconds",
}


class StoredMeter:
    """Says what has been counted since it last did. ``state``: how the state is named."""

    def __init__(self, state: str) -> None:
        self._state = state
        self._before: Mapping[str, int] = {}

    def tally(self, counts: Mapping[str, int], size: int | None) -> MetricTally:
        """As metrics. ``counts``: all that the state has counted; ``size``: its bytes on disk, where they are known."""
        new = since(self._before, counts)
        self._before = counts
        tally = MetricTally()
        for kind, name in QUESTIONS.items():
            tally.add("samestate_state_reads_total", new[name], state=self._state, kind=kind)
        for kind, name in PARTS.items():
            tally.add("samestate_state_trie_parts_total", new[name], state=self._state, kind=kind)
        for metric, name in COUNTED.items():
            tally.add(metric, new[name], state=self._state)
        for metric, name in LASTED.items():
            tally.add(metric, new[name] / 1e9, state=self._state)
        if size is not None:
            tally.set("samestate_state_size_bytes", size, state=self._state)
        return tally


def since(before: Mapping[str, int], counts: Mapping[str, int]) -> dict[str, int]:
    """What was counted between two looks."""
    return {name: count - before.get(name, 0) for name, count in counts.items()}


def note_block(tally: MetricTally, state: str, seconds: float) -> None:
    """Enter a block into a tally: for how long it was executed, its root computed, and its commit waited for."""
    tally.observe("samestate_state_block_duration_seconds", seconds, state=state)


def stored_reads(state: str, new: Mapping[str, int], seconds: float) -> StoredReads:
    """What advice looks at, from what was counted while a block, or several, took so many seconds."""
    return StoredReads(state, sum(new[name] for name in QUESTIONS.values()), new["read_nanoseconds"] / 1e9, seconds)
