"""The chains of a round at once: really so, in the order of what was asked, and with what one of them raises."""

from __future__ import annotations

import threading

import pytest

from samestate.optimized.chains.at_once import AtOnce


def test_two_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=20)
    at_once: AtOnce[int] = AtOnce(2)

    def meet(number: int) -> int:
        meeting.wait()
        return number

    assert at_once.run([lambda: meet(1), lambda: meet(2)]) == [1, 2]
    at_once.close()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_are_in_order(workers: int) -> None:
    at_once: AtOnce[int] = AtOnce(workers)
    for count in (0, 1, 7):
        assert at_once.run([lambda number=number: number * number for number in range(count)]) == [  # type: ignore[misc]
            number * number for number in range(count)
        ]
    at_once.close()


def test_what_one_raises_is_raised_and_the_threads_go_on() -> None:
    at_once: AtOnce[int] = AtOnce(2)

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        at_once.run([fail, lambda: 1])
    assert at_once.run([lambda: 1, lambda: 2]) == [1, 2]
    at_once.close()
