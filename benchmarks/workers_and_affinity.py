"""What the number of workers and their places are worth: blocks of several shapes, each way beside the others.

    python benchmarks/workers_and_affinity.py [--rounds 15] [--machine evm]

Medians of interleaved rounds, each as a ratio to the time with fixed workers and no places: above 1 it is faster. Ways:
one worker, as many as there are processors, `auto`, and those with each placing that can differ on this machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from samestate.conformance.benchmarking.workloads import evm_work, toy_work
from samestate.optimized import Configuration, Engine
from samestate.optimized.processors import AutoWorkers, available_processors
from samestate.optimized.topology import PLACINGS, helps, place, read_topology

BLOCKS: Final[dict[str, tuple[str, float | None, bool]]] = {
    "small": ("small", None, False),
    "medium": ("medium", None, False),
    "large": ("large", None, False),
    "heavy": ("heavy", None, False),
    "one key": ("small", None, True),
    "half conflict": ("medium", 0.5, False),
}
"""By name: the preset, its share of conflicts, and whether all change one slot."""

STRATEGY: Final = "block-stm"


@dataclass(frozen=True, slots=True)
class Setting:
    """A number of workers, and the processors that they are put on."""

    name: str
    workers: int
    affinity: tuple[int, ...] | None = None


def settings(processors: int) -> list[Setting]:
    """The ways that are compared, the one that the others are measured against first."""
    topology = read_topology()
    made = [
        Setting(f"{processors} workers", processors),
        Setting("1 worker", 1),
        Setting("auto", AutoWorkers(processors)),
    ]
    for placing in PLACINGS:
        note = "" if helps(topology, placing) else " (nothing to choose here)"
        made.append(Setting(f"{placing}{note}", processors, place(topology, placing)))
    return made


def turn(engine: Engine, block: tuple[Any, ...]) -> float:
    """The seconds of a block."""
    start = time.perf_counter()
    engine.execute(*block)
    return time.perf_counter() - start


def measured(block: tuple[Any, ...], machine: str, ways: list[Setting], rounds: int) -> list[float]:
    """The median seconds of each way, in interleaved rounds, the first of which does not count."""
    engines = [
        Engine(machine, Configuration(workers=way.workers, strategy=STRATEGY, affinity=way.affinity, record=False))
        for way in ways
    ]
    times: list[list[float]] = [[] for _ in ways]
    try:
        for round_ in range(rounds + 1):
            for number in range(len(ways)):
                place_ = (round_ + number) % len(ways)
                times[place_].append(turn(engines[place_], block))
    finally:
        for engine in engines:
            engine.close()
    return [statistics.median(each[1:]) for each in times]


def lines(machine: str, rounds: int) -> Iterator[str]:
    """The table."""
    processors = available_processors()
    ways = settings(max(2, processors))
    make: Callable[[str, float | None, bool, int], Any] = evm_work if machine == "evm" else toy_work
    yield (
        f"{machine}, {STRATEGY}, {processors} processors, load {os.getloadavg()[0]:.1f}, medians of {rounds}"
        " interleaved rounds; times as fast as the first"
    )
    yield f"| block | {' | '.join(way.name for way in ways)} |"
    yield f"|---|{'--:|' * len(ways)}"
    for name, (preset, conflict, hot_key) in BLOCKS.items():
        _, block, _ = make(preset, conflict, hot_key, 1).input("threads", STRATEGY)
        seconds = measured(block, machine, ways, rounds)
        cells = [f"{seconds[0] * 1000:.2f} ms", *(f"{seconds[0] / each:.2f}" for each in seconds[1:])]
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--machine", choices=("evm", "toy"), default="toy")
    arguments = parser.parse_args()
    for line in lines(arguments.machine, arguments.rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
