"""What the transactions of a block are expected to read and write: hints for `locks` and `waves`, never trusted."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable, Sequence
from typing import Any

from optimized.analysis import Access
from optimized.configuration import Configuration
from optimized.errors import ConfigurationError
from optimized.machine import Machine, described
from optimized.record import Step

Estimate = Callable[[Any, Any], Any]
"""From a block and one of its transactions to the keys that it reads and those that it writes, or None."""

METHOD_OF = {"declared": "declared", "static": "estimate"}
"""The method by which a machine answers, for the estimators that are the machine's own."""


class Estimator:
    """The configured estimator of one machine.

    ``declared`` asks the machine's method ``declared(block, transaction)`` and ``static`` its ``estimate(block,
    transaction)``, a ``module:attribute`` is a function of the same arguments; each gives the keys read and the keys
    written, or None. ``last-run`` remembers what a transaction of the same content did when it was last seen.
    """

    def __init__(self, machine: Machine, configuration: Configuration) -> None:
        self._name = configuration.estimator
        self._last: dict[bytes, Access] = {}
        self._estimate: Estimate | None = None
        if ":" in self._name:
            self._estimate = _function(self._name)
        elif self._name in METHOD_OF:
            self._estimate = getattr(machine, METHOD_OF[self._name], None)
            if self._name == "static" and self._estimate is None:
                raise ConfigurationError(
                    "estimator = static: the machine has no method estimate(block, transaction): choose declared or"
                    " last-run, or name a function as module:attribute"
                )

    def expected(self, block: Any, transactions: Sequence[Any]) -> list[Access | None]:
        """By transaction; None where nothing is known. Raises :class:`ConfigurationError` where the estimator fails."""
        if self._name == "last-run":
            return [self._last.get(pickle.dumps(transaction, 5)) for transaction in transactions]
        if self._estimate is None:
            return [None] * len(transactions)
        return [self._asked(self._estimate, block, transaction) for transaction in transactions]

    def remember(self, transactions: Sequence[Any], steps: Sequence[Step]) -> None:
        """What the transactions did, for `last-run`."""
        if self._name == "last-run":
            for transaction, step in zip(transactions, steps[1:-1], strict=True):
                self._last[pickle.dumps(transaction, 5)] = Access(tuple(step.reads), tuple(step.writes))

    def _asked(self, estimate: Estimate, block: Any, transaction: Any) -> Access | None:
        try:
            answer = estimate(block, transaction)
            return None if answer is None else checked(answer)
        except Exception as error:
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
