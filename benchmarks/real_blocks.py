"""How fast the compiled EVM executes real blocks: beside EELS, and on several workers beside one.

    python benchmarks/real_blocks.py PATH… [--workers 2]… [--repetitions 5] [--eels] [--json FILE]

PATH: block files, or folders of them. Timed is from encoded transactions on: senders, execution, the receipts root and
the bloom. A state with a witness is read from the witness in that time; one without is laid out before it, as it is for
EELS, which gets what the block reads. The engines take turns; medians of each block are added up. `--eels` runs EELS
once a block, which takes minutes.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from samestate.conformance.engines.known_state import listed_state
from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import CompiledStates
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.load import load_cases
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.eels import EelsBlock
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.spec.evm.chain import to_payload
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.transaction import encode_transaction


def timed(run: Callable[[], int]) -> tuple[float, int]:
    """The seconds that a run takes, and the gas that it reports."""
    gc.collect()
    start = time.perf_counter()
    gas_used = run()
    return time.perf_counter() - start, gas_used


def ours(case: BlockFileCase, engine: EvmEngine, states: CompiledStates) -> Callable[[], int]:
    """A run of the compiled EVM."""
    machine = Evm(case.fork)
    payload = to_payload(case.block(), case.chain_id, case.block_hashes)
    world = states.world_of(case.state)
    assert world is not None, "a block file has a state of a form that is known"

    def run() -> int:
        result = engine.execute(packed_block(machine, payload, None), world)
        if result.rejection is not None:
            raise SystemExit(f"{case.id}: rejected: {result.rejection}")
        root, _ = result.records.commitments(result.block)
        if root != case.header.receipts_root:
            raise SystemExit(f"{case.id}: the receipts root is 0x{root.hex()}")
        return max(result.totals.execution_gas, result.totals.state_gas)

    return run


def theirs(case: BlockFileCase) -> Callable[[], int]:
    """A run of EELS, on a state made for it alone."""
    block = case.block()
    payload = to_payload(block, case.chain_id, case.block_hashes)
    state = listed_state(Evm(case.fork), payload, case.state)
    made = EelsBlock(
        GeneratedCase(
            name=case.id,
            fork=case.fork,
            chain_id=case.chain_id,
            parent=case.header,
            pre=state.to_alloc(),
            environment=payload.environment,
            transactions=tuple(map(encode_transaction, block.transactions)),
            withdrawals=block.withdrawals or (),
        )
    )

    def run() -> int:
        made.execute()
        return made.gas_used

    return run


def main() -> None:
    """Measure, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--workers", type=int, action="append", help="of block-stm; may be given again (default: 2)")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--eels", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    try:
        cases = [case for case in load_cases(options.paths) if isinstance(case, BlockFileCase)]
    except InputError as error:
        raise SystemExit(f"{error}; name folders of block files alone") from error
    engines = {"sequential": EvmEngine(Configuration(strategy="sequential", workers=1, record=False))}
    for workers in options.workers or (2,):
        engines[f"block-stm on {workers}"] = EvmEngine(
            Configuration(strategy="block-stm", workers=workers, record=False)
        )
    states = CompiledStates()
    sums = dict.fromkeys((*engines, *(("EELS",) if options.eels else ())), 0.0)
    rows = []
    for case in cases:
        runs = {name: ours(case, engine, states) for name, engine in engines.items()}
        seconds: dict[str, list[float]] = {name: [] for name in sums}
        for _ in range(options.repetitions):
            for name, run in runs.items():
                taken, gas_used = timed(run)
                seconds[name].append(taken)
                if gas_used != case.header.gas_used:
                    raise SystemExit(f"{case.id}: {name} used {gas_used} gas, and not {case.header.gas_used}")
        if options.eels:
            taken, gas_used = timed(theirs(case))
            seconds["EELS"].append(taken)
            if gas_used != case.header.gas_used:
                print(f"{case.id}: EELS used {gas_used} gas, and not {case.header.gas_used}", file=sys.stderr)
        row = {name: median(taken) for name, taken in seconds.items()}
        rows.append({"block": Path(case.id).name, "gas": case.header.gas_used, **row})
        for name, taken in row.items():
            sums[name] += taken
        told = "  ".join(f"{name} {1000 * taken:8.1f} ms" for name, taken in row.items())
        print(f"{Path(case.place).name:32} {case.header.gas_used:>10} gas  {told}", flush=True)
    for engine in engines.values():
        engine.close()
    told = ", ".join(f"{name} {1000 * total:.0f} ms" for name, total in sums.items())
    print(f"{len(rows)} blocks, {sum(case.header.gas_used for case in cases)} gas: {told}")
    for name in list(engines)[1:]:
        print(f"{name} workers: {sums['sequential'] / sums[name]:.2f} times as fast as sequential")
    if options.eels:
        print(f"sequential: {sums['EELS'] / sums['sequential']:.0f} times as fast as EELS")
    if options.json is not None:
        options.json.write_text(json.dumps({"blocks": rows, "seconds": sums}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
