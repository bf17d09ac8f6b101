"""How fast the specification is beside EELS, from PyPI without ``[optimized]``, on the same blocks.

    python benchmarks/spec_against_eels.py [--repetitions 5] [--json FILE]

Both decode the transactions, recover the senders and execute the block; the specification keeps its access record too.
State roots and receipts roots are apart, and compared once. The two take turns, so that a change of the machine's mood
meets both, and medians count. Exits with 1 where a figure is not reached.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from workloads import loop, token_transfers, transfers

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.eels import Eels, EelsBlock
from samestate.conformance.peers.peer import differences, run_specification
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import FlatState
from samestate.spec.transition import apply_block

SPEED_UP = 1.5
"""How many times as fast as EELS the specification is to be, at least."""
GROWTH = 1.2
"""How much dearer a block may be on a state of 100,000 accounts than on one of 2,000, at most."""


def ours(case: GeneratedCase, state: FlatState) -> Callable[[], int]:
    """A run of the specification: from encoded transactions to the state after the block, without its root."""

    def run() -> int:
        result = apply_block(Evm(case.fork), case.payload(), state)
        result.state()
        return result.totals.gas_used

    return run


def theirs(case: GeneratedCase) -> Callable[[], int]:
    """A run of EELS: the same, on a state made for this run alone, since it is changed in place."""
    block = EelsBlock(case)

    def run() -> int:
        block.execute()
        return block.gas_used

    return run


def timed(run: Callable[[], int]) -> tuple[float, int]:
    """The seconds that a run takes, and the gas that it reports."""
    gc.collect()
    start = time.perf_counter()
    gas_used = run()
    return time.perf_counter() - start, gas_used


def against_eels(case: GeneratedCase, repetitions: int) -> dict[str, object]:
    """Seconds of both on one block."""
    state = case.state()
    summary = run_specification(case)
    if summary.rejection is not None:
        raise SystemExit(f"{case.name}: the block is invalid: {summary.rejection}")
    different = differences(summary, Eels().run(case))
    if different:
        raise SystemExit(f"{case.name}: EELS differs in {', '.join(different)}")
    mine: list[float] = []
    other: list[float] = []
    for _ in range(repetitions):
        for seconds, run in ((mine, ours(case, state)), (other, theirs(case))):
            taken, gas_used = timed(run)
            if gas_used != summary.gas_used:
                raise SystemExit(f"{case.name}: {gas_used} gas used, expected {summary.gas_used}")
            seconds.append(taken)
    ratio = statistics.median(other) / statistics.median(mine)
    return {
        "workload": case.name,
        "gas": summary.gas_used,
        "spec": statistics.median(mine),
        "eels": statistics.median(other),
        "ratio": ratio,
        "required": f"at least {SPEED_UP}",
        "reached": ratio >= SPEED_UP,
        "spec_seconds": mine,
        "eels_seconds": other,
    }


def growth(small: GeneratedCase, large: GeneratedCase, repetitions: int) -> dict[str, object]:
    """Seconds of the specification for the same transactions on a small and on a large state."""
    runs = [(case, case.state()) for case in (small, large)]
    seconds: list[list[float]] = [[], []]
    for _ in range(repetitions):
        for times, (case, state) in zip(seconds, runs, strict=True):
            times.append(timed(ours(case, state))[0])
    before, after = (statistics.median(times) for times in seconds)
    return {
        "workload": f"{large.name} against {len(small.pre):,}",
        "spec": after,
        "before": before,
        "ratio": after / before,
        "required": f"at most {GROWTH}",
        "reached": after / before <= GROWTH,
        "spec_seconds": seconds[1],
        "before_seconds": seconds[0],
    }


def milliseconds(seconds: object) -> str:
    """A time for people."""
    return f"{seconds * 1000:,.0f} ms" if isinstance(seconds, float) else ""


def main() -> int:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repetitions", type=int, default=5, help="runs of each, at least 1 (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    arguments = parser.parse_args()
    if arguments.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    results = [against_eels(case, arguments.repetitions) for case in (transfers(), token_transfers(), loop())]
    results.append(growth(transfers(), transfers(100_000), arguments.repetitions))

    print(f"Python {platform.python_version()}, EELS {Eels().version}, median of {arguments.repetitions}, Prague")
    print(f"{'workload':<62} {'spec':>10} {'EELS':>10} {'ratio':>7}  required")
    for result in results:
        columns = (milliseconds(result["spec"]), milliseconds(result.get("eels")))
        verdict = "" if result["reached"] else "  NOT REACHED"
        print(
            f"{result['workload']:<62} {columns[0]:>10} {columns[1]:>10} {result['ratio']:>7.2f}  "
            f"{result['required']}{verdict}"
        )
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"python": platform.python_version(), "results": results}, indent=2), encoding="utf-8"
        )
    return 0 if all(result["reached"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
