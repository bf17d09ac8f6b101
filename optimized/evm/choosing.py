"""Which strategy suits a block of the EVM: what `adaptive` chooses, by its shape and how blocks like it have gone."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

FEWEST: Final = 32
"""Transactions that are worth a second worker: below that waking it up takes longer than the block."""

PLAIN: Final = 0.25
ENOUGH_FOR_PLAIN: Final = 4
"""Where fewer than this share call anything, it takes this many workers: a plain transfer takes 0.3 to 0.4 µs on one
that is alone, and 0.5 to 0.7 on one of several, so that two gain nothing."""

CHAINED: Final = 0.25
"""Where one sender has this share of the transactions, their nonces keep most of the block in order."""

CONTENDED: Final = 0.25
"""Where this share of the executions was for nothing, one worker would have been as fast."""

SAME_KIND: Final = 0.5
"""The share of transactions of one kind by which a block is known again."""

TRIED_AGAIN: Final = 32
"""After so many blocks of a kind on one worker two are tried again."""

LONG: Final = 1_000_000
"""The gas limit of transactions beside which it takes no time to read what a list says of them, and to compare it."""

REMEMBERED: Final = 1024
"""Kinds of which is remembered how they went."""


class Shape(NamedTuple):
    """A block before it runs: shape.hpp, and what it comes with.

    ``with_data``, ``largest_sender`` and ``largest_kind`` are shares of the ``transactions``. ``senders_known``:
    whether none has to be found out any more. ``gas_limit``: of a transaction, on average.
    """

    transactions: int
    workers: int
    with_data: float
    largest_sender: float
    largest_kind: float
    kind: int
    has_list: bool
    senders_known: bool
    gas_limit: int


class Choice(NamedTuple):
    """A strategy, and why it; None where nobody chose."""

    strategy: str
    reason: str | None


def one_after_another(shape: Shape, reason: str) -> Choice:
    """Where transactions wait for one another, unless a list has what they wait for and they are worth reading it."""
    if shape.has_list and shape.gas_limit >= LONG:
        return Choice("access-list", f"{reason}, and the block comes with an access list")
    return Choice("sequential", reason)


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
        if not shape.senders_known:
            return Choice("block-stm", "who sent the transactions is for all workers to find out")
        if shape.largest_sender >= CHAINED:
            return one_after_another(shape, f"one sender has {shape.largest_sender:.0%} of the transactions")
        if shape.with_data < PLAIN and shape.workers < ENOUGH_FOR_PLAIN:
            return Choice("sequential", f"plain transfers are too little work to share among {shape.workers} workers")
        if shape.largest_kind >= SAME_KIND and shape.kind in self._contended:
            self._contended[shape.kind] += 1
            if self._contended[shape.kind] <= TRIED_AGAIN:
                return one_after_another(
                    shape,
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
