"""Advice: the bottleneck of a block on an engine, named from its metrics, and what to change.

Each rule is a function from the figures of a run to an advice, or None where its bottleneck is not there. ``lost`` is
the share of the run's time that the bottleneck may cost, as far as the figures say: what rules are ranked by. Nothing
here is measured: benchmarks/advice_followed.py measures what following each advice is worth, on a block that provokes
it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from samestate.optimized.metrics import Metrics

FEW_FOR_A_WORKER: Final = 8
"""Transactions for each worker below which handing them out is a large part of the work."""

HARDLY_BUSY: Final = 0.4
"""The share of the time in which workers are at work below which one alone would be as fast, or nearly."""

WORTH_SAYING: Final = 0.1
"""The share of a run's time from which on a bottleneck is told."""

STORED_CHANGES: Final = {
    "lmdb": (
        "Keep more of the file mapped (lmdb:PATH?resident=1G), have more workers than processors where the disk is what"
        " is waited for (--workers 8), or the state in memory"
    ),
    "rocksdb": (
        "Have the state in LMDB, which workers ask without waiting for one another, or in memory; or give RocksDB a"
        " larger cache (rocksdb:PATH?cache=1G)"
    ),
}
"""What to do about reads of a state on disk, by its kind."""

SEQUENTIAL: Final = "sequential"
WAVES: Final = "waves"
BLOCK_STM: Final = "block-stm"


@dataclass(frozen=True, slots=True)
class Advice:
    """A bottleneck by its name, why it is one in the figures' words, what to change, and the share it may cost."""

    bottleneck: str
    because: str
    change: str
    lost: float

    def sentence(self) -> str:
        """The advice for people."""
        return f"{self.bottleneck}: {self.because}. {self.change}"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "bottleneck": self.bottleneck,
            "because": self.because,
            "change": self.change,
            "lost": round(self.lost, 3),
        }


@dataclass(frozen=True, slots=True)
class StoredReads:
    """What was asked of a state on disk: how often, and for how many seconds in all that was waited for.

    ``waited`` is that of all threads together. ``seconds``: what the block took, with its root and its commit, for both
    of which a state on disk is read, too. ``state``: as `--state` names it.
    """

    state: str
    count: int
    waited: float
    seconds: float


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What rules look at: the engine's metrics of a block, and what they do not say.

    ``workers``: how many there were. ``gas``: of each transaction in order, in the machine's unit; empty where it is
    not known. ``base_reads``: values read of the state before the block, ``read_seconds`` what each takes.
    ``sender_seconds``: what finding out who sent the transactions takes on one processor. ``stored``: what was read of
    a state on disk.
    """

    metrics: Metrics
    workers: int
    gas: tuple[int, ...] = ()
    base_reads: int | None = None
    read_seconds: float = 0.0
    sender_seconds: float | None = None
    stored: StoredReads | None = None

    @property
    def transactions(self) -> int:
        """How many the block has."""
        return self.metrics.transactions

    @property
    def at_work(self) -> int:
        """How many workers the block was given."""
        return self.workers if self.metrics.active_workers is None else self.metrics.active_workers

    @property
    def is_parallel(self) -> bool:
        """Whether several workers shared the block."""
        return self.at_work > 1 and self.metrics.strategy != SEQUENTIAL

    def busy_share(self) -> float | None:
        """The share of the time in which workers execute or validate; None where that was not measured."""
        busy = sum(worker.busy_seconds for worker in self.metrics.workers)
        if busy <= 0 or self.metrics.seconds <= 0:
            return None
        return min(1.0, busy / (self.at_work * self.metrics.seconds))

    def wasted(self) -> float:
        """The share of executions that were for nothing."""
        executions = max(1, self.metrics.executions)
        return min(1.0, self.metrics.runtime_conflicts / executions)


def too_small_a_block(figures: RunFigures) -> Advice | None:
    """A handful of transactions is executed before other workers have woken up; so may more be, if they are short."""
    count, workers, busy = figures.transactions, figures.at_work, figures.busy_share()
    if not figures.is_parallel:
        return None
    if count < FEW_FOR_A_WORKER * workers:
        because = (
            f"{count} transaction{'s' * (count != 1)} for {workers} workers: to wake them and to check their work takes"
            " as long as the work"
        )
        lost = 1 - count / (FEW_FOR_A_WORKER * workers)
    elif busy is not None and busy < HARDLY_BUSY:
        because = (
            f"{workers} workers are at work {busy:.0%} of the time: the rest goes into waking them, and into waiting"
            " for one another, and for processors that others use"
        )
        lost = 1 - busy
    else:
        return None
    return Advice(
        "too small a block",
        because,
        "Execute it with one worker (--engine optimized:sequential, or --workers auto)",
        lost,
    )


def conflict_chain(figures: RunFigures) -> Advice | None:
    """Transactions that read what an earlier one wrote come one after another, whoever executes them."""
    limit = figures.metrics.critical_path_limit
    if not figures.is_parallel or limit is None or limit >= figures.at_work:
        return None
    path, count = figures.metrics.critical_path, figures.transactions
    if limit < 1.5:
        change = "Execute it with one worker (--engine optimized:sequential, or --workers auto)"
    elif figures.wasted() > 0:
        change = "Let them wait instead of trying (--engine optimized:locks), or have fewer workers"
    else:
        change = f"More than {max(1, round(limit))} workers gain nothing"
    return Advice(
        "conflict chain",
        f"{path} of {count} transactions wait for one another, so no more than {limit:.1f} times as fast as one worker "
        f"is possible; {figures.metrics.runtime_conflicts} of {figures.metrics.executions} executions were for nothing",
        f"{change}; take the hottest keys apart (samestate run --profile names them)",
        max(figures.wasted(), 1 - limit / figures.at_work),
    )


def base_reads(figures: RunFigures) -> Advice | None:
    """Workers stand still while values come from the state before the block."""
    if figures.stored is not None:
        return stored_base_reads(figures.stored, figures.at_work)
    count = figures.base_reads if figures.metrics.base_reads is None else figures.metrics.base_reads
    if not count or figures.read_seconds <= 0 or figures.metrics.seconds <= 0:
        return None
    share = min(1.0, count * figures.read_seconds / figures.at_work / figures.metrics.seconds)
    if share < WORTH_SAYING:
        return None
    return Advice(
        "base reads",
        f"{count} values come from the state before the block, at {figures.read_seconds * 1e6:.0f} µs each: workers "
        f"stand still for {share:.0%} of the time",
        "Have more workers than processors, since a reader needs none (--workers 8), or the state in memory",
        share,
    )


def stored_base_reads(stored: StoredReads, workers: int) -> Advice | None:
    """The same of a state on disk, of which roots are computed from what is read, too: measured, and not assumed."""
    if not stored.count or stored.seconds <= 0:
        return None
    share = min(1.0, stored.waited / workers / stored.seconds)
    if share < WORTH_SAYING:
        return None
    each = stored.waited / stored.count
    return Advice(
        "base reads",
        f"{stored.count} times the state on disk was asked, which took {each * 1e6:.1f} µs each:"
        f" {share:.0%} of the time of {workers} worker{'s' * (workers != 1)}",
        STORED_CHANGES[stored.state.partition(":")[0].partition("?")[0]],
        share,
    )


def sender_recovery(figures: RunFigures) -> Advice | None:
    """Signatures are verified while the block waits."""
    if figures.sender_seconds is None or figures.metrics.seconds <= 0:
        return None
    share = min(1.0, figures.sender_seconds / figures.at_work / figures.metrics.seconds)
    if share < WORTH_SAYING:
        return None
    return Advice(
        "sender recovery",
        f"finding out who sent {figures.transactions} transactions takes {figures.sender_seconds * 1000:.1f} ms on one "
        f"processor, up to {share:.0%} of the time",
        "Recover senders when transactions come in, before the block does, and hand them along (packed_block with "
        "senders); or have more workers, who share that in any case",
        share,
    )


def commit_order(figures: RunFigures) -> Advice | None:
    """Waves wait for the commit of the wave before, though hardly anybody reads what that wrote."""
    metrics = figures.metrics
    if metrics.strategy != WAVES or not metrics.waves or not metrics.critical_path or not figures.is_parallel:
        return None
    average = metrics.transactions / metrics.waves
    if average >= 2 * figures.at_work or metrics.waves < 2 * metrics.critical_path:
        return None
    return Advice(
        "commit order",
        f"{metrics.waves} waves of {average:.1f} transactions, each after the commit of the one before, where reads ask"
        f" for an order of no more than {metrics.critical_path}",
        "Let values have versions, so that who overwrites what others read need not wait"
        " (--engine optimized:block-stm)",
        1 - metrics.critical_path / metrics.waves,
    )


def imbalance(figures: RunFigures) -> Advice | None:
    """One worker is at a long transaction when the others have nothing left."""
    if not figures.is_parallel or not figures.gas or not sum(figures.gas):
        return None
    whole, largest = sum(figures.gas), max(figures.gas)
    now = makespan(figures.gas, figures.at_work)
    best = makespan(sorted(figures.gas, reverse=True), figures.at_work)
    lost = 1 - whole / figures.at_work / now
    if lost < 2 * WORTH_SAYING:
        return None
    if now > best * (1 + WORTH_SAYING):
        change = (
            f"Put long transactions first, where their order is yours to choose: {now / best:.1f} times as fast is "
            "possible"
        )
    else:
        change = f"No order helps, since that one takes {largest / whole:.0%} of it all: have fewer workers"
    return Advice(
        "imbalance",
        f"with transactions in this order {figures.at_work} workers are at work {1 - lost:.0%} of the time, since the "
        f"largest takes {largest / whole:.0%} of the gas",
        change,
        lost,
    )


def makespan(gas: Sequence[int], workers: int) -> int:
    """How long workers take who each take the next transaction when they are done with one, gas standing for time."""
    free = [0] * workers
    for each in gas:
        heapq.heapreplace(free, free[0] + each)
    return max(free)


Rule = Callable[[RunFigures], Advice | None]

RULES: Final[tuple[Rule, ...]] = (
    too_small_a_block,
    conflict_chain,
    base_reads,
    sender_recovery,
    commit_order,
    imbalance,
)


def advise(figures: RunFigures) -> tuple[Advice, ...]:
    """What slows a run, the worst first; nothing where it is as fast as its block allows."""
    found = [advice for rule in RULES if (advice := rule(figures)) is not None]
    return tuple(sorted(found, key=lambda advice: advice.lost, reverse=True))


def advice_lines(advice: Sequence[Advice]) -> Iterator[str]:
    """The advice as lines for people."""
    for each in advice:
        yield f"advice: {each.sentence()}"
