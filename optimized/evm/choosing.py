"""Which strategy suits a block of the EVM: what `adaptive` chooses, by its shape and how blocks like it have gone."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

FEWEST: Final = 32
"""Transactions that are worth a second worker: below that waking it up takes longer than the block."""

PLAIN: Final = 0.25
ENOUGH_FOR_PLAIN: Final = 4
"""Where fewer than this share call anything, and they conflict, it takes this many workers: a plain transfer takes
0.3 to 0.4 µs on one that is alone, and 0.5 to 0.7 with versions, so that two gain nothing."""

CHAINED: Final = 0.25
"""Where one sender has this share of the transactions, their nonces keep most of the block in order."""

CONTENDED: Final = 0.25
"""Where this share of the executions was for nothing, one worker would have been as fast."""

SAME_KIND: Final = 0.5
"""The share of transactions of one kind by which a block is known again."""

TRIED_AGAIN: Final = 32
"""After so many blocks of a kind on one worker two are tried again."""

FEWEST_PLAIN: Final = 256
"""Plain transfers that are worth a second worker, if they can be taken for independent."""

PLAIN_KIND: Final = 0
"""What stands for plain transfers among the kinds."""

REMEMBERED: Final = 1024
"""Kinds of which is remembered how they went."""


class Shape(NamedTuple):
    """A block before it runs: shape.hpp, and what it comes with.

    ``with_data``, ``largest_sender``, ``largest_kind``, ``largest_call`` are shares of the ``transactions``; a kind is
    a ``call`` with its addresses. ``senders_known``: whether none has to be found out any more. ``gas_limit``: of a
    transaction, on average.
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
    largest_call: float = 0.0
    call: int = 0


class Choice(NamedTuple):
    """A strategy, and why it; None where nobody chose.

    ``dealt``: whether transactions that name the same addresses go together (dealing.hpp), and not those that follow
    one another.
    """

    strategy: str
    reason: str | None
    dealt: bool = False


def one_after_another(shape: Shape, reason: str) -> Choice:
    """Where transactions wait for one another, unless a list has what they wait for."""
    if shape.has_list:
        return Choice("access-list", f"{reason}, and the block comes with an access list")
    return Choice("sequential", reason)


class Remembered:
    """Kinds of which something is remembered, each until so many blocks of its kind have come."""

    def __init__(self) -> None:
        self._asked: OrderedDict[int, int] = OrderedDict()

    def add(self, kind: int) -> None:
        """Remember a kind."""
        self._asked[kind] = 0
        while len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)

    def has(self, kind: int) -> bool:
        """Whether a kind is remembered; a block of it has come."""
        if kind not in self._asked:
            return False
        self._asked[kind] += 1
        if self._asked[kind] <= TRIED_AGAIN:
            return True
        del self._asked[kind]
        return False


class Chooser:
    """Chooses for one block after another, and remembers which kinds of transactions got in one another's way."""

    def __init__(self) -> None:
        self._contended = Remembered()  # many executions were for nothing
        self._dependent = Remembered()  # pieces of a block conflicted
        self._connected = Remembered()  # even those that were dealt by addresses

    def choose(self, shape: Shape) -> Choice:
        """The strategy for a block."""
        if shape.workers == 1:
            return Choice("sequential", "there is one worker")
        if shape.transactions < FEWEST:
            return Choice("sequential", f"{shape.transactions} transactions are fewer than {FEWEST}")
        if not shape.senders_known and shape.has_list:
            return Choice("access-list", "the block comes with an access list")
        if not shape.senders_known:
            return Choice("block-stm", "who sent the transactions is for all workers to find out")
        if shape.largest_sender >= CHAINED:
            return one_after_another(shape, f"one sender has {shape.largest_sender:.0%} of the transactions")
        is_plain = shape.with_data < PLAIN
        if is_plain and shape.transactions >= FEWEST_PLAIN and not self._dependent.has(PLAIN_KIND):
            return Choice("waves", "plain transfers are taken for independent")
        if is_plain and shape.workers < ENOUGH_FOR_PLAIN:
            return one_after_another(
                shape, f"plain transfers are too little work to share among {shape.workers} workers"
            )
        if shape.largest_kind >= SAME_KIND and self._contended.has(shape.kind):
            share = f"{shape.largest_kind:.0%} of the transactions"
            return one_after_another(shape, f"{share} are of a kind that got in one another's way before")
        if shape.largest_call >= SAME_KIND:
            share = f"{shape.largest_call:.0%} of the transactions call alike"
            if not self._dependent.has(shape.call):
                return Choice("waves", f"{share}, and are taken for independent")
            if shape.largest_kind < SAME_KIND and not self._connected.has(shape.call):
                return Choice("waves", f"{share}, and go together where they name the same addresses", dealt=True)
        return Choice("block-stm", "nothing says that transactions get in one another's way")

    def learn(self, shape: Shape, choice: Choice, executions: int, discarded: bool = False) -> None:
        """How a block went: how many transactions were begun, all together, and whether pieces counted for nothing."""
        if choice.strategy == "waves" and discarded:
            kinds = self._connected if choice.dealt else self._dependent
            kinds.add(PLAIN_KIND if shape.with_data < PLAIN else shape.call)
        is_contended = executions >= shape.transactions * (1 + CONTENDED)
        if choice.strategy == "block-stm" and shape.largest_kind >= SAME_KIND and is_contended:
            self._contended.add(shape.kind)
