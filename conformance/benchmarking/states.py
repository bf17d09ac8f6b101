"""States in memory and on disk, measured in turns: how long blocks take on each, what is read, written and resident.

Each is in a process of its own, and the processes take turns of a few blocks, so that all meet the same load. Every
block is 1,000 transfers of a token between accounts drawn from all.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from samestate.conformance.benchmarking.token_chain import TokenChain
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.metering.advice import Advice
from samestate.conformance.metering.stored import StoredMeter, note_block
from samestate.conformance.metering.tally import MetricTally
from samestate.optimized.stores.opening import MEMORY, SETTINGS

KINDS: Final = (MEMORY, *SETTINGS)
TURN: Final = 10
"""Blocks that one process executes before the next one's turn."""
MODULE: Final = "samestate.conformance.benchmarking.state_worker"
TRANSFERS: Final = TokenChain(1).transfers


@dataclass(slots=True)
class MeasuredState:
    """One kind of state of one size."""

    kind: str
    size: int
    filled: dict[str, Any] | None = None
    ready: dict[str, Any] = field(default_factory=dict)
    turns: list[list[dict[str, float]]] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)

    @property
    def blocks(self) -> list[dict[str, float]]:
        """Of each block the seconds of its parts."""
        return [block for turn in self.turns for block in turn]

    def part(self, name: str) -> float:
        """The median of a part of a block, in seconds."""
        return statistics.median(block[name] for block in self.blocks)

    @property
    def rate(self) -> float:
        """Transactions a second, by the median turn: a block may be written while the next one is executed."""
        return TRANSFERS / statistics.median(
            sum(sum(block.values()) for block in turn) / len(turn) for turn in self.turns
        )

    def document(self) -> dict[str, Any]:
        """All figures as JSON."""
        return {
            "state": self.kind,
            "slots": self.size,
            "fill": self.filled,
            "ready": self.ready,
            "blocks": len(self.blocks),
            "median_seconds": {name: self.part(name) for name in ("execute", "root", "commit")}
            if self.blocks
            else None,
            "transactions_a_second": self.rate if self.blocks else None,
            **self.last,
        }


def measure_states(
    kinds: Sequence[str],
    size: int,
    blocks: int,
    folder: Path,
    progress: Callable[[str], None],
    note: Callable[[MetricTally], None] = lambda tally: None,
) -> list[MeasuredState]:
    """Measure these kinds of states of one size. Raises InputError where one cannot be made.

    ``folder`` is empty, and is where states on disk are. ``note`` is told what each turn has counted.
    """
    meters = [StoredMeter(kind) for kind in kinds]
    measured = [MeasuredState(kind, size) for kind in kinds]
    with ExitStack() as stack:
        running: list[tuple[MeasuredState, subprocess.Popen[str]]] = []
        for index, state in enumerate(measured):
            kind, _, settings = state.kind.partition("?")
            place = MEMORY if kind == MEMORY else f"{kind}:{folder / str(index)}?{settings}"
            if place != MEMORY:
                progress(f"{state.kind}: {size} slots are put there")
                with worker("fill", place, size) as filling:
                    state.filled = answer(filling, state.kind)
            progress(f"{state.kind}: opened")
            process = stack.enter_context(worker("run", place, size))
            state.ready = answer(process, state.kind)
            running.append((state, process))
        for done in range(0, blocks, TURN):
            progress(f"{size} slots: {done} of {blocks} blocks")
            for (state, process), meter in zip(running, meters, strict=True):
                assert process.stdin is not None
                process.stdin.write(f"{min(TURN, blocks - done)}\n")
                process.stdin.flush()
                turn = answer(process, state.kind)
                state.turns.append(turn["blocks"])
                note(tally_of(turn, state.kind, meter))
            note(round_of(len(running)))
        for state, process in running:
            assert process.stdin is not None
            process.stdin.close()
            state.last = answer(process, state.kind)
    return measured


def tally_of(turn: dict[str, Any], kind: str, meter: StoredMeter) -> MetricTally:
    """What a process tells of its turn, as metrics."""
    counts = turn["counts"]
    tally = MetricTally() if counts is None else meter.tally(counts, turn["bytes_on_disk"])
    for block in turn["blocks"]:
        note_block(tally, kind, sum(block.values()))
    return tally


def round_of(processes: int) -> MetricTally:
    """A round is over, in which each process had its turn."""
    tally = MetricTally()
    tally.add("samestate_rounds_total")
    tally.set("samestate_run_processes", 1 + processes)
    return tally


def planned(sizes: int, blocks: int) -> MetricTally:
    """How many rounds there will be."""
    tally = MetricTally()
    tally.set("samestate_rounds_planned", sizes * -(-blocks // TURN))
    return tally


@contextmanager
def worker(what: str, place: str, size: int) -> Iterator[subprocess.Popen[str]]:
    """A process that measures; it is ended with the context."""
    command = [sys.executable, "-m", MODULE, what, place, str(size)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as it:
        try:
            yield it
        finally:
            it.kill()


@contextmanager
def folder_for_states() -> Iterator[Path]:
    """A folder for states on disk, gone after it."""
    with tempfile.TemporaryDirectory(prefix="samestate-states-") as folder:
        yield Path(folder)


def answer(process: subprocess.Popen[str], kind: str) -> Any:
    """The next line that it tells. Raises InputError with its last words where it has ended."""
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    if not line:
        words = process.stderr.read().strip().splitlines() or ["it has ended"]
        raise InputError(f"--state {kind}: {words[-1]}")
    return parse_json(line, most=None)


def table_of(measured: Sequence[MeasuredState]) -> Table:
    """The figures of states of one size, each beside the state in memory, if that is there."""
    in_memory = next((state for state in measured if state.kind == MEMORY and state.blocks), None)
    title = "medians a block of 1,000 transfers, in milliseconds"
    parts = ("execute", "root", "commit")
    table = Table("state", "slots", "filled in", "reads/s", "ahead/s", *parts, title=title)
    for column in ("tx/s", "of memory", "on disk", "resident"):
        table.add_column(column)
    for state in measured:
        reads = state.ready["reads"]
        size = state.last.get("bytes_on_disk")
        table.add_row(
            state.kind,
            f"{state.size:,}",
            f"{(state.filled or state.ready)['seconds']:.1f} s",
            f"{reads['one_at_a_time']:,.0f}",
            f"{reads['ahead']:,.0f}" if "ahead" in reads else "",
            *(f"{state.part(name) * 1000:.1f}" if state.blocks else "" for name in ("execute", "root", "commit")),
            f"{state.rate:,.0f}" if state.blocks else "",
            f"{state.rate / in_memory.rate:.2f}" if in_memory and state.blocks else "",
            "" if size is None else f"{size / 1e6:,.0f} MB",
            f"{state.last['memory']['peak'] / 1e6:,.0f} MB",
        )
    return table


def advice_on(measured: Sequence[MeasuredState]) -> Iterator[str]:
    """What slows the states on disk, in words."""
    for state in measured:
        for advice in state.last["advice"]:
            yield f"{state.kind}, {state.size} slots: advice: " + Advice(**advice).sentence()


def differences(measured: Sequence[MeasuredState]) -> list[str]:
    """Roots that are not the same at the end, in words."""
    roots = {state.kind: str(state.last["root"]) for state in measured}
    if len(set(roots.values())) < 2:
        return []
    return ["roots differ: " + ", ".join(f"{kind} 0x{root}" for kind, root in roots.items())]
