"""How well the estimators of the compiled EVM expect accesses, and what `locks` and `waves` gain by them.

    python benchmarks/estimators.py [PATH…] [--workers 2] [--repetitions 7] [--estimator NAME]… [--workload NAME]…
        [--read-latency MICROSECONDS] [--by-block] [--json FILE]

PATH: block files, or folders of them; without one, generated blocks alone. Real blocks of a chain come in its order,
and each is expected by what was learned from those before it: they are months apart, mostly. Of a generated workload
the second half is expected by what was learned from the first. `learned, again` has seen the very block before: the
ceiling of learning. `rehearsed, free` is given what `rehearsed` expects, before the clock runs: what a strategy would
gain if expecting cost nothing. `exact, free` is given what the transactions do access: all that there is to expect.
With `--read-latency` each read of the state takes so long. Each repetition begins with engines that know nothing;
within it the estimators take turns at each block. Times are medians, and the gain is that over `declared`, which knows
access lists alone (EIP-2930).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from samestate.conformance.benchmarking.pattern_workloads import NAMES, pattern_workload
from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import CompiledStates, world_of
from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.load import load_cases
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.expecting import ExpectedBlock, accessed_block
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.world import World
from samestate.optimized.settings import ESTIMATORS
from samestate.spec.evm.chain import to_payload
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload

STRATEGIES = ("locks", "waves")
BASELINE = "declared"
AGAIN = "learned, again"
FREE = "rehearsed, free"
EXACT = "exact, free"
EVERY = (*ESTIMATORS, AGAIN, FREE, EXACT)


@dataclass(frozen=True)
class Measured:
    """A block on the state before it. ``counts``: whether it is measured, and not only learned from."""

    group: str
    name: str
    block: PackedBlock
    world: World
    counts: bool = True


@dataclass(frozen=True)
class Figures:
    """What came of one block with one estimator: shares, executions, and seconds by strategy."""

    precision: float | None
    recall: float | None
    executions: int
    seconds: dict[str, list[float]]


def real_blocks(paths: list[Path]) -> Iterator[Measured]:
    """Real blocks that have transactions, chain by chain and in their order."""
    cases = [case for case in load_cases(paths) if isinstance(case, BlockFileCase)]
    states = CompiledStates()
    for case in sorted(cases, key=lambda case: (case.chain_id, case.header.number)):
        payload = to_payload(case.block(), case.chain_id, case.block_hashes)
        world = states.world_of(case.state)
        if world is not None and payload.transactions:
            chain = "mainnet" if case.chain_id == 1 else "other chains"
            yield Measured(chain, f"{case.header.number}", packed_block(Evm(case.fork), payload, None), world)


def generated_blocks(name: str) -> Iterator[Measured]:
    """A workload as two blocks, the second on what the first leaves."""
    workload = pattern_workload(name)
    machine, payload = Evm(workload.case.fork), workload.case.payload()
    half = len(payload.transactions) // 2
    before, after = world_of(workload.case.state()), world_of(workload.case.state())
    first = packed_block(machine, part(payload, slice(None, half)), None, workload.senders[:half])
    second = packed_block(machine, part(payload, slice(half, None)), None, workload.senders[half:])
    with EvmEngine(Configuration(strategy="sequential", record=False)) as engine:
        engine.execute(first, after).ledger.apply()
    yield Measured(name, "first half", first, before, counts=False)
    yield Measured(name, "second half", second, after)


def part(payload: Payload, which: slice) -> Payload:
    """Some of a block's transactions, in a block of their own."""
    return Payload(environment=payload.environment, transactions=payload.transactions[which])


def given_beforehand(estimator: str, blocks: list[Measured], workers: int) -> dict[int, ExpectedBlock]:
    """What is given with each block (by its identity), where an estimator stands for what is known beforehand."""
    given: dict[int, ExpectedBlock] = {}
    if estimator == FREE:
        with engine_of("rehearsed", "locks", workers) as engine:
            for each in blocks:
                given[id(each.block)] = engine.expect(each.block, each.world)
                engine.execute(each.block, each.world)
    elif estimator == EXACT:
        with EvmEngine(Configuration(strategy="sequential")) as engine:
            for each in blocks:
                given[id(each.block)] = accessed_block(each.block, engine.execute(each.block, each.world).records)
    return given


def engine_of(estimator: str, strategy: str, workers: int, record: bool = False, latency: float = 0) -> EvmEngine:
    """An engine that knows nothing yet."""
    named = {AGAIN: "learned", FREE: BASELINE, EXACT: BASELINE}.get(estimator, estimator)
    return EvmEngine(
        Configuration(strategy=strategy, estimator=named, workers=workers, record=record, read_latency_us=latency)
    )


def measure(
    blocks: list[Measured], estimators: list[str], workers: int, repetitions: int, latency: float
) -> list[dict[str, Figures]]:
    """The figures of each block, by estimator."""
    figures: list[dict[str, Figures]] = [{} for _ in blocks]
    given = {estimator: given_beforehand(estimator, blocks, workers) for estimator in estimators}
    for estimator in estimators:
        with engine_of(estimator, "locks", workers, record=True) as engine:
            for place, each in enumerate(blocks):
                if estimator == AGAIN:
                    engine.execute(each.block, each.world)
                found = engine.execute(each.block, each.world, given[estimator].get(id(each.block))).metrics
                seconds: dict[str, list[float]] = {strategy: [] for strategy in STRATEGIES}
                figures[place][estimator] = Figures(found.precision, found.recall, found.executions, seconds)
    gc.collect()
    gc.freeze()  # blocks and states are many objects, which nobody is to go through while it is measured
    for _ in range(repetitions):
        engines = {
            (name, strategy): engine_of(name, strategy, workers, latency=latency)
            for name in estimators
            for strategy in STRATEGIES
        }
        for place, each in enumerate(blocks):
            for (name, strategy), engine in engines.items():
                if name == AGAIN or not each.counts:
                    engine.execute(each.block, each.world)
                if not each.counts:
                    continue
                expected = given[name].get(id(each.block))
                start = time.perf_counter()
                result = engine.execute(each.block, each.world, expected)
                figures[place][name].seconds[strategy].append(time.perf_counter() - start)
                if result.rejection is not None:
                    raise SystemExit(f"{each.name}: rejected: {result.rejection}")
        for engine in engines.values():
            engine.close()
    return figures


def mean(values: list[float | None]) -> float | None:
    """The mean of the shares that there are."""
    there = [value for value in values if value is not None]
    return fmean(there) if there else None


def share(value: float | None) -> str:
    """A share, or nothing."""
    return "" if value is None else f"{value:.2f}"


def row_of(group: str, estimator: str, figures: list[dict[str, Figures]], transactions: int) -> dict[str, object]:
    """What an estimator came to on some blocks."""
    mine = [each[estimator] for each in figures]
    row: dict[str, object] = {
        "blocks": group,
        "estimator": estimator,
        "precision": mean([each.precision for each in mine]),
        "recall": mean([each.recall for each in mine]),
        "executions": sum(each.executions for each in mine) / transactions,
    }
    for strategy in STRATEGIES:
        seconds = [median(each.seconds[strategy]) for each in mine]
        baseline = [median(each[BASELINE].seconds[strategy]) for each in figures]
        row[f"{strategy} ms"] = 1000 * sum(seconds)
        row[f"{strategy} gain"] = median(was / now for was, now in zip(baseline, seconds, strict=True))
    return row


def table(rows: list[dict[str, object]]) -> str:
    """Rows as a table in Markdown."""
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}"]
    for row in rows:
        cells = [share(value) if isinstance(value, float) or value is None else str(value) for value in row.values()]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="*")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--estimator", action="append", choices=EVERY, help="may be given again (default: all)")
    parser.add_argument("--workload", action="append", choices=NAMES, help="may be given again (default: all)")
    parser.add_argument(
        "--read-latency", type=float, default=0.0, metavar="MICROSECONDS", help="of each read of the state"
    )
    parser.add_argument("--by-block", action="store_true", help="a row for each block, too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    estimators = list(dict.fromkeys([BASELINE, *(options.estimator or EVERY)]))
    sets = [list(generated_blocks(name)) for name in options.workload or NAMES]
    if options.paths:
        real = list(real_blocks(options.paths))
        sets += [
            chain for name in ("mainnet", "other chains") if (chain := [each for each in real if each.group == name])
        ]
    rows: list[dict[str, object]] = []
    load = os.getloadavg()[0]
    for blocks in sets:
        figures = measure(blocks, estimators, options.workers, options.repetitions, options.read_latency)
        counted = [(each, found) for each, found in zip(blocks, figures, strict=True) if each.counts]
        groups = [(blocks[0].group, counted)]
        if options.by_block and len(counted) > 1:
            groups = [(f"{each.group} {each.name}", [(each, found)]) for each, found in counted] + groups
        for name, members in groups:
            transactions = sum(each.block.transaction_count for each, _ in members)
            rows += [row_of(name, each, [found for _, found in members], transactions) for each in estimators]
    print(table(rows))
    print(
        f"\n{options.workers} workers, {options.repetitions} repetitions, load {load:.1f} to {os.getloadavg()[0]:.1f}"
    )
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
