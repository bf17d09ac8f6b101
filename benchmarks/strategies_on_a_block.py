"""The metrics of one real block under every strategy of the compiled EVM, in one table.

    python benchmarks/strategies_on_a_block.py BLOCK [--workers 2] [--repetitions 15]

BLOCK: a block file. Senders are recovered beforehand, in a first run, and the state is laid out. The time is the least
of all repetitions, and the other figures are those of that run. `access-list` starts from what transactions wrote, as a
right list would say it but for what was only credited.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import CompiledStates
from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.load import load_cases
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.metrics import Metrics
from samestate.spec.evm.chain import to_payload
from samestate.spec.evm.machine import Evm

STRATEGIES = ("sequential", "block-stm", "locks", "waves", "access-list", "adaptive")
COLUMNS = (
    "strategy", "ms", "executions", "suspended", "aborted", "validations", "longest run", "waves", "precision, recall",
    "conflicts", "critical path", "busy, ms",
)  # fmt: skip


def predictions_of(result: EvmResult) -> dict[bytes, list[tuple[int, bytes | None]]]:
    """What each transaction left of each key: what an access list says."""
    left: dict[bytes, list[tuple[int, bytes | None]]] = defaultdict(list)
    for index, step in enumerate(result.steps[1:-1]):
        for key, value in step.writes.items():
            left[key].append((index, value))
    return dict(left)


def row(name: str, metrics: Metrics) -> str:
    """The figures of a run."""

    def share(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    taken = name if metrics.strategy == name else f"{name}: {metrics.strategy}"
    cells = (
        taken,
        f"{metrics.seconds * 1e3:.2f}",
        metrics.executions,
        metrics.suspensions,
        metrics.aborts,
        metrics.validations,
        metrics.longest_run,
        metrics.waves or "",
        ", ".join(filter(None, (share(metrics.precision), share(metrics.recall)))),
        share(metrics.conflict_rate),
        metrics.critical_path,
        " + ".join(f"{worker.busy_seconds * 1e3:.2f}" for worker in metrics.workers),
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("block", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=15)
    arguments = parser.parse_args()
    case = next(iter(load_cases([arguments.block])))
    if not isinstance(case, BlockFileCase):
        raise SystemExit(f"{arguments.block}: is no block file")
    machine = Evm(case.fork)
    payload = to_payload(case.block(), case.chain_id, case.block_hashes)
    world = CompiledStates().world_of(case.state)
    assert world is not None, "a block file has a state of a form that is known"
    with EvmEngine(Configuration(strategy="sequential")) as engine:
        first = engine.execute(packed_block(machine, payload, None), world)
        if first.rejection is not None:
            raise SystemExit(f"{case.id}: rejected: {first.rejection}")
        block = packed_block(machine, payload, predictions_of(first))
        engine.execute(block, world)
    print(f"{case.id}: {block.transaction_count} transactions, {first.totals.paid_gas:,} gas, {case.fork.name}\n")
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    for strategy in STRATEGIES:
        configuration = Configuration(strategy=strategy, workers=arguments.workers, no_fallback=True)
        with EvmEngine(configuration) as engine:
            results = (engine.execute(block, world) for _ in range(arguments.repetitions))
            print(row(strategy, min((result.metrics for result in results), key=lambda metrics: metrics.seconds)))


if __name__ == "__main__":
    main()
