"""Which strategy suits a block of the EVM: what `adaptive` chooses, by its shape and how blocks like it have gone."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

FEWEST: Final = 32
"""Transactions that are worth a second worker: below that waking it up takes longer than the block."""

CHAINED: Final = 0.25
"""Where one sender has this share of the transactions, their nonces keep most of the block in order."""

CONTENDED: Final = 0.25
"""Where this share of the executions was for nothing, one worker would have been as fast."""

SAME_KIND: Final = 0.5
"""The share of transactions of one kind by which a block is known again."""

TRIED_AGAIN: Final = 32
"""After so many blocks of a kind on one worker two are tried again."""

REMEMBERED: Final = 1024
"""Kinds of which is remembered how they went."""


class Shape(NamedTuple):
    """A block before it runs: shape.hpp, and what it comes with.

    ``with_data``, ``largest_sender`` and ``largest_kind`` are shares of the ``transactions``. ``senders_known``:
    whether none has to be found out any more.
    """

    transactions: int
    workers: int
    with_data: float
    largest_sender: float
    largest_kind: float
    kind: int
    has_list: bool
    senders_known: bool


class Choice(NamedTuple):
    """A strategy, and why it; None where nobody chose."""

    strategy: str
    reason: str | None


class Chooser:
    """Chooses for one block after another, and remembers which kinds of transactions got in one another's way."""

    def __init__(self) -> None:
        self._contended: OrderedDict[int, int] = OrderedDict()

    def choose(self, shape: Shape) -> Choice:
        """The strategy for a block."""
        if shape.workers == 1:
            return Choice("sequential", "there is one worker")
        if shape.transactions < FEWEST:
            return Choice("sequential", f"{shape.transactions} transactions are fewer than {FEWEST}")
        if shape.has_list:
            return Choice("access-list", "the block comes with an access list")
        if not shape.senders_known:
            return Choice("block-stm", "who sent the transactions is for all workers to find out")
        if shape.largest_sender >= CHAINED:
            return Choice("sequential", f"one sender has {shape.largest_sender:.0%} of the transactions")
        if shape.largest_kind >= SAME_KIND and shape.kind in self._contended:
            self._contended[shape.kind] += 1
            if self._contended[shape.kind] <= TRIED_AGAIN:
                return Choice(
                    "sequential",
                    f"{shape.largest_kind:.0%} of the transactions are of a kind that got in one another's way before",
                )
            del self._contended[shape.kind]
        return Choice("block-stm", "nothing says that transactions get in one another's way")

    def learn(self, shape: Shape, choice: Choice, executions: int) -> None:
        """How a block went: how many transactions were begun, all together."""
        if choice.strategy != "block-stm" or shape.largest_kind < SAME_KIND:
            return
        if executions >= shape.transactions * (1 + CONTENDED):
            self._contended[shape.kind] = 0
            while len(self._contended) > REMEMBERED:
                self._contended.popitem(last=False)
