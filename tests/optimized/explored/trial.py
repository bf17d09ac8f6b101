"""Blocks of the core's trial machine for the explorer: a few lines each, every kind of access in them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from samestate.conformance.exploring.compiled import EXECUTED_ONCE, NOTHING, CompiledProgram, part
from samestate.reference.explorer import RESULT, Violation
from tests.optimized.core.in_order import Operation, in_order

Programs = Sequence[Sequence[Operation]]
Declared = Sequence[tuple[Sequence[int], Sequence[int]]]


@cache
def arena() -> Any:
    return part("core.arena").SharedArena.create(1 << 22)


class TrialProgram(CompiledProgram):
    """What is right is what one transaction after the other gives, in plain Python.

    Without ``declared`` the declarations are what each transaction reads and writes, and are right. ``named``: workers
    find the keys in the table by name, as they meet them.
    """

    def __init__(
        self,
        base: Sequence[int | None],
        programs: Programs,
        strategy: str = "block-stm",
        workers: int = 2,
        bug: int = NOTHING,
        declared: Declared | None = None,
        predicted: Sequence[tuple[int, int, int | None]] = (),
        named: bool = False,
        rules: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(workers, bug)
        self.base = base
        self.programs = programs
        self.strategy = strategy
        self.predicted = predicted if strategy == "access-list" else ()
        self.named = named
        self.rules = rules or {}
        right = in_order(base, programs, **self.rules)
        self.right = right.outcomes, right.values
        self.ended = right.ended
        self.exact = declared is None and strategy in ("locks", "waves")
        self.declared = declared or list(zip(right.reads, right.writes, strict=True))

    def lay_out(self) -> None:
        arena().reset()
        self.block = part("trial.trial").TrialBlock(
            arena(),
            self.base,
            self.programs,
            self.strategy,
            self.workers,
            declared=self.declared,
            predicted=self.predicted,
            key_capacity=3 * len(self.base) if self.named else 0,
            **self.rules,
        )

    def work(self, number: int) -> None:
        self.block.work(number)

    def broken_invariant(self) -> str | None:
        broken: str | None = self.block.broken_invariant()
        return broken

    def judge(self) -> None:
        end = self.block.finish()
        given = self.block.outcomes(), self.block.values()
        if self.ended:
            given = given[0][: self.ended[0]], self.block.values(self.ended[0] + 1)
        if ([] if end is None else [end]) != self.ended:
            raise Violation(RESULT, f"the block ends with {end}, and should with {self.ended}")
        if given != self.right:
            raise Violation(RESULT, f"expected {self.right}, and it is {given}")
        if self.exact and max(self.block.metrics()["begun"], default=1) > 1:
            raise Violation(EXECUTED_ONCE, f"executions of each transaction: {self.block.metrics()['begun']}")


def read(key: int) -> Operation:
    return ("read", key, 0)


def write(key: int) -> Operation:
    return ("write", key, 0)


def credit(key: int, amount: int = 1) -> Operation:
    return ("credit", key, amount)


def remove(key: int) -> Operation:
    return ("remove", key, 0)


INCREMENT = [read(0), write(0)]
CONFLICTING = [INCREMENT, INCREMENT, [read(0), write(1)]]
"""Three transactions, each of which reads what the one before writes."""


def random_block(seed: int) -> tuple[list[int | None], Programs]:
    """Two to four transactions of up to three operations on a few keys; what is touched may depend on what was read."""
    choose = random.Random(seed)
    keys = choose.choice([1, 2, 3])
    names = ["read", "write", "read", "write", "remove", "credit", "credit", "read at", "write at", "skip"]
    programs = [
        [(choose.choice(names), choose.randrange(keys), choose.randrange(1, 3)) for _ in range(choose.randrange(1, 4))]
        for _ in range(choose.choice([2, 3, 3, 4]))
    ]
    return [choose.choice([None, 3, 4]) for _ in range(keys + 2)], programs
