"""What a run was like: how often it ran, checked and repeated what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counts of one run of a block.

    ``executions`` counts incarnations that ended, ``suspensions`` those that met an estimate; ``aborts`` are executions
    whose reads did not hold. ``re_executions`` says how often each transaction was run again, for either reason.
    ``runtime_conflicts`` are aborts and suspensions together. ``executions_per_worker`` counts as ``executions`` does.
    ``waves`` are the sizes of the waves, for that strategy. ``points`` is how many scheduling points were passed.
    """

    strategy: str
    workers: int
    transactions: int
    executions: int
    validations: int
    aborts: int
    suspensions: int
    re_executions: tuple[int, ...]
    executions_per_worker: tuple[int, ...]
    waves: tuple[int, ...] = ()
    points: int = 0
    precision: float | None = None
    recall: float | None = None

    @property
    def runtime_conflicts(self) -> int:
        """How often a transaction met what another one had not finished, or had changed."""
        return self.aborts + self.suspensions
