"""System transfers on Solana's compiled machine: every way to execute a block against one transaction after another.

`python benchmarks/svm_transfers.py [--transactions N] [--conflict SHARE] [--signed] [--rounds N] [--peer] [--bank …]`.
All ways go by turns, so that what else the machine does falls on all of them; medians and the best of all rounds are
printed, and the time that processors spent, which a busy machine tells more truly for one worker. A block begins as the
bytes of its transactions and ends with receipts. `--peer` adds LiteSVM (`pip install solders`), whose transactions are
decoded beforehand. `--bank .peers/bin/samestate-bank` (`make peers`) adds Agave's Bank, by its own clock: admission
(decoding, sanitizing) and execution with commit, without opening and closing the slot. `--chain N` applies so many
blocks one after another, lattice and bank hash included, and says what a rebuilt lattice would cost.
"""

from __future__ import annotations

import argparse
import base64
import json
import resource
import statistics
import time
from collections.abc import Callable

from samestate.conformance.benchmarking.svm_transfers import BLOCKHASH, Transfers, transfers
from samestate.conformance.engines.clients.line_judge import LineClient
from samestate.conformance.fixtures.solana.features import FEATURES, SLOT_TIME_FEATURES
from samestate.optimized import Configuration
from samestate.optimized.svm.engine import SvmEngine, SvmOptions
from samestate.optimized.svm.packing import PackedBlock, PlainEntry
from samestate.optimized.svm.rulesets import MAINNET_2026_09, Limits
from samestate.optimized.svm.world import World
from samestate.spec.svm.addresses import address

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
    for key, value in made.accounts.items():
        world.put(key, value)
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
    for key, value in made.accounts.items():
        if len(value) == 41:
            machine.set_account(Pubkey(key), Account(int.from_bytes(value[:8], "little"), b"", Pubkey(value[8:40])))
    decoded = [VersionedTransaction.from_bytes(wire) for wire in made.wires]

    def run() -> None:
        for transaction in decoded:
            machine.send_transaction(transaction)

    return run


def asked_of_bank(made: Transfers, signed: bool) -> str:
    """The block as Agave's Bank is asked for it: one slot on the state before it."""
    accounts = {
        key.hex(): [
            int.from_bytes(value[:8], "little"),
            base64.b64encode(value[41:]).decode(),
            value[8:40].hex(),
            value[40] == 1,
        ]
        for key, value in made.accounts.items()
    }
    active = FEATURES["mainnet-2026-09"] - SLOT_TIME_FEATURES
    entries = [
        {"hash": None, "transactions": [base64.b64encode(wire).decode() for wire in entry]} for entry in made.entries
    ]
    block = {"slot": 1, "leader": LEADER.hex(), "blockhash": "01" * 32, "timestamp": None, "entries": entries}
    question = {
        "features": sorted(address(feature).hex() for feature in active),
        "accounts": accounts,
        "others": None,
        "parent": {"slot": 0, "bank_hash": "00" * 32},
        "blockhashes": [[BLOCKHASH.hex(), 5000]],
        "lamports_per_signature": 5000,
        "lamports_per_byte": 6960,
        "epochs": {
            "slots_per_epoch": 432_000,
            "leader_schedule_slot_offset": 432_000,
            "warmup": False,
            "first_normal_epoch": 0,
            "first_normal_slot": 0,
        },
        "slot_nanoseconds": 400_000_000,
        "hashes_per_tick": 0,
        "ticks_per_slot": 64,
        "hard_forks": [],
        "verify_signatures": signed,
        "blocks": [{**block, "limits": [10**15, 10**15, 10**15]}],
    }
    return json.dumps(question)


def seconds_of_bank(bank: LineClient, question: str) -> tuple[float, float]:
    """By the Bank's clock: the time of admission and execution, and of execution alone."""
    answer = bank.ask(question)
    told = answer["blocks"][0]["transactions"]
    assert all(each["stage"] == "processed" and each["error"] is None for each in told), told[:3]
    spent = answer["microseconds"]
    return (spent["admission"] + spent["execution"]) / 1e6, spent["execution"] / 1e6


def measure(made: Transfers, rounds: int, signed: bool, peer: bool, program: str | None) -> None:
    """Print what each way reaches."""
    bank, question = (LineClient([program]), asked_of_bank(made, signed)) if program else (None, "")
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
    banks: dict[str, list[float]] = {"Agave's Bank, decoded to committed": [], "Agave's Bank, execution alone": []}
    for _ in range(rounds):
        for name, run in runs.items():
            started, busy = time.perf_counter(), time.process_time()
            result = run()
            times[name].append(time.perf_counter() - started)
            spent[name].append(time.process_time() - busy)
            assert getattr(result, "rejection", None) is None, result
        if bank is not None:
            with_admission, execution = seconds_of_bank(bank, question)
            banks["Agave's Bank, decoded to committed"].append(with_admission)
            banks["Agave's Bank, execution alone"].append(execution)
    count = len(made.wires)
    base = statistics.median(times["sequential, 1 worker"])
    for name, measured in times.items():
        median = statistics.median(measured)
        rates = f"{count / median / 1000:8.0f} k/s   best {count / min(measured) / 1000:8.0f} k/s"
        busy = statistics.median(spent[name])
        print(f"{name:36} {median * 1000:9.2f} ms {rates}   {base / median:5.2f}   {busy * 1000:8.2f} ms of processors")
    for name, measured in banks.items() if bank is not None else ():
        median = statistics.median(measured)
        rates = f"{count / median / 1000:8.0f} k/s   best {count / min(measured) / 1000:8.0f} k/s"
        print(f"{name:36} {median * 1000:9.2f} ms {rates}   {base / median:5.3f}")
    if bank is not None:
        bank.close()
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
    parser.add_argument("--bank", metavar="PROGRAM", help="what `make peers` built around Agave's Bank")
    parser.add_argument("--chain", type=int, default=0)
    given = parser.parse_args()
    made = transfers(given.transactions, given.conflict, given.signed)
    if given.chain:
        measure_chain(made, given.chain)
    else:
        measure(made, given.rounds, given.signed, given.peer, given.bank)


if __name__ == "__main__":
    main()
