"""The compiled machines with four workers on many blocks, for a sanitizer to watch.

`stress.py PACKAGE MACHINE BLOCKS SECONDS [ROUNDS]`: the build; toy, evm or svm; a pickle of blocks in plain terms;
for how long to go through them, and how often at most. Every strategy, one engine each for all blocks; each result is
compared with that of `sequential`. Prints how many blocks it ran, and how often a transaction was executed again. It
imports nothing of ours but the build, since libraries that the specification uses cannot be loaded under a sanitizer.
"""

from __future__ import annotations

import itertools
import pickle
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

WORKERS = 4
PARALLEL = ("block-stm", "locks", "waves", "access-list")

Run = Callable[[Any], Any]
"""Runs a block on an engine."""


def toy_block(package: str, arguments: tuple[Any, ...]) -> tuple[Run, bool]:
    """How a block runs, and whether it has an access list; here and below."""
    block = import_module(f"{package}.toy.packing").pack(*arguments)
    return lambda engine: engine.execute(block), block.has_access_list


def evm_block(package: str, given: tuple[Any, ...]) -> tuple[Run, bool]:
    """Packed anew for each run, on a state of its own, so that senders and codes are found out anew."""
    (name, numbers, instructions), environment, rest, values = given
    packing = import_module(f"{package}.evm.packing")
    fork = import_module(f"{package}.evm.forks").Fork(name, numbers, instructions)
    make_world = import_module(f"{package}.evm.world").World

    def run(engine: Any) -> Any:
        world = make_world()
        world.apply(values)
        return engine.execute(packing.pack(fork, packing.BlockEnvironment(*environment), *rest), world)

    return run, rest[4] is not None


def svm_block(package: str, given: tuple[Any, ...]) -> tuple[Run, bool]:
    """On a state of its own each time, since a block and its state refer to each other."""
    (rules, slot, leader, entries, blockhash, timestamp, limits, price), (bank, named), values = given
    packing, rulesets = import_module(f"{package}.svm.packing"), import_module(f"{package}.svm.rulesets")
    make_world = import_module(f"{package}.svm.world").World
    block = packing.PackedBlock(
        rulesets.SvmRules(*rules),
        slot,
        leader,
        [packing.PlainEntry(*entry) for entry in entries],
        blockhash,
        timestamp,
        rulesets.Limits(*limits),
        price,
    )

    def run(engine: Any) -> Any:
        world = make_world()
        for address, value in values.items():
            world.put(address, value)
        world.begin(*bank, **named)
        return engine.execute(block, world)

    return run, False


def svm_engine(package: str, strategy: str, configuration: Any) -> Any:
    """An engine that does not ask for true signatures."""
    module = import_module(f"{package}.svm.engine")
    return None if strategy == "access-list" else module.SvmEngine(configuration, module.SvmOptions(signatures=False))


def told(result: Any) -> object:
    """All that a result says of the block."""
    if result.rejection is not None:
        return result.rejection.code, result.rejection.transaction
    return result.receipts, dict(result.changes), tuple(result.wipes), tuple(result.steps)


def main(package: str, machine: str, file: str, seconds: float, rounds: int) -> None:
    engine_module, configuration = import_module(f"{package}.engine"), import_module(f"{package}.configuration")
    engines = {}
    for strategy in ("sequential", *PARALLEL):
        settings = configuration.Configuration(workers=WORKERS, strategy=strategy, memory_limit=1 << 26)
        is_svm = machine == "svm"
        engines[strategy] = (
            svm_engine(package, strategy, settings) if is_svm else engine_module.Engine(machine, settings)
        )
    make = {"toy": toy_block, "evm": evm_block, "svm": svm_block}[machine]
    blocks = [make(package, given) for given in pickle.loads(Path(file).read_bytes())]
    ran = again = 0
    end = time.monotonic() + seconds
    for run, is_listed in itertools.islice(itertools.cycle(blocks), rounds * len(blocks)):
        right = told(run(engines["sequential"]))
        for strategy in PARALLEL if is_listed else PARALLEL[:-1]:
            result = run(engines[strategy])
            if told(result) != right:
                sys.exit(f"{strategy}: block {ran % len(blocks)}: not what one at a time gives")
            again += sum(result.metrics.re_executions)
        ran += 1
        if time.monotonic() > end:
            break
    for engine in engines.values():
        if engine is not None:
            engine.close()
    print(f"{ran} blocks, {again} executions again")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), int(sys.argv[5]) if len(sys.argv) > 5 else 10**9)
