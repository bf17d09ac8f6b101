"""A thread for each worker of a trial block, and the oracle: the same block in plain Python, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.trial.trial import TrialBlock
from tests.optimized.core.in_order import in_order


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


@pytest.fixture
def threads() -> Callable[[TrialBlock, int], list[str]]:
    return run_threads


@pytest.fixture
def oracle() -> Callable[..., Any]:
    def told(*arguments: Any) -> tuple[list[int | None], list[int | None]]:
        ended = in_order(*arguments)
        return ended.outcomes, ended.values

    return told


@pytest.fixture
def arena() -> Iterator[SharedArena]:
    created = SharedArena.create(1 << 25)
    yield created
    created.close()
