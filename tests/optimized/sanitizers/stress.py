"""The compiled machines with four workers on many blocks, for a sanitizer to watch.

`stress.py PACKAGE MACHINE BLOCKS SECONDS [ROUNDS]`: the build; toy, evm or svm; a pickle of blocks in plain terms;
for how long to go through them, and how often at most. Every strategy, one engine each for all blocks; each result is
compared with that of `sequential`. Prints how many blocks it ran, how often a transaction was executed again, and how
often a block was executed in pieces: from its access list, taken for independent, and dealt by addresses. It imports
nothing of ours but the build, since libraries that the specification uses cannot be loaded under a sanitizer.
"""

from __future__ import annotations

import itertools
import pickle
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

WORKERS = 4
PARALLEL = ("block-stm", "locks", "waves")
ADAPTIVE = "adaptive"
"""On the toy it is block-stm."""
FROM_A_LIST = "access-list"
ESTIMATORS = {"locks": "rehearsed", "waves": "learned"}
"""Those that know and learn most, on the EVM, where they are asked."""

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


def make_engine(package: str, machine: str, strategy: str) -> Any:
    """An engine; that of Solana's machine does not ask for true signatures, and has no access lists."""
    configuration = import_module(f"{package}.configuration")
    estimator = ESTIMATORS.get(strategy, "declared") if machine == "evm" else "declared"
    settings = configuration.Configuration(
        workers=WORKERS, strategy=strategy, memory_limit=1 << 26, estimator=estimator
    )
    if machine != "svm":
        return import_module(f"{package}.engine").Engine(machine, settings)
    module = import_module(f"{package}.svm.engine")
    return module.SvmEngine(settings, module.SvmOptions(signatures=False))


def told(result: Any) -> object:
    """All that a result says of the block."""
    if result.rejection is not None:
        return result.rejection.code, result.rejection.transaction
    return tuple(result.receipts), dict(result.changes), tuple(result.wipes), tuple(result.steps)


def pieces_of(metrics: Any) -> str | None:
    """How a block was divided in pieces, where it was."""
    if metrics.pieces is None:
        return None
    if metrics.strategy == FROM_A_LIST:
        return "listed"
    return "dealt" if "name the same addresses" in (metrics.reason or "") else "independent"


def main(package: str, machine: str, file: str, seconds: float, rounds: int) -> None:
    strategies = ("sequential", *PARALLEL, ADAPTIVE, *[FROM_A_LIST] * (machine != "svm"))
    engines = {strategy: make_engine(package, machine, strategy) for strategy in strategies}
    make = {"toy": toy_block, "evm": evm_block, "svm": svm_block}[machine]
    blocks = [make(package, given) for given in pickle.loads(Path(file).read_bytes())]
    ran = again = 0
    pieces: Counter[str | None] = Counter()
    end = time.monotonic() + seconds
    for run, is_listed in itertools.islice(itertools.cycle(blocks), rounds * len(blocks)):
        right = told(run(engines["sequential"]))
        for strategy in (*PARALLEL, *[ADAPTIVE] * (machine != "toy"), *[FROM_A_LIST] * is_listed):
            result = run(engines[strategy])
            if told(result) != right:
                sys.exit(f"{strategy}: block {ran % len(blocks)}: not what one at a time gives")
            again += sum(result.metrics.re_executions)
            pieces[pieces_of(result.metrics)] += 1
        ran += 1
        if time.monotonic() > end:
            break
    for engine in engines.values():
        engine.close()
    in_pieces = ", ".join(f"{pieces[how]} {how}" for how in ("listed", "independent", "dealt"))
    print(f"{ran} blocks, {again} executions again, {in_pieces}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), int(sys.argv[5]) if len(sys.argv) > 5 else 10**9)
