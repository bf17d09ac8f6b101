"""Measuring engines in turns, so that a slow minute of the machine is slow for all of them.

The *ceiling* for some workers is what so many unrelated copies of the sequential engine reach together at that moment:
processors share memory and clocks, so that even they are seldom as fast as alone. No engine can be expected above it.
"""

from __future__ import annotations

import contextlib
import math
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, Figures, MakeCopies, MeasuredEngine, Turn

LEAST_SECONDS: Final = 0.1
MOST_TIMES: Final = 1000
"""A turn is so much work, or so many blocks, that neither starting a thread nor whose memory was last in the caches
counts: an engine at work executes one block after another."""

Progress = Callable[[int, int], None]
"""Told how many of how many rounds are over."""


@dataclass(slots=True)
class Measured:
    """An engine and its turns, after a first one, not counted, that has warmed it up.

    A turn executes the block ``times`` times; its seconds are the mean of them, its figures those of the last.
    """

    engine: MeasuredEngine
    turns: list[Turn] = field(default_factory=list)
    times: int = 1

    def take_turn(self) -> None:
        """Execute the block as often as a turn has it."""
        turns = [self.engine.turn() for _ in range(self.times)]
        self.turns.append(Turn(statistics.fmean(turn.seconds for turn in turns), turns[-1].figures))

    @property
    def milliseconds(self) -> float:
        """The median time of a block."""
        return statistics.median(turn.seconds for turn in self.turns) * 1000

    @property
    def figures(self) -> Figures:
        """What the engine says of its turn of median length."""
        ordered = sorted(self.turns, key=lambda turn: turn.seconds)
        return ordered[len(ordered) // 2].figures


@dataclass(slots=True)
class Comparison:
    """What was measured side by side. ``ceilings``: by number of workers, the best speed-up that can be expected."""

    measured: list[Measured]
    ceilings: dict[int, float]
    interrupted: bool = False

    @property
    def sequential(self) -> Measured:
        """The sequential engine: what every speed-up is measured against."""
        return next(each for each in self.measured if each.engine.strategy == SEQUENTIAL)


def measure(
    engines: Sequence[MeasuredEngine],
    make_copies: MakeCopies | None,
    repeat: int,
    progress: Progress | None = None,
    least: float = LEAST_SECONDS,
) -> Comparison:
    """Measure engines against one another, with the ceiling of as many workers as each has, ``repeat`` times.

    A turn takes ``least`` seconds or more, unless that were over MOST_TIMES blocks. Without ``make_copies`` no ceiling
    is measured.
    Ctrl-C after the first round ends it early, with what has been measured.
    """
    measured = [Measured(engine) for engine in engines]
    counts = [] if make_copies is None else sorted({engine.workers for engine in engines if engine.workers > 1})
    copies = make_copies(max(counts)) if make_copies is not None and counts else []
    shares: dict[int, list[float]] = {count: [] for count in counts}
    interrupted = False
    try:
        for each in measured:
            each.times = times(each.engine.turn().seconds, least)
        for copy in copies:
            copy.turn()
        for round_ in range(repeat):
            try:
                for place in range(len(measured)):
                    measured[(round_ + place) % len(measured)].take_turn()
                for count in counts:
                    shares[count].append(share(copies[:count]))
            except KeyboardInterrupt:
                if round_ == 0:
                    raise
                interrupted = True
                break
            if progress is not None:
                progress(round_ + 1, repeat)
    finally:
        for copy in copies:
            copy.close()
    return Comparison(measured, {count: statistics.median(found) for count, found in shares.items()}, interrupted)


def times(seconds: float, least: float = LEAST_SECONDS) -> int:
    """How often a turn executes a block that takes ``seconds``."""
    return max(1, min(MOST_TIMES, math.ceil(least / max(seconds, 1e-9))))


def share(copies: Sequence[MeasuredEngine]) -> float:
    """How many times as fast as one of the copies alone all of them are together, over some blocks of each."""
    turns = times(copies[0].turn().seconds)
    alone = (together(copies[:1], turns) + together(copies[-1:], turns)) / 2
    return len(copies) * alone / together(copies, turns)


def together(copies: Sequence[MeasuredEngine], turns: int) -> float:
    """The seconds from when the first of some copies starts, all at the same time, until the last is done."""
    gate = threading.Barrier(len(copies))
    spans: list[tuple[float, float]] = []
    failures: list[BaseException] = []

    def work(copy: MeasuredEngine) -> None:
        gate.wait()
        start = time.perf_counter()
        try:
            for _ in range(turns):
                copy.turn()
        except BaseException as error:
            failures.append(error)
        spans.append((start, time.perf_counter()))

    threads = [threading.Thread(target=work, args=(copy,)) for copy in copies]
    with interruption_put_off():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    return max(end for _, end in spans) - min(start for start, _ in spans)


@contextlib.contextmanager
def interruption_put_off() -> Iterator[None]:
    """Let Ctrl-C wait until the block below is over: whoever is interrupted closes engines that must not be at work."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
