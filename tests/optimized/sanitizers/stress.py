"""The compiled toy engine with four workers on many blocks, for a sanitizer to watch.

`stress.py PACKAGE BLOCKS SECONDS`: the build, a pickle of blocks as `pack` takes them, and for how long to go through
them. Every strategy, one engine each for all blocks; each result is compared with that of `sequential`. Prints how many
blocks it ran, and how often a transaction was executed again. It imports nothing of ours but the build, since libraries
that the specification uses cannot be loaded under a sanitizer.
"""

from __future__ import annotations

import itertools
import pickle
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

WORKERS = 4
PARALLEL = ("block-stm", "locks", "waves", "access-list")


def told(result: Any) -> object:
    """All that a result says of the block."""
    if result.rejection is not None:
        return result.rejection.code, result.rejection.transaction
    return result.receipts, dict(result.changes), tuple(result.steps), result.receipts_root()


def main(package: str, file: str, seconds: float) -> None:
    engine_module, configuration = import_module(f"{package}.engine"), import_module(f"{package}.configuration")
    pack = import_module(f"{package}.toy.packing").pack
    engines = {
        strategy: engine_module.Engine(
            "toy", configuration.Configuration(workers=WORKERS, strategy=strategy, memory_limit=1 << 25)
        )
        for strategy in ("sequential", *PARALLEL)
    }
    blocks = [pack(*arguments) for arguments in pickle.loads(Path(file).read_bytes())]
    ran = again = 0
    end = time.monotonic() + seconds
    for block in itertools.cycle(blocks):
        right = told(engines["sequential"].execute(block))
        for strategy in PARALLEL if block.has_access_list else PARALLEL[:-1]:
            result = engines[strategy].execute(block)
            if told(result) != right:
                sys.exit(f"{strategy}: block {ran % len(blocks)}: not what one at a time gives")
            again += sum(result.metrics.re_executions)
        ran += 1
        if time.monotonic() > end:
            break
    for engine in engines.values():
        engine.close()
    print(f"{ran} blocks, {again} executions again")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
