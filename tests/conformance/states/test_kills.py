"""A process that is killed leaves the state of the last whole block, and the state says which that is."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from samestate.conformance.benchmarking.token_chain import TokenChain
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.filling import check
from samestate.optimized.stores.description import describe
from samestate.optimized.stores.opening import parse_location

ACCOUNTS = 200
ROUNDS = 40
"""Blocks after which a state is begun anew, so that those that lead to it are quickly made again."""
PACKAGES = {"lmdb": "lmdb", "rocksdb": "rocksdict"}
WAYS = [pytest.param(kind, (), id=kind) for kind in PACKAGES] + [pytest.param("lmdb", ("behind",), id="lmdb-behind")]


class Roots:
    """The root after each block, from a state in memory."""

    def __init__(self) -> None:
        from tests.conformance.states.committing import TRANSFERS

        self._chain = TokenChain(ACCOUNTS, TRANSFERS)
        self._world = self._chain.in_memory()
        self._engine = EvmEngine(Configuration(strategy="sequential", workers=1))
        self._known = [self._world.root()]

    def at(self, height: int) -> bytes:
        while len(self._known) <= height:
            block, _ = self._chain.block()
            ledger = self._engine.execute(block, self._world).ledger
            self._known.append(ledger.root())
            ledger.apply()
        return self._known[height]


@pytest.fixture(scope="module")
def roots() -> Roots:
    return Roots()


def killed(place: str, draw: random.Random, *how: str) -> int:
    """Start the process, kill it at any moment after its start, and give the last height that it told."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.conformance.states.committing", place, str(ACCOUNTS), *how],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    told = -1
    for _ in range(1 + draw.randrange(6)):
        line = child.stdout.readline()
        assert line, "the process has ended by itself"
        told = int(line)
    time.sleep(draw.random() * 0.02)
    child.kill()
    rest, _ = child.communicate()
    return max([told, *map(int, rest.split())])


def kill_often(kind: str, folder: Path, roots: Roots, times: int, *how: str) -> None:
    pytest.importorskip(PACKAGES[kind])
    untold = 1 + len(how)  # blocks that may be there and were not told: one more where it is written behind
    draw = random.Random(f"kills of {kind}")
    place = f"{kind}:{folder / 'state'}"
    heights = []
    for kill in range(times):
        told = killed(place, draw, *how)
        store = parse_location(place).store(writable=True)
        try:
            found = describe(store, place)
            assert found is not None
            # A block that was committed may not have been told; what was told was committed.
            assert told <= found.height <= told + untold, kill
            assert found.root == roots.at(found.height), kill
            check(store, found)
        finally:
            store.close()
        heights.append(found.height)
        if found.height > ROUNDS:
            shutil.rmtree(folder / "state")
    assert len(set(heights)) > 1, "it was never killed but at the start"


@pytest.mark.parametrize(("kind", "how"), WAYS)
def test_a_killed_process_leaves_the_last_whole_block(
    kind: str, how: tuple[str, ...], tmp_path: Path, roots: Roots
) -> None:
    kill_often(kind, tmp_path, roots, 5, *how)


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "how"), WAYS)
def test_two_hundred_killed_processes_leave_the_last_whole_block(
    kind: str, how: tuple[str, ...], tmp_path: Path, roots: Roots
) -> None:
    kill_often(kind, tmp_path, roots, 200, *how)
