"""The meter of this process: what its engines say of each block, kept until somebody takes it.

It is off, and then costs a look at a flag for each block. A process that works for another one takes what has been
metered along with what it answers; only the process that leads exports anything.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from samestate.conformance.metering.tally import MetricTally

if TYPE_CHECKING:
    from samestate.optimized.metrics import Metrics

_lock: Final = threading.Lock()  # `bench` has engines at work in several threads
_state: Final[list[MetricTally]] = []
"""The tally of a meter that is on; nothing of one that is off."""


def start() -> None:
    """Meter from now on."""
    with _lock:
        _state[:] = [MetricTally()]


def stop() -> None:
    """Meter no more, and forget what was not taken."""
    with _lock:
        _state.clear()


def is_on() -> bool:
    """Whether blocks are metered."""
    return bool(_state)


def take() -> MetricTally | None:
    """What has been metered since the last time; None where the meter is off."""
    with _lock:
        if not _state:
            return None
        taken, _state[0] = _state[0], MetricTally()
        return taken


def note_block(engine: str, machine: str, metrics: Metrics) -> None:
    """Enter what an engine says of a block."""
    with _lock:
        if _state:
            enter_block(_state[0], engine, machine, metrics)


def note(tally: MetricTally) -> None:
    """Enter what somebody else has counted."""
    with _lock:
        if _state:
            _state[0].merge(tally)


def enter_block(tally: MetricTally, engine: str, machine: str, metrics: Metrics) -> None:
    """Enter what an engine says of a block into a tally. What it did not measure is not entered."""
    labels = {"engine": engine, "machine": machine, "strategy": metrics.strategy}
    tally.add("samestate_blocks_total", 1, **labels)
    tally.observe("samestate_block_duration_seconds", metrics.seconds, **labels)
    counted = {
        "samestate_transactions_total": metrics.transactions,
        "samestate_executions_total": metrics.executions,
        "samestate_re_executions_total": sum(metrics.re_executions),
        "samestate_suspensions_total": metrics.suspensions,
        "samestate_aborts_total": metrics.aborts,
        "samestate_validations_total": metrics.validations,
        "samestate_version_reads_total": metrics.version_reads,
        "samestate_base_reads_total": metrics.base_reads,
        "samestate_waves_total": metrics.waves,
        "samestate_pieces_total": metrics.pieces,
        "samestate_discarded_blocks_total": int(metrics.discarded is not None),
    }
    for name, amount in counted.items():
        if amount is not None:
            tally.add(name, amount, **labels)
    for number, worker in enumerate(metrics.workers):
        tally.add("samestate_worker_busy_seconds_total", worker.busy_seconds, **labels, worker=str(number))
        tally.add("samestate_worker_executions_total", worker.executions, **labels, worker=str(number))
    if metrics.conflict_rate is not None:
        tally.observe("samestate_conflict_ratio", metrics.conflict_rate, **labels)
    if metrics.critical_path is not None:
        tally.observe("samestate_critical_path_transactions", metrics.critical_path, **labels)
