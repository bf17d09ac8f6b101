"""What following each advice is worth: a block that provokes it, executed as it is and as the advice says, in turns.

    python benchmarks/advice_followed.py [--rounds 15] [--only NAME]

Medians of interleaved rounds on one machine, as a ratio: above 1 the advice has helped. The rules are those of
samestate/conformance/metering/advice.py; `samestate run`, `samestate run --profile` and `samestate bench` give them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from samestate.conformance.benchmarking.evm_workloads import make_workload
from samestate.conformance.benchmarking.token_chain import TokenChain
from samestate.conformance.engines.optimized.evm import packed_block as packed_evm_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.engines.optimized.toy import packed_block
from samestate.conformance.generating.toy import (
    COINBASE,
    HASHING,
    WEALTH,
    Workload,
    generate_block,
    most_gas,
    right_declaration,
)
from samestate.conformance.metering.advice import RunFigures, advise
from samestate.conformance.metering.stored import since, stored_reads
from samestate.optimized import Configuration, Engine
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.filling import Filler
from samestate.optimized.evm.stored import StoredWorld
from samestate.optimized.evm.world import World
from samestate.optimized.metrics import Metrics
from samestate.optimized.stores.opening import parse_location
from samestate.spec.evm.machine import Evm
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.operations import Keccak, Operation, Sload, Sstore
from samestate.spec.toy.state import ToyState, toy_state

ORDINARY: Final = Workload()
WORKERS: Final = 2
MANY: Final = 8
READ_SECONDS: Final = 200e-6
"""What a read from a slow disk takes."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to execute a block: ``execute`` does it and gives the seconds, ``figures`` what rules look at."""

    execute: Callable[[], float]
    figures: Callable[[], RunFigures]


@dataclass(frozen=True, slots=True)
class FollowedAdvice:
    """A bottleneck, how a block that has it is executed, and how it is where the advice was followed."""

    bottleneck: str
    block: str
    before: Way
    after: Way
    change: str


def toy_way(strategy: str, workers: int, made: tuple[Block, ToyState], **settings: Any) -> Way:
    """A block of the toy by a strategy."""
    configuration = Configuration(workers=workers, strategy=strategy, memory_limit=64 << 20, **settings)
    engine = Engine("toy", replace(configuration, record=False))
    packed = packed_block(*made)

    def execute() -> float:
        start = time.perf_counter()
        engine.execute(packed)
        return time.perf_counter() - start

    def figures() -> RunFigures:
        with Engine("toy", configuration) as recording:
            result = recording.execute(packed)
        gas = tuple(receipt.gas_used for receipt in result.receipts)
        count = 1 if strategy == "sequential" else workers
        return RunFigures(result.metrics, count, gas, read_seconds=configuration.read_latency_us / 1e6)

    return Way(execute, figures)


def toy_block(programs: list[list[Operation]]) -> tuple[Block, ToyState]:
    """A block of these programs, each by a sender of its own."""
    senders = [number.to_bytes(20, "big") for number in range(1, len(programs) + 1)]
    transactions = tuple(
        Transaction(sender, 0, sum(map(most_gas, each)), 1, tuple(each), right_declaration(each))
        for sender, each in zip(senders, programs, strict=True)
    )
    block = Block(COINBASE, sum(each.gas_limit for each in transactions), transactions)
    return block, toy_state(dict.fromkeys(senders, WEALTH), slots={})


def generated(transactions: int, conflict: float, workload: Workload = ORDINARY) -> tuple[Block, ToyState]:
    """A block of the generator's."""
    made = generate_block(1, transactions, conflict, workload)
    return made.blocks[0], made.state


def too_small() -> FollowedAdvice:
    """Four transactions for eight workers."""
    made = generated(4, 0.0)
    return FollowedAdvice(
        "too small a block",
        "4 transactions, 8 workers",
        toy_way("block-stm", MANY, made),
        toy_way("sequential", 1, made),
        "one worker",
    )


def chain() -> FollowedAdvice:
    """Everybody changes one slot."""
    made = generated(300, 1.0, replace(HASHING, hashes=(20, 20), one_key=True))
    return FollowedAdvice(
        "conflict chain",
        "300 transactions that change one slot, 2 workers",
        toy_way("block-stm", WORKERS, made),
        toy_way("sequential", 1, made),
        "one worker",
    )


def slow_reads() -> FollowedAdvice:
    """Values come from a slow disk."""
    made = generated(60, 0.0)
    latency = READ_SECONDS * 1e6
    return FollowedAdvice(
        "base reads",
        f"60 transactions, each read of the state takes {latency:.0f} µs, 2 workers",
        toy_way("block-stm", WORKERS, made, read_latency_us=latency),
        toy_way("block-stm", MANY, made, read_latency_us=latency),
        f"{MANY} workers",
    )


def stored() -> FollowedAdvice:
    """Values come from a state on disk, of which hardly anything stays mapped once it was read."""
    chain = TokenChain(4_000, transfers=300)
    folder = tempfile.TemporaryDirectory(prefix="samestate-advice-")
    place = f"lmdb:{folder.name}/state"
    store = parse_location(f"{place}?resident=256K&sync=off").store(writable=True)
    on_disk = StoredWorld(store, chain.fill(Filler(store)).root)
    block, _ = chain.block()
    # No more than the latest: a folder that nobody refers to is removed.
    _folders[:] = [folder]

    def way(world: World) -> Way:
        engine = EvmEngine(Configuration(strategy="sequential", record=False))

        def run() -> tuple[Metrics, float]:
            start = time.perf_counter()
            result = engine.execute(block, world)
            result.ledger.root()
            seconds = time.perf_counter() - start
            if isinstance(world, StoredWorld):
                world.revert()
            return result.metrics, seconds

        def figures() -> RunFigures:
            if not isinstance(world, StoredWorld):
                return RunFigures(run()[0], 1)
            before = world.counts()
            metrics, seconds = run()
            return RunFigures(metrics, 1, stored=stored_reads(place, since(before, world.counts()), seconds))

        return Way(lambda: run()[1], figures)

    return FollowedAdvice(
        "base reads",
        "300 transfers of a token and the root, on LMDB with `resident=256K`, 1 worker",
        way(on_disk),
        way(chain.in_memory()),
        "the state in memory",
    )


def signed() -> FollowedAdvice:
    """Signed transfers, as they come in a block, and with the senders that were recovered when they came in."""
    made = make_workload("transfers")
    machine, payload, world = Evm(made.case.fork), made.case.payload(), world_of(made.case.state())

    def way(senders: tuple[bytes, ...] | None) -> Way:
        engine = EvmEngine(Configuration(strategy="sequential", record=False))

        def execute() -> float:
            packed = packed_evm_block(machine, payload, None, senders)  # whose senders nobody knows yet
            start = time.perf_counter()
            engine.execute(packed, world)
            return time.perf_counter() - start

        def figures() -> RunFigures:
            profile, result = engine.profile(packed_evm_block(machine, payload, None, senders), world)
            seconds = sum(each.sender_seconds for each in profile.transactions)
            return RunFigures(result.metrics, 1, sender_seconds=seconds)

        return Way(execute, figures)

    count = len(payload.transactions)
    return FollowedAdvice(
        "sender recovery", f"{count} signed transfers, 1 worker", way(None), way(made.senders), "senders handed along"
    )


def overwritten() -> FollowedAdvice:
    """Each transaction overwrites what the one before it has read: nobody reads what another one wrote."""
    work: list[Operation] = [Keccak(bytes(64))] * 100
    made = toy_block([[Sload(number + 1), *work, Sstore(number, 5)] for number in range(200)])
    return FollowedAdvice(
        "commit order",
        "200 transactions that each overwrite what the one before has read, 2 workers",
        toy_way("waves", WORKERS, made),
        toy_way("block-stm", WORKERS, made),
        "values with versions",
    )


def long_one_last() -> FollowedAdvice:
    """A transaction that takes as long as all others comes last."""
    short: list[list[Operation]] = [[Keccak(bytes(64))] * 100 for _ in range(200)]
    long: list[Operation] = [Keccak(bytes(64))] * 20_000
    return FollowedAdvice(
        "imbalance",
        "200 transactions and one as long as all of them, 2 workers",
        toy_way("block-stm", WORKERS, toy_block([*short, long])),
        toy_way("block-stm", WORKERS, toy_block([long, *short])),
        "the long one first",
    )


CASES: Final[dict[str, Callable[[], FollowedAdvice]]] = {
    "too small a block": too_small,
    "conflict chain": chain,
    "base reads": slow_reads,
    "base reads, on disk": stored,
    "sender recovery": signed,
    "commit order": overwritten,
    "imbalance": long_one_last,
}
"""What provokes each advice, by its bottleneck, and by where that is if it is in several places."""

_folders: Final[list[tempfile.TemporaryDirectory[str]]] = []


def measured(followed: FollowedAdvice, rounds: int) -> tuple[float, float]:
    """The median seconds before and after, of interleaved rounds; the first, which warms both up, does not count."""
    before: list[float] = []
    after: list[float] = []
    for _ in range(rounds + 1):
        before.append(followed.before.execute())
        after.append(followed.after.execute())
    return statistics.median(before[1:]), statistics.median(after[1:])


def lines(names: list[str], rounds: int) -> Iterator[str]:
    """A row for each advice."""
    yield f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, medians of {rounds} interleaved rounds"
    yield "| advice | block | change | before, ms | after, ms | times as fast |"
    yield "|---|---|---|--:|--:|--:|"
    for name in names:
        followed = CASES[name]()
        given = [advice.bottleneck for advice in advise(followed.before.figures())]
        if followed.bottleneck not in given:
            raise SystemExit(f"{name}: the advice is not given; given are {', '.join(given) or 'none'}")
        before, after = measured(followed, rounds)
        yield (
            f"| {name} | {followed.block} | {followed.change} | {before * 1000:.2f} | {after * 1000:.2f} |"
            f" {before / after:.2f} |"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", action="append", choices=CASES, metavar="NAME")
    arguments = parser.parse_args()
    for line in lines(arguments.only or list(CASES), arguments.rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
