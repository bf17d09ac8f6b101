"""Turns are taken in rounds, the ceiling is measured beside them, and Ctrl-C keeps what there is."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from samestate.conformance.benchmarking.measured_engine import MeasuredEngine, Turn
from samestate.conformance.benchmarking.measuring import MOST_TIMES, measure, share, times
from tests.conformance.benchmarking import fakes


def copies(count: int) -> list[MeasuredEngine]:
    return [fakes.Fake("sequential", 1, [0.01]) for _ in range(count)]


def test_every_round_has_a_turn_of_each_and_begins_with_another() -> None:
    log: list[str] = []
    engines = fakes.lineup(log)[:3]
    comparison = measure(engines, copies, 3, least=0)
    assert log[3:] == [
        "sequential1", "block-stm2", "waves2",
        "block-stm2", "waves2", "sequential1",
        "waves2", "sequential1", "block-stm2",
    ]  # fmt: skip
    assert [len(each.turns) for each in comparison.measured] == [3, 3, 3]
    assert comparison.sequential.milliseconds == 10.0
    assert comparison.measured[1].milliseconds == 6.0
    assert comparison.measured[1].figures.executions == 120


def test_a_turn_executes_a_short_block_again_and_again() -> None:
    log: list[str] = []
    short, long = fakes.Fake("sequential", 1, [0.01, 0.03], log=log), fakes.Fake("locks", 1, [0.5], log=log)
    comparison = measure([short, long], copies, 2, least=0.12)
    assert log == ["sequential1", "locks1", *["sequential1"] * 4, "locks1", "locks1", *["sequential1"] * 4]
    assert [turn.seconds for turn in comparison.sequential.turns] == pytest.approx([0.02, 0.02])
    assert [turn.seconds for turn in comparison.measured[1].turns] == [0.5, 0.5]
    assert times(1e-9) == MOST_TIMES


def test_there_is_a_ceiling_for_each_number_of_workers_but_one() -> None:
    made: list[int] = []

    def make(count: int) -> list[MeasuredEngine]:
        made.append(count)
        return copies(count)

    comparison = measure([*fakes.lineup(), fakes.Fake("locks", 3, [0.01])], make, 2, least=0)
    assert made == [3]
    assert set(comparison.ceilings) == {2, 3}


def test_the_ceiling_is_how_much_copies_do_together() -> None:
    class Waiting:
        id = strategy = kind = "sequential"
        workers = 1

        def turn(self) -> Turn:
            import time

            time.sleep(0.05)
            return Turn(0.05)

        def close(self) -> None:
            pass

    assert 1.5 < share([Waiting(), Waiting()]) <= 2.1


def test_a_copy_that_fails_is_heard_of() -> None:
    class Broken(fakes.Fake):
        def turn(self) -> Turn:
            if self.turns:
                raise ValueError("broken")
            return super().turn()

    broken = Broken("sequential", 1, [0.01])
    with pytest.raises(ValueError, match="broken"):
        share([fakes.Fake("sequential", 1, [0.01]), broken])


def test_an_interruption_keeps_the_rounds_before_it() -> None:
    class Interrupted(fakes.Fake):
        def turn(self) -> Turn:
            if self.turns == 3:
                raise KeyboardInterrupt
            return super().turn()

    engines = [*fakes.lineup()[:2], Interrupted("locks", 2, [0.01])]
    made = copies(2)
    comparison = measure(engines, lambda count: made[:count], 5, least=0)
    assert comparison.interrupted
    assert 2 <= len(comparison.sequential.turns) <= 3
    assert all(each.closed for each in made)  # type: ignore[attr-defined]


def test_an_interruption_of_the_ceiling_waits_for_its_copies() -> None:
    class Slow(fakes.Fake):
        at_work = 0

        def turn(self) -> Turn:
            if self.turns >= 5 and threading.current_thread() is not threading.main_thread():
                type(self).at_work += 1
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.2)
                type(self).at_work -= 1
            return super().turn()

        def close(self) -> None:
            assert type(self).at_work == 0
            super().close()

    made = [Slow("sequential", 1, [1.0]) for _ in range(2)]
    comparison = measure(fakes.lineup()[:2], lambda count: list(made), 5, least=0)
    assert comparison.interrupted
    assert all(each.closed for each in made)
