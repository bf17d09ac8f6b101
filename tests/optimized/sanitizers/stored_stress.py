"""Chains of blocks on a state in LMDB with four workers, for a sanitizer to watch.

`stored_stress.py PACKAGE CHAINS FOLDER`: the build; a pickle of chains in plain terms; where states may lie. Workers,
and the threads that load tries, read side by side, while the block before is written by a thread of its own. Each
result and each root is compared with those of one worker on a state in memory, and what is in the store at the end with
both. Prints how many blocks it ran, and how many of them were written while the next one was executed. It imports
nothing of ours but the build.
"""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

WORKERS = 4
STRATEGIES = ("block-stm", "adaptive", "waves", "locks")
EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
MAP_SIZE = 64 << 20
RESIDENT = 1 << 18
"""So little that pages are let go of all the time."""


class Chains:
    """Runs chains, each by all strategies by turns."""

    def __init__(self, package: str) -> None:
        self._package = package
        configuration = self._module("configuration")
        make = self._module("evm.engine").EvmEngine
        settings = {"memory_limit": 1 << 26}
        self._engines = [
            make(configuration.Configuration(workers=WORKERS, strategy=strategy, **settings)) for strategy in STRATEGIES
        ]
        self._alone = make(configuration.Configuration(workers=1, strategy="sequential", **settings))
        self.blocks = self.behind = 0

    def run(self, chain: Any, folder: Path) -> None:
        """Run a chain on a state of its own. Ends the process where anything is not as in memory."""
        (name, numbers, instructions), values, blocks = chain
        fork = self._module("evm.forks").Fork(name, numbers, instructions)
        packing, describing = self._module("evm.packing"), self._module("stores.description")
        store = self._module("stores.lmdb_store").LmdbStore(folder, True, MAP_SIZE, False, RESIDENT)
        stored, memory = self._module("evm.stored").StoredWorld(store, EMPTY_ROOT), self._module("evm.world").World()
        for world in (stored, memory):
            world.apply(values)
        stored.commit(describing.Description(name, 0, b"").records(), WORKERS)
        root = memory.root()
        for number, (environment, rest) in enumerate(blocks, 1):
            block, again = (packing.pack(fork, packing.BlockEnvironment(*environment), *rest) for _ in range(2))
            stored.revert()  # so all that tries need is read again, while the block before is still being written
            found = self._engines[self.blocks % len(self._engines)].execute(block, stored)
            right = self._alone.execute(again, memory)
            self.blocks += 1
            if told(found) != told(right):
                sys.exit(f"block {number}: not what one at a time gives in memory")
            if found.rejection is not None:
                continue
            root = right.ledger.root()
            if found.ledger.root(WORKERS) != root:
                sys.exit(f"block {number}: has another root than in memory")
            for result in (found, right):
                result.ledger.apply(WORKERS)
            stored.commit(describing.Description(name, number, b"").records(), WORKERS, waits=False)
            self.behind += 1
        stored.settle()
        if describing.describe(store, folder).root != root:
            sys.exit("the store has another root than the last block")
        stored.close()

    def close(self) -> None:
        """Give the engines back."""
        for engine in (*self._engines, self._alone):
            engine.close()

    def _module(self, name: str) -> Any:
        return import_module(f"{self._package}.{name}")


def told(result: Any) -> object:
    """All that a result says of the block."""
    if result.rejection is not None:
        return result.rejection.code, result.rejection.transaction
    return tuple(result.receipts), dict(result.changes), tuple(result.wipes), tuple(result.steps)


def main(package: str, file: str, folder: str) -> None:
    chains = Chains(package)
    for index, chain in enumerate(pickle.loads(Path(file).read_bytes())):
        chains.run(chain, Path(folder, str(index)))
    chains.close()
    print(f"{chains.blocks} blocks, {chains.behind} written behind")


if __name__ == "__main__":
    main(*sys.argv[1:])
