"""What the transactions of a block are expected to read and write: hints for `locks` and `waves`, never trusted."""

from __future__ import annotations

import importlib
import pickle
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from samestate.optimized.analysis import Access
from samestate.optimized.configuration import Configuration
from samestate.optimized.deadline import TimeUp
from samestate.optimized.errors import ConfigurationError
from samestate.optimized.processes.machine import Machine, described
from samestate.optimized.record import Step

Estimate = Callable[[Any, Any], Any]
"""From a block and one of its transactions to the keys that it reads and those that it writes, or None."""

LAST_RUN = "last-run"
METHOD_OF = {"declared": "declared", "static": "estimate"}
"""The method by which a machine answers, for the estimators that are the machine's own."""

OF_THE_EVM = ("pattern", "learned", "rehearsed")
"""Those that know the contracts of one machine (samestate.optimized.evm.expecting)."""

UNKNOWN = b""
"""The kind of which nothing is remembered: no pickle is empty."""

ASKING = ("locks", "waves")
"""The strategies that ask what to expect."""


class Estimator:
    """The configured estimator of one machine.

    ``declared`` asks the machine's method ``declared(block, transaction)`` and ``static`` its ``estimate(block,
    transaction)``, a ``module:attribute`` is a function of the same arguments; each gives the keys read and the keys
    written, or None. ``last-run`` remembers what the last transaction of the same kind did: of the same kind are those
    for which the machine's method ``kind(transaction)`` gives the same, or, where it has none, those of the same
    content. It remembers as many kinds as a block may have transactions, those that came last.
    """

    def __init__(self, machine: Machine, configuration: Configuration) -> None:
        self._name = configuration.estimator
        self._room = configuration.maximum_block
        self._last: OrderedDict[Hashable, Access] = OrderedDict()
        self._kind_by_machine: Callable[[Any], Hashable] | None = getattr(machine, "kind", None)
        self._estimate: Estimate | None = None
        self.remembers = self._name == LAST_RUN and configuration.strategy in ASKING
        if self._name in OF_THE_EVM:
            raise ConfigurationError(
                f"estimator = {self._name}: is one of the compiled EVM alone: choose declared, static or last-run, or"
                " name a function as module:attribute"
            )
        if ":" in self._name:
            self._estimate = _function(self._name)
        elif self._name in METHOD_OF:
            self._estimate = getattr(machine, METHOD_OF[self._name], None)
            if self._name == "static" and self._estimate is None:
                raise ConfigurationError(
                    "estimator = static: the machine has no method estimate(block, transaction): choose declared or"
                    " last-run, or name a function as module:attribute"
                )

    def __len__(self) -> int:
        """How many kinds of transactions are remembered."""
        return len(self._last)

    def expected(self, block: Any, transactions: Sequence[Any]) -> list[Access | None]:
        """By transaction; None where nothing is known. Raises :class:`ConfigurationError` where the estimator fails."""
        with self._named():
            if self._name == LAST_RUN:
                return [self._last.get(self._kind(transaction)) for transaction in transactions]
            if self._estimate is None:
                return [None] * len(transactions)
            answers = [self._estimate(block, transaction) for transaction in transactions]
            return [None if answer is None else checked(answer) for answer in answers]

    def remember(self, transactions: Sequence[Any], steps: Sequence[Step]) -> None:
        """What the transactions did, for `last-run`. Raises as :meth:`expected` does."""
        if not self.remembers:
            return
        with self._named():
            for transaction, step in zip(transactions, steps[1:-1], strict=True):
                kind = self._kind(transaction)
                if kind != UNKNOWN:
                    self._last[kind] = Access(tuple(step.reads), tuple(step.writes))
                    self._last.move_to_end(kind)
        while len(self._last) > self._room:
            self._last.popitem(last=False)

    def _kind(self, transaction: Any) -> Hashable:
        """What transactions of a kind have in common. Of what cannot be pickled nothing can be said."""
        if self._kind_by_machine is not None:
            return self._kind_by_machine(transaction)
        try:
            return pickle.dumps(transaction, 5)
        except Exception:
            return UNKNOWN

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Whatever an estimator raises is a wrong setting: this one."""
        try:
            yield
        except (KeyboardInterrupt, TimeUp):
            raise
        except BaseException as error:
            raise ConfigurationError(f"estimator = {self._name}: {described(error)}") from error


def checked(answer: Any) -> Access:
    """An answer as an Access. Raises TypeError where it is none."""
    reads, writes = answer
    access = Access(tuple(reads), tuple(writes))
    for key in (*access.reads, *access.writes):
        if not isinstance(key, bytes):
            raise TypeError(f"a key is to be bytes, not {type(key).__name__}")
    return access


def _function(name: str) -> Estimate:
    module, _, attribute = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise ConfigurationError(f"estimator = {name}: {described(error)}") from error
    if not callable(found):
        raise ConfigurationError(f"estimator = {name}: is no function")
    estimate: Estimate = found
    return estimate
