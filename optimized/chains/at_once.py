"""The chains of a round at once: a thread for each, as far as there are workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Generic, TypeVar

from samestate.optimized.threads import ThreadPool

Result = TypeVar("Result")
"""What executing the block of a chain gives."""


class AtOnce(Generic[Result]):
    """Runs what the chains of a round have to do on threads. None of it may look at what another one of it does."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPool(workers)

    def run(self, work: Sequence[Callable[[], Result]]) -> list[Result]:
        """What each gives, in the order of ``work``. Raises what one of them raised, once all have ended."""
        results: dict[int, Result] = {}
        numbers = count()
        stopped: list[bool] = []

        def take(_: int) -> None:
            for place in iter(numbers.__next__, None):
                if place >= len(work) or stopped:
                    return
                results[place] = work[place]()

        self._pool.run(take, lambda: stopped.append(True))
        return [results[place] for place in range(len(work))]

    def close(self) -> None:
        """End the threads."""
        self._pool.close()
