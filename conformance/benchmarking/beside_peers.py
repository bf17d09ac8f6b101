"""Engines and outside clients in turns on workloads of the EVM: times, their ratio to a peer's, results compared."""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from samestate.conformance.benchmarking.block_facts import Facts, differences
from samestate.conformance.benchmarking.compared_engine import ComparedEngine, ComparedSpecification
from samestate.conformance.benchmarking.evm_engine import (
    STRATEGIES,
    ComparedEvmEngine,
    EngineMissing,
    engine_class,
)
from samestate.conformance.benchmarking.evm_workloads import EvmWorkload, make_workload
from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, SPEC
from samestate.conformance.benchmarking.measuring import Measured, Progress, measure
from samestate.conformance.benchmarking.peer_programs import ComparedPeer, PeerProgram
from samestate.conformance.benchmarking.report import number, rounded
from samestate.conformance.benchmarking.workload_file import write_workload
from samestate.conformance.engines.clients.installed import ROOT
from samestate.conformance.errors import InputError
from samestate.optimized.configuration import Configuration
from samestate.optimized.errors import ConfigurationError

WORKERS: Final = (2,)
OURS: Final = {**{f"optimized:{strategy}": strategy for strategy in STRATEGIES}, SPEC: SPEC}
"""The engines by their ids."""
DEFAULT: Final = (f"optimized:{SEQUENTIAL}", f"optimized:{Configuration().strategy}")


@dataclass(frozen=True, slots=True)
class Participants:
    """Who is measured: our engines by strategy (``spec`` is the specification), numbers of workers, and peers.

    ``note`` says why the compiled EVM is left out, where nobody asked for it and it is not there.
    """

    strategies: tuple[str, ...]
    workers: tuple[int, ...]
    peers: tuple[PeerProgram, ...]
    note: str = ""

    def line_up(self, workload: EvmWorkload, folder: Path) -> Iterator[ComparedEngine]:
        """All that are measured on a workload, ours first. Raises InputError where one of ours cannot be."""
        for strategy in self.strategies:
            if strategy == SPEC:
                yield ComparedSpecification(workload)
                continue
            for count in (1,) if strategy == SEQUENTIAL else self.workers:
                try:
                    yield ComparedEvmEngine(workload, strategy, count)
                except (EngineMissing, ConfigurationError) as error:
                    raise InputError(f"--engine optimized:{strategy}: {error}") from error
        peers = [peer for peer in self.peers if peer.takes(workload)]
        if peers:
            file = write_workload(workload, folder)
            for peer in peers:
                yield ComparedPeer(peer, workload, file)


def choose(engines: Sequence[str], workers: Sequence[int], peers: Sequence[PeerProgram]) -> Participants:
    """Who is measured, by the options. Raises InputError.

    Without ``--engine`` it is the compiled EVM, sequential and with the default strategy, where it is there.
    """
    counts = tuple(workers) or WORKERS
    if not engines:
        try:
            engine_class()
        except EngineMissing as missing:
            return Participants((), counts, tuple(peers), f"only peers are measured: {missing}")
    strategies: dict[str, None] = {}
    for pattern in engines or DEFAULT:
        found = [strategy for id, strategy in OURS.items() if fnmatchcase(id, pattern)]
        if not found:
            raise InputError(f"--engine {pattern}: is not measured on workloads; known are {', '.join(OURS)}")
        strategies |= dict.fromkeys(found)
    return Participants(tuple(strategies), counts, tuple(peers))


@dataclass(frozen=True, slots=True)
class Row:
    """An engine or a peer on a workload. ``facts``: what the block came to, where that can be compared."""

    measured: Measured
    facts: Facts | None
    is_peer: bool

    @property
    def seconds(self) -> float:
        """The median time of the block."""
        return self.measured.milliseconds / 1000


@dataclass(frozen=True, slots=True)
class PeerReport:
    """What was measured on a workload. The first row whose result can be compared is what the others must equal."""

    workload: EvmWorkload
    gas: int
    rows: tuple[Row, ...]
    interrupted: bool

    @property
    def peer(self) -> Row | None:
        """The first peer: what times are compared with."""
        return next((row for row in self.rows if row.is_peer), None)

    def differences(self) -> Iterator[str]:
        """Where results differ."""
        first = next((row for row in self.rows if row.facts is not None), None)
        for row in self.rows:
            if first is None or first.facts is None or row.facts is None:
                continue
            for difference in differences(first.facts, row.facts):
                yield f"{self.workload.name}: {first.measured.engine.id} and {row.measured.engine.id}: {difference}"

    def table(self) -> Table:
        """What a person reads."""
        count = len(self.workload.senders)
        title = f"{self.workload.name}: {count:,} transactions, {self.gas:,} gas, {self.workload.case.fork.name}"
        table = Table("engine", "workers", title=title)
        peer = self.peer
        versus = [] if peer is None else [f"{peer.measured.engine.id} = 1"]
        for name in ("ms", "Mgas/s", "µs/tx", *versus, "result"):
            table.add_column(name, justify="right")
        first = next((row.facts for row in self.rows if row.facts is not None), None)
        for row in self.rows:
            same = "not compared" if row.facts is None or first is None else "same" if row.facts == first else "differs"
            table.add_row(
                row.measured.engine.id,
                str(row.measured.engine.workers),
                number(row.seconds * 1000),
                number(self.gas / row.seconds / 1e6, 0),
                number(row.seconds / count * 1e6),
                *([] if peer is None else [number(peer.seconds / row.seconds)]),
                same,
            )
        return table

    def document(self) -> dict[str, Any]:
        """The same for programs, with the time of every turn."""
        peer = self.peer
        return {
            "workload": self.workload.name,
            "fork": self.workload.case.fork.name,
            "transactions": len(self.workload.senders),
            "gas": self.gas,
            "differences": list(self.differences()),
            "results": [
                {
                    "engine": row.measured.engine.id,
                    "workers": row.measured.engine.workers,
                    "ms": rounded(row.seconds * 1000),
                    "ms_all": [rounded(turn.seconds * 1000) for turn in row.measured.turns],
                    "mgas_per_s": rounded(self.gas / row.seconds / 1e6),
                    "us_per_tx": rounded(row.seconds / len(self.workload.senders) * 1e6),
                    "peer": None if peer is None else peer.measured.engine.id,
                    "times_as_fast_as_peer": None if peer is None else rounded(peer.seconds / row.seconds),
                }
                for row in self.rows
            ],
        }


def measure_workload(
    name: str, choice: Participants, folder: Path, repeat: int, progress: Progress | None = None
) -> PeerReport | None:
    """Measure everybody on a workload in turns; None where nobody takes it."""
    workload = make_workload(name)
    with contextlib.ExitStack() as stack:
        engines = []
        for engine in choice.line_up(workload, folder):
            stack.callback(engine.close)
            engines.append(engine)
        if not engines:
            return None
        facts = [engine.facts() for engine in engines]
        comparison = measure(engines, None, repeat, progress)
        rows = tuple(
            Row(measured, told, isinstance(engine, ComparedPeer))
            for engine, measured, told in zip(engines, comparison.measured, facts, strict=True)
        )
    return PeerReport(workload, gas_of(workload, facts), rows, comparison.interrupted)


def gas_of(workload: EvmWorkload, facts: Sequence[Facts | None]) -> int:
    """The gas that the block's transactions use, by whoever says so; the header's for a block of a chain."""
    if workload.link is not None:
        return workload.link.header.gas_used
    told = next((each for each in facts if each is not None), None)
    if told is None:
        return workload.case.environment.gas_limit
    return sum(int(str(value)) for name, value in told.items() if name.endswith(": gas used"))


def setting(repeat: int) -> dict[str, Any]:
    """What stands beside figures: when, where and on what they were measured."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "repeat": repeat,
        "processor": processor(),
        "processors": os.cpu_count(),
        "system": platform.platform(),
    }


def commit() -> str | None:
    """The commit that is checked out, where this is a checkout; None where it is not, or git is missing."""
    if not (ROOT / ".git").exists():
        return None
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    with contextlib.suppress(OSError):
        described = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        return described.stdout.strip() or None
    return None


def processor() -> str:
    """The model of the processor, as far as the system says it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
