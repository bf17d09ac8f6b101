"""How many workers a block is worth: what ``workers: auto`` decides, by the block's shape and how others have gone.

The shape gives a bound before the block runs: transactions, gas, what is known to wait for one another. Below it the
number is found by trying: now and then a block gets half as many workers, or twice as many, and the number goes where
blocks of that size were faster. So it follows what no shape says: conflicts, and others who use the processors.
"""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field
from typing import Final

TRANSACTIONS_EACH: Final = 32
"""Transactions below which another worker takes longer to wake up than to be of use (as in evm/choosing.py)."""

GAS_EACH: Final = 500_000
"""Gas that a worker should have to do: some tenths of a millisecond for compiled code."""

WASTED: Final = 0.25
"""Where this share of the executions was for nothing, there were too many workers."""

TRIED_EVERY: Final = 8
"""One in so many blocks of a size is tried with another number of workers."""

CLEARLY: Final = 1.1
"""So many times as fast another number has to be to be taken."""

KEPT: Final = 5
"""Of so many blocks of a size the speeds are kept, of which the median counts."""


@dataclass(frozen=True, slots=True)
class BlockSize:
    """What is known of a block before it runs.

    ``gas``: what its transactions may use together, None where the machine has none. ``chain``: the share of the
    transactions that are known to wait for one another, as those of one sender do.
    """

    transactions: int
    gas: int | None = None
    chain: float = 0.0

    @property
    def kind(self) -> int:
        """Blocks of which one has less than twice as many transactions as the other are of one size, roughly."""
        return self.transactions.bit_length()


@dataclass(slots=True)
class SpeedsOfSize:
    """How blocks of a size went: the number of workers that is best so far, and transactions a second by number."""

    best: int
    blocks: int = 0
    speeds: dict[int, deque[float]] = field(default_factory=dict)

    def tried(self, most: int) -> int:
        """The number for a trial: half of the best, or twice as many, in turn; the best where there is no other."""
        fewer, more = max(1, self.best // 2), min(most, 2 * self.best)
        order = (fewer, more) if self.blocks // TRIED_EVERY % 2 == 0 else (more, fewer)
        return next((number for number in order if number != self.best), self.best)

    def enter(self, workers: int, speed: float) -> None:
        """A block with so many workers was so fast."""
        self.speeds.setdefault(workers, deque(maxlen=KEPT)).append(speed)
        if self.best not in self.speeds:
            return
        medians = {number: statistics.median(speeds) for number, speeds in self.speeds.items()}
        fastest = max(medians, key=lambda number: medians[number])
        if medians[fastest] > CLEARLY * medians[self.best]:
            self.best = fastest


class WorkerCount:
    """Decides for one block after another, and learns from how each went. ``most``: how many there may be."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._sizes: dict[int, SpeedsOfSize] = {}

    def choose(self, block: BlockSize) -> int:
        """How many workers the block gets: at least 1."""
        most = self.bound(block)
        size = self._sizes.setdefault(block.kind, SpeedsOfSize(most))
        size.blocks += 1
        number = size.tried(most) if size.blocks % TRIED_EVERY == 2 else size.best
        return min(number, most)

    def bound(self, block: BlockSize) -> int:
        """The most workers that the shape of a block is worth."""
        limits = [self.most, block.transactions // TRANSACTIONS_EACH]
        if block.gas is not None:
            limits.append(block.gas // GAS_EACH)
        if block.chain > 0:
            limits.append(round(1 / block.chain))
        return max(1, min(limits))

    def learn(self, block: BlockSize, workers: int, seconds: float, executions: int, wasted: int) -> None:
        """Take to heart how a block went with so many workers. ``wasted``: executions that were for nothing."""
        size = self._sizes.get(block.kind)
        if size is None or seconds <= 0:
            return
        if size.blocks > 1:  # the first has everything to warm up
            size.enter(workers, block.transactions / seconds)
        if workers > 1 and executions and wasted / executions >= WASTED:
            size.best = min(size.best, workers // 2)

    def learn_path(self, block: BlockSize, critical_path: int | None) -> None:
        """Take to heart how many transactions of a block wait for one another at most, where that is found out."""
        size = self._sizes.get(block.kind)
        if size is not None and critical_path:
            size.best = min(size.best, max(1, round(block.transactions / critical_path)))
