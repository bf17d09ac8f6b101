"""A thread for each worker of a trial block, and the oracle: the same block in plain Python, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from optimized.core.arena import SharedArena
from optimized.core.trial import TrialBlock


def run_threads(block: TrialBlock, workers: int) -> list[str]:
    """Why each worker left."""
    reasons = [""] * workers

    def work(number: int) -> None:
        reasons[number] = block.work(number)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a worker hangs"
    return reasons


def in_order(
    base: list[int | None],
    programs: list[list[tuple[str, int, int]]],
    opened: dict[int, int | None] | None = None,
    closed: dict[int, int | None] | None = None,
) -> tuple[list[int | None], list[int | None]]:
    """Outcomes, and values after the block, one transaction after the other."""
    mask = (1 << 64) - 1
    prime = 0x100000001B3
    state = dict(enumerate(base))
    outcomes: list[int | None] = []
    state.update(opened or {})
    for number, operations in enumerate(programs):
        before = dict(state)
        accumulator: int | None = number
        position = 0
        while position < len(operations):
            name, key, amount = operations[position]
            position += 1
            if name.endswith(" at"):
                name = name[:-3]
                key += accumulator % amount
            if name == "read":
                accumulator = (accumulator ^ (1 if state[key] is None else state[key])) * prime & mask
            elif name == "write":
                state[key] = accumulator
            elif name == "remove":
                state[key] = None
            elif name == "credit":
                state[key] = (amount + (state[key] or 0)) & mask
            elif name == "skip":
                position += amount if accumulator & 1 else 0
            elif name == "spin":
                for i in range(amount):
                    accumulator = (accumulator ^ i) * prime & mask
            elif name == "fail":
                state = before
                accumulator = None
                break
        outcomes.append(accumulator)
    state.update(closed or {})
    return outcomes, [state[key] for key in range(len(base))]


@pytest.fixture
def threads() -> Callable[[TrialBlock, int], list[str]]:
    return run_threads


@pytest.fixture
def oracle() -> Callable[..., Any]:
    return in_order


@pytest.fixture
def arena() -> Iterator[SharedArena]:
    created = SharedArena.create(1 << 25)
    yield created
    created.close()
