"""Outside clients as measured engines: programs that execute or import a workload as often as they are told."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from samestate.conformance.benchmarking import block_facts
from samestate.conformance.benchmarking.block_facts import Facts
from samestate.conformance.benchmarking.evm_workloads import EvmWorkload
from samestate.conformance.benchmarking.measured_engine import Turn
from samestate.conformance.engines.clients.installed import PROGRAMS, ROOT, find_program
from samestate.conformance.errors import InputError
from samestate.conformance.peers.line_process import LineProcess, PeerFailed
from samestate.conformance.peers.peer import PeerMissing

TIME_LIMIT: Final = 300.0
"""Seconds for an answer."""
SCRIPT: Final = ROOT / "benchmarks" / "peers" / "pyrevm_calls.py"
PROCESSORS: Final = os.cpu_count() or 1
PYREVM: Final = PROGRAMS.parent / "pyrevm"


@dataclass(frozen=True, slots=True)
class PeerProgram:
    """A peer by its name: how it is started, and which workloads it takes.

    ``imports``: it imports blocks of a chain, and takes no others. ``workers``: how many processors it uses.
    ``is_compared``: what it says of a block can be compared.
    """

    name: str
    command: Callable[[], Sequence[str]]
    imports: bool = False
    workers: int = 1
    is_compared: bool = True

    def takes(self, workload: EvmWorkload) -> bool:
        """Whether it can be measured on a workload."""
        return self.imports == (workload.link is not None)


def pyrevm() -> Sequence[str]:
    """How pyrevm is started. Raises PeerMissing."""
    if not (PYREVM / "pyrevm").is_dir():
        raise PeerMissing("pyrevm is not installed: `make peers` installs it")
    return [sys.executable, str(SCRIPT), str(PYREVM)]


PEERS: Final[Mapping[str, PeerProgram]] = {
    peer.name: peer
    for peer in (
        PeerProgram("revm", lambda: [find_program("samestate-revm")]),
        PeerProgram("pyrevm", pyrevm, is_compared=False),
        PeerProgram("geth", lambda: [find_program("samestate-geth-import")], imports=True, workers=PROCESSORS),
        PeerProgram(
            "geth-sequential",
            lambda: [find_program("samestate-geth-import"), "-sequential"],
            imports=True,
            workers=PROCESSORS,
        ),
    )
}
"""By name. geth alone imports blocks: in parallel from the access list, or one transaction at a time.

It recovers senders, and fetches state ahead, on all processors either way.
"""


def choose_peers(patterns: Sequence[str]) -> list[PeerProgram]:
    """The peers that some patterns stand for, in their order. Raises InputError where one is unknown or not there."""
    chosen: dict[str, PeerProgram] = {}
    for pattern in patterns:
        found = [peer for name, peer in PEERS.items() if fnmatchcase(name, pattern)]
        if not found:
            raise InputError(f"--peer {pattern}: no peer is called so; known are {', '.join(PEERS)}")
        for peer in found:
            try:
                peer.command()
            except PeerMissing as missing:
                raise InputError(f"--peer {peer.name}: {missing}") from missing
            chosen[peer.name] = peer
    return list(chosen.values())


class ComparedPeer:
    """A peer's program at work on a workload. Raises PeerMissing, PeerFailed."""

    strategy = "peer"
    kind = "process"

    def __init__(self, peer: PeerProgram, workload: EvmWorkload, file: Path) -> None:
        self.id = peer.name
        self.workers = peer.workers
        self._process = LineProcess(peer.name, [*peer.command(), str(file)], TIME_LIMIT)
        try:
            answer = self._process.answer()
            with self._complaints():
                self._facts = block_facts.of_answer(workload, answer) if peer.is_compared else None
        except BaseException:
            self._process.close()
            raise

    def turn(self) -> Turn:
        """Have the block executed once, by the peer's own clock."""
        answer = self._process.ask("1")
        with self._complaints():
            (seconds,) = answer["seconds"]
            return Turn(float(seconds))

    def facts(self) -> Facts | None:
        """What the block came to when it was first executed."""
        return self._facts

    def close(self) -> None:
        """End the program."""
        self._process.close()

    @contextlib.contextmanager
    def _complaints(self) -> Iterator[None]:
        """Make a PeerFailed of what is wrong with an answer."""
        try:
            yield
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise PeerFailed(f"{self.id} gives no proper answer: {type(error).__name__}: {error}") from error
