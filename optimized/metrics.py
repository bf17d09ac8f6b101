"""The figures of a run, as a plain record that can be written down."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkerMetrics:
    """What one worker did: executions begun, validations, and seconds in which it did either."""

    executions: int = 0
    validations: int = 0
    busy_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from the beginning of a transaction's first execution to the end of its last."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class SignatureMetrics:
    """The signatures of a block: how many were verified ahead of execution, and how many in it, proofs included.

    In it: where the key was another than the one that the transactions before were guessed to leave, or where nothing
    was verified ahead. ``ahead_seconds``: for how long all workers did nothing but verify.
    """

    ahead: int
    again: int
    ahead_seconds: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """One run of one block. None stands for what the run did not measure or the strategy does not have.

    ``executions``: begun, of transactions. ``suspensions``: given up because a value was not known yet. ``aborts``:
    thrown away since what they had read was no longer so. ``runtime_conflicts``: both together: conflicts that showed
    only at run time. ``re_executions``: by transaction, how often it was executed after the first time.

    ``waves`` and ``average_wave_size`` are those of the strategy `waves`. ``conflict_rate``: the share of transactions
    that read what an earlier one wrote. ``critical_path``: the longest chain of such transactions (of credits too), and
    ``critical_path_limit`` the speed-up that it allows. ``precision`` and ``recall``: of the expected accesses, see
    :func:`samestate.optimized.analysis.accuracy`.

    ``version_reads`` and ``base_reads``: how many values came from an earlier step of the block, and from the state
    before. ``strategy``: the one that gave the result. ``reason``: where it is not the one asked for, why: what the
    strategy `adaptive` has chosen it for, or why the block was run again (an access list cannot say that storage was
    wiped). ``longest_run``: how many transactions a worker has taken at once at most, on machines where that may be
    more than one; what is said of suspensions, validations and aborts is then said of runs. ``pieces``: in how many
    pieces without versions the block was executed, where it was. ``discarded``: why what was executed in pieces counted
    for nothing, so that the block was executed once more, as its strategy does it otherwise. ``active_workers``: how
    many of the workers the block was given, where that is chosen for each block (``workers: auto``). ``signatures``:
    those of a block of the toy under the ruleset `signed`. ``signatures_in_lanes``: how many signers the compiled EVM
    has found out eight at once. ``kind``: of the workers; ``none`` where there are none, because a machine in Python
    was executed one transaction at a time. ``seconds``: for the whole block, from its input in the engine's form to its
    result.
    """

    strategy: str
    kind: str
    transactions: int
    seconds: float
    executions: int = 0
    suspensions: int = 0
    validations: int = 0
    aborts: int = 0
    re_executions: tuple[int, ...] = ()
    waves: int | None = None
    average_wave_size: float | None = None
    conflict_rate: float | None = None
    critical_path: int | None = None
    precision: float | None = None
    recall: float | None = None
    latency: Latency | None = None
    version_reads: int | None = None
    base_reads: int | None = None
    reason: str | None = None
    longest_run: int | None = None
    pieces: int | None = None
    discarded: str | None = None
    active_workers: int | None = None
    signatures: SignatureMetrics | None = None
    signatures_in_lanes: int | None = None
    workers: tuple[WorkerMetrics, ...] = field(default=())

    @property
    def runtime_conflicts(self) -> int:
        """Executions that were for nothing."""
        return self.suspensions + self.aborts

    @property
    def critical_path_limit(self) -> float | None:
        """The most that executing transactions after those they read from could gain, were all equally long."""
        return self.transactions / self.critical_path if self.critical_path else None

    def as_dict(self) -> dict[str, Any]:
        """The figures by name, as JSON has them."""
        derived = {
            "runtime_conflicts": self.runtime_conflicts,
            "critical_path_limit": self.critical_path_limit,
            "transactions_per_second": self.transactions / self.seconds if self.seconds > 0 else None,
        }
        return asdict(self) | derived

    def as_json(self) -> str:
        """The figures as JSON text."""
        return json.dumps(self.as_dict(), indent=2)


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent of the values do not exceed (nearest rank). There must be a value."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def latency(milliseconds: Iterable[float]) -> Latency | None:
    """The percentiles of transactions' latencies, or None where there is none."""
    values = list(milliseconds)
    if not values:
        return None
    return Latency(percentile(values, 50), percentile(values, 95), percentile(values, 99))


def latency_between(began: bytes, ended: bytes) -> Latency | None:
    """The percentiles of the latencies of transactions that began and ended then, each with its place.

    Nanoseconds (0 = never), as 64-bit numbers from the memory of this machine.
    """
    return latency(
        (end - begin) / 1e6 for begin, end in zip(array("Q", began), array("Q", ended), strict=True) if begin and end
    )
