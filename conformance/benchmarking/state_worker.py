"""The process in which a state is measured, so that its memory is its own: blocks when a line asks for them.

Arguments: `fill PLACE SIZE` puts the state there; `run PLACE SIZE`, where the place may be `memory`, prints a line of
JSON when it is ready, another for each line that it reads, a number of blocks, with the parts of each and what the
state has counted so far, and one when there are no more.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from samestate.conformance.benchmarking.token_chain import FORK, TokenChain, slots_of
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.metering.advice import RunFigures, advise
from samestate.conformance.metering.stored import since, stored_reads
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.filling import Filler
from samestate.optimized.evm.stored import StoredWorld
from samestate.optimized.evm.world import World
from samestate.optimized.metrics import Metrics
from samestate.optimized.stores.description import Description, describe
from samestate.optimized.stores.opening import MEMORY, parse_location

READS: Final = 5_000
"""Keys that are read at random, each of them once."""
WORKERS: Final = 2
STRATEGY: Final = "adaptive"
PARTS: Final = ("execute", "root", "commit")
"""Of the time that a block takes."""


def memory() -> dict[str, int]:
    """What the process has resident, in bytes: the most that it had, and of what it has its own and of files."""
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    names = {"peak": "VmHWM", "own": "RssAnon", "files": "RssFile"}
    return {name: int(said[field].split()[0]) * 1024 for name, field in names.items()}


def fill(place: str, size: int) -> dict[str, Any]:
    """Put the state into a store."""
    began = time.perf_counter()
    store = parse_location(place).store(writable=True)
    TokenChain(size).fill(Filler(store))
    store.close()
    return {"seconds": time.perf_counter() - began, "memory": memory()}


class Runner:
    """A state and the chain on it."""

    def __init__(self, place: str, size: int) -> None:
        self._place = place
        self._chain = TokenChain(size)
        self._engine = EvmEngine(Configuration(strategy=STRATEGY, workers=WORKERS))
        self._stored: StoredWorld | None = None
        if place == MEMORY:
            self._world: World = self._chain.in_memory()
            self.root = self._world.root(WORKERS)
        else:
            store = parse_location(place).store(writable=True)
            found = describe(store, place)
            if found is None:
                raise ValueError(f"{place}: there is no state")
            self._stored = self._world = StoredWorld(store, found.root)
            self.root = found.root
        self._begun = self._counts()
        self._seconds: list[float] = []

    def reads(self) -> dict[str, float]:
        """Keys a second: asked for one at a time, and read ahead all at once."""
        draw = random.Random(7)
        holders = [self._chain.address(draw.randrange(self._chain.accounts)) for _ in range(READS)]
        half = len(holders) // 2
        one, other = slots_of(holders[:half]), slots_of(holders[half:])
        figures = {"one_at_a_time": half / timed(lambda: [self._world.get(key) for key in one])}
        stored = self._stored
        if stored is not None:
            figures["ahead"] = half / timed(lambda: stored.read_ahead(other))
        return figures

    def turn(self, blocks: int) -> dict[str, Any]:
        """Execute so many blocks: the seconds of their parts. The last waits until all is in the store."""
        if not self._seconds:
            self._begun = self._counts()  # what was read before, to measure reads, is nobody's block
        parts = [self.block() for _ in range(blocks)]
        if self._stored is not None:
            parts[-1]["commit"] += timed(self._stored.settle)
        self._seconds += [sum(block.values()) for block in parts]
        return {"blocks": parts, "counts": self._counts(), "bytes_on_disk": self._size()}

    def block(self) -> dict[str, float]:
        """Execute the next block and make it part of the state: seconds of each part."""
        block, _ = self._chain.block()
        marks = [time.perf_counter()]
        ledger = self._engine.execute(block, self._world).ledger
        marks.append(time.perf_counter())
        self.root = ledger.root(WORKERS)
        marks.append(time.perf_counter())
        ledger.apply(WORKERS)
        if self._stored is not None:
            records = Description(name_fork(FORK).rules, self._chain.number, b"").records()
            self._stored.commit(records, WORKERS, waits=False)
        marks.append(time.perf_counter())
        seconds = [after - before for before, after in pairwise(marks)]
        return dict(zip(PARTS, seconds, strict=True))

    def last(self) -> dict[str, Any]:
        """What there is to say at the end."""
        return {
            "root": self.root.hex(),
            "memory": memory(),
            "bytes_on_disk": self._size(),
            "counts": self._counts(),
            "advice": [advice.document() for advice in advise(self._figures())] if self._stored is not None else [],
        }

    def _figures(self) -> RunFigures:
        """What advice looks at, of all blocks together."""
        count, seconds = self._chain.transfers * len(self._seconds), sum(self._seconds)
        reads = stored_reads(self._place, since(self._begun or {}, self._counts() or {}), seconds)
        return RunFigures(Metrics(STRATEGY, "threads", count, seconds), WORKERS, stored=reads)

    def _counts(self) -> dict[str, int] | None:
        return self._stored.counts() if self._stored is not None else None

    def _size(self) -> int | None:
        return self._stored.store.size() if self._stored is not None else None


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def tell(value: object) -> None:
    """A line for whoever measures."""
    print(json.dumps(value), flush=True)


def main(what: str, place: str, size: str) -> None:
    """See the module."""
    if what == "fill":
        tell(fill(place, int(size)))
        return
    began = time.perf_counter()
    runner = Runner(place, int(size))
    ready = time.perf_counter() - began
    tell({"seconds": ready, "reads": runner.reads(), "memory": memory()})
    for line in sys.stdin:
        tell(runner.turn(int(line)))
    tell(runner.last())


if __name__ == "__main__":
    main(*sys.argv[1:])
