"""System transfers on Solana's compiled machine: every way to execute a block against one transaction after another.

`python benchmarks/svm_transfers.py [--transactions N] [--conflict SHARE] [--signed] [--rounds N] [--peer]`. All ways
go by turns, so that what else the machine does falls on all of them; medians and the best of all rounds are printed,
and the time that processors spent, which a busy machine tells more truly for one worker. A block begins as the bytes
of its transactions and ends with receipts. `--peer` adds LiteSVM (`pip install solders`), whose transactions are
decoded beforehand. `--chain N` applies so many blocks one after another, lattice and bank hash included, and says
what a rebuilt lattice would cost.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable

from samestate.conformance.benchmarking.svm_transfers import BLOCKHASH, Transfers, transfers
from samestate.optimized import Configuration
from samestate.optimized.svm.engine import SvmEngine, SvmOptions
from samestate.optimized.svm.packing import PackedBlock, PlainEntry
from samestate.optimized.svm.rulesets import MAINNET_2026_09, Limits
from samestate.optimized.svm.world import World

LEADER = bytes([0xAA]) * 32
RAISED = Limits(10**15, 10**15, 10**15)

WAYS = (
    ("sequential", 1, SvmOptions()),
    ("locks", 2, SvmOptions()),
    ("locks", 2, SvmOptions(pieces=False)),
    ("locks", 2, SvmOptions(versions=True)),
    ("waves", 2, SvmOptions()),
    ("block-stm", 2, SvmOptions()),
    ("adaptive", 2, SvmOptions()),
)


def world_of(made: Transfers) -> World:
    """The state before a block of transfers."""
    world = World()
    for address, value in made.accounts.items():
        world.put(address, value)
    world.begin(0, bytes(32), [(BLOCKHASH, 0, 5000)])
    return world


def block_of(made: Transfers, slot: int = 1) -> PackedBlock:
    """The block, under limits that it cannot reach."""
    entries = [PlainEntry(entry) for entry in made.entries]
    return PackedBlock(MAINNET_2026_09, slot, LEADER, entries, slot.to_bytes(32, "little"), None, RAISED)


def litesvm(made: Transfers) -> Callable[[], None]:
    """The same transfers on LiteSVM, without signatures, blockhashes and duplicates looked at."""
    from solders.account import Account
    from solders.litesvm import LiteSVM
    from solders.pubkey import Pubkey
    from solders.transaction import VersionedTransaction

    machine = LiteSVM().with_sigverify(False).with_blockhash_check(False).with_transaction_history(0)
    for address, value in made.accounts.items():
        if len(value) == 41:
            machine.set_account(Pubkey(address), Account(int.from_bytes(value[:8], "little"), b"", Pubkey(value[8:40])))
    decoded = [VersionedTransaction.from_bytes(wire) for wire in made.wires]

    def run() -> None:
        for transaction in decoded:
            machine.send_transaction(transaction)

    return run


def measure(made: Transfers, rounds: int, signed: bool, peer: bool) -> None:
    """Print what each way reaches."""
    world, block = world_of(made), block_of(made)
    runs: dict[str, Callable[[], object]] = {}
    for strategy, workers, options in WAYS:
        own = SvmOptions(
            signatures=signed, versions=options.versions, pieces=options.pieces, rebuild_from=options.rebuild_from
        )
        engine = SvmEngine(Configuration(strategy=strategy, workers=workers, record=False, memory_limit=1 << 30), own)
        name = f"{strategy}, {workers} worker{'s' if workers > 1 else ''}"
        name += ", versions" if options.versions else "" if options.pieces else ", no pieces"
        runs[name] = lambda engine=engine: engine.execute(block, world)
    if peer:
        runs["LiteSVM (solders)"] = litesvm(made)
    times: dict[str, list[float]] = {name: [] for name in runs}
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            started, busy = time.perf_counter(), time.process_time()
            result = run()
            times[name].append(time.perf_counter() - started)
            spent[name].append(time.process_time() - busy)
            assert getattr(result, "rejection", None) is None, result
    count = len(made.wires)
    base = statistics.median(times["sequential, 1 worker"])
    for name, measured in times.items():
        median = statistics.median(measured)
        rates = f"{count / median / 1000:8.0f} k/s   best {count / min(measured) / 1000:8.0f} k/s"
        busy = statistics.median(spent[name])
        print(f"{name:36} {median * 1000:9.2f} ms {rates}   {base / median:5.2f}   {busy * 1000:8.2f} ms of processors")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def measure_chain(made: Transfers, blocks: int) -> None:
    """Print what a chain of blocks takes, with the lattice changed by what changed, and made anew."""
    for name, rebuild_from in (("changed", 10**6), ("rebuilt", 0)):
        world = world_of(made)
        engine = SvmEngine(
            Configuration(strategy="adaptive", workers=2, record=False),
            SvmOptions(signatures=False, rebuild_from=rebuild_from),
        )
        executing = committing = 0.0
        for slot in range(1, blocks + 1):
            block = block_of(Transfers(made.accounts, made.wires[slot - 1 :: blocks]), slot)
            started = time.perf_counter()
            result = engine.execute(block, world)
            executed = time.perf_counter()
            assert result.rejection is None, result.rejection
            result.apply()
            executing += executed - started
            committing += time.perf_counter() - executed
        took = f"{executing * 1000:.1f} ms to execute, {committing * 1000:.1f} ms to commit"
        print(f"{blocks} blocks, lattice {name}: {took}; bank hash {world.hash.hex()[:16]}")


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--transactions", type=int, default=10_000)
    parser.add_argument("--conflict", type=float, default=0.0)
    parser.add_argument("--signed", action="store_true")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--chain", type=int, default=0)
    given = parser.parse_args()
    made = transfers(given.transactions, given.conflict, given.signed)
    if given.chain:
        measure_chain(made, given.chain)
    else:
        measure(made, given.rounds, given.signed, given.peer)


if __name__ == "__main__":
    main()
