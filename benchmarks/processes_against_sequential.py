"""How much faster the specification's EVM is on two worker processes than one transaction at a time.

    python benchmarks/processes_against_sequential.py [--repetitions 5] [--transactions 200] [--json FILE]

The block has independent transactions of at least 10 ms each. One at a time is the specification itself, in this
process; block-stm is timed from the decoded block to the result, with all that goes to the workers and comes back, on
workers that are warm. The ceiling is what two unrelated processes reach that execute the block one transaction at a
time. All three take turns, and medians count. Exits with 1 where the speed-up is not reached.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import multiprocess
from workloads import LOOP, case, transaction

from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, Figures, MeasuredEngine, Turn
from samestate.conformance.benchmarking.measuring import measure
from samestate.optimized.configuration import Configuration
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine
from samestate.spec.evm.forks import PRAGUE
from samestate.spec.evm.keys import balance_key, code_key, nonce_key, slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.transition import apply_block

SPEED_UP = 1.5
"""How many times as fast two workers are to be, at least."""
LEAST_MILLISECONDS = 10.0
"""How long each transaction takes, at least."""
GAS = 150_000
"""What each transaction spends, most of it in a loop."""


def prague(_: str) -> Evm:
    """The machine, as workers find it."""
    return Evm(PRAGUE)


def workload(transactions: int) -> tuple[Payload, FlatState, dict[bytes, bytes]]:
    """The block, the state before it, and that state by key."""
    made = case(f"{transactions} loops", transactions, 2000, lambda index: transaction(LOOP, GAS))
    state = made.state()
    keys = [make(address) for address in state.accounts for make in (nonce_key, balance_key, code_key)]
    keys += [slot_key(address, slot) for address, slots in state.storage.items() for slot in slots]
    values = {key: state.get(key) for key in keys}
    return made.payload(), state, {key: value for key, value in values.items() if value is not None}


class OneAtATime:
    """The specification in this process."""

    id, strategy, kind, workers = "spec", SEQUENTIAL, "", 1

    def __init__(self, payload: Payload, state: FlatState) -> None:
        self.payload, self.state = payload, state

    def turn(self) -> Turn:
        """Execute the block."""
        began = time.perf_counter()
        apply_block(Evm(PRAGUE), self.payload, self.state)
        return Turn(time.perf_counter() - began)

    def close(self) -> None:
        """Nothing is held."""


class Copy:
    """The specification in a process of its own."""

    id, strategy, kind, workers = "spec", SEQUENTIAL, "processes", 1

    def __init__(self, transactions: int) -> None:
        context = multiprocess.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=copy, args=(theirs, transactions), daemon=True)
        self.process.start()

    def turn(self) -> Turn:
        """Have the block executed."""
        self.pipe.send(True)
        return Turn(self.pipe.recv())

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def copy(pipe: Any, transactions: int) -> None:
    """What the process of a copy does."""
    payload, state, _ = workload(transactions)
    engine = OneAtATime(payload, state)
    while pipe.recv():
        pipe.send(engine.turn().seconds)


class Processes:
    """Worker processes under block-stm."""

    id, strategy, kind = "optimized", "block-stm", "processes"

    def __init__(self, payload: Payload, base: dict[bytes, bytes], workers: int) -> None:
        self.workers = workers
        self.payload, self.base = payload, base
        self.runner = PythonEngine(
            MachineName(f"{Path(__file__).stem}:prague", "Prague"),
            Configuration(workers=workers, kind="processes", memory_limit=64 << 20),
        )

    def turn(self) -> Turn:
        """Execute the block."""
        began = time.perf_counter()
        metrics = self.runner.execute(self.payload, self.base, storage=()).metrics
        seconds = time.perf_counter() - began
        executions = tuple(worker.executions for worker in metrics.workers)
        return Turn(
            seconds, Figures(executions=metrics.executions, aborts=metrics.aborts, executions_by_worker=executions)
        )

    def close(self) -> None:
        """Give the arena back."""
        self.runner.close()


def main() -> int:
    """Measure, print, and say whether the figure is reached."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--transactions", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    payload, state, base = workload(options.transactions)
    alone, together = OneAtATime(payload, state), Processes(payload, base, 2)
    expected = apply_block(Evm(PRAGUE), payload, state)
    result = together.runner.execute(payload, base, storage=())
    if result.rejection or result.receipts != expected.receipts or result.changes != expected.changes:
        raise SystemExit("the results differ")

    def make_copies(count: int) -> list[MeasuredEngine]:
        return [Copy(options.transactions) for _ in range(count)]

    comparison = measure([alone, together], make_copies, options.repetitions)
    together.close()
    sequential, parallel = (each.milliseconds for each in comparison.measured)
    figures = comparison.measured[1].figures
    each = sequential / options.transactions
    speed_up, ceiling = sequential / parallel, comparison.ceilings[2]
    report = {
        "transactions": options.transactions,
        "milliseconds_per_transaction": each,
        "sequential_ms": sequential,
        "parallel_ms": parallel,
        "speedup": speed_up,
        "ceiling": ceiling,
        "executions_by_worker": figures.executions_by_worker,
    }
    print(
        f"{options.transactions} independent transactions of {each:.1f} ms, 2 workers, median of {options.repetitions}"
    )
    print(f"one at a time {sequential:.0f} ms, block-stm@processes {parallel:.0f} ms: {speed_up:.2f} times as fast")
    print(f"two unrelated copies: {ceiling:.2f} times; executions by worker: {figures.executions_by_worker}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if each < LEAST_MILLISECONDS:
        print(f"the transactions are to take {LEAST_MILLISECONDS:g} ms each, at least", file=sys.stderr)
        return 1
    return 0 if speed_up >= SPEED_UP else 1


if __name__ == "__main__":
    sys.exit(main())
