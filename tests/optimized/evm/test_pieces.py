"""Blocks in pieces that start from an access list: the result of one at a time, whatever the list says."""

from __future__ import annotations

import functools
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from samestate.conformance.benchmarking.evm_workloads import (
    EvmWorkload,
    contended_token_transfers,
    contended_transfers,
    swaps,
    token_transfers,
    transfers,
)
from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.generating.evm import generate_block
from samestate.conformance.suite.tiers import one_in
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.listing import encode_predictions
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult, merge
from samestate.optimized.evm.world import World
from samestate.spec.evm.block_access_list import BlockAccessList, decode_access_list, encode_access_list
from samestate.spec.evm.forks import AMSTERDAM, CANCUN, LONDON, OSAKA, SHANGHAI
from samestate.spec.evm.machine import Evm
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

COUNT = 40
SUITES = sorted(path for path in (VECTORS / "evm").iterdir() if path.is_dir())
UNSAID = "a step has changed what an access list does not speak of"
ENDS_OTHERWISE = "a piece has left other values than the access list says"
WORKLOADS = {
    "transfers": lambda: transfers("transfers", OSAKA, COUNT, lambda index: f"recipient {index % 7}"),
    "pair": lambda: contended_transfers("pair", AMSTERDAM, COUNT),
    "token": lambda: token_transfers("token", OSAKA, COUNT),
    "token pair": lambda: contended_token_transfers("token pair", AMSTERDAM, COUNT),
    "swaps": lambda: swaps("swaps", OSAKA, COUNT, 2),
}
DEALT = {
    "swaps on many pools": lambda: swaps("swaps on many pools", OSAKA, COUNT, 20),
    "chain": lambda: transfers("chain", OSAKA, COUNT, lambda index: f"sender {index + 1}"),
}


@functools.lru_cache(maxsize=16)
def workload_of(name: str) -> EvmWorkload:
    return (WORKLOADS | DEALT)[name]()


def packed(name: str, predictions: Any) -> PackedBlock:
    workload = workload_of(name)
    return packed_block(Evm(workload.case.fork), workload.case.payload(), predictions, workload.senders)


@functools.lru_cache(maxsize=16)
def world(name: str) -> World:
    return world_of(workload_of(name).case.state())


@functools.lru_cache(maxsize=16)
def one_at_a_time(name: str) -> EvmResult:
    with EvmEngine(Configuration(strategy="sequential")) as engine:
        return engine.execute(packed(name, None), world(name))


def list_of(result: EvmResult, state: World) -> bytes:
    """What a block access list would say of an executed block, of whatever fork; of reads nothing."""
    said: dict[bytes, list[tuple[int, bytes | None]]] = {}
    now: dict[bytes, bytes | None] = {}
    for step in result.steps:
        left = dict(step.writes)
        for key, amount in step.credits.items():
            left[key] = merge(key, now[key] if key in now else state.get(key), amount)
        for key, value in left.items():
            if value != (now[key] if key in now else state.get(key)):
                said.setdefault(key, []).append((step.step, value))
        now |= left
    return encode_predictions(said)


@functools.lru_cache(maxsize=16)
def right_list(name: str) -> bytes:
    return list_of(one_at_a_time(name), world(name))


def told(result: EvmResult) -> tuple[Any, ...]:
    """All that a result says of the block."""
    return (
        result.rejection,
        result.outcomes,
        dict(result.changes),
        result.wipes,
        result.totals,
        result.steps,
        result.requests,
    )


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_right_list_lets_all_pieces_run_at_once(name: str, workers: int) -> None:
    with EvmEngine(Configuration(strategy="access-list", workers=workers, trace=True)) as engine:
        result = engine.execute(packed(name, right_list(name)), world(name))
    assert told(result) == told(one_at_a_time(name))
    metrics = result.metrics
    assert metrics.strategy == "access-list"
    assert metrics.pieces == min(COUNT, 4 * workers)
    assert metrics.discarded is None
    assert metrics.executions == COUNT
    assert metrics.aborts == 0
    assert metrics.longest_run == -(-COUNT // metrics.pieces)
    assert [event.transaction for event in result.trace] == list(range(COUNT))


@pytest.mark.parametrize("suite", one_in(3, SUITES, lambda path: path.name))
def test_every_vector_from_the_list_of_its_execution(suite: Any) -> None:
    ends: Counter[str | None] = Counter()
    with (
        EvmEngine(Configuration(strategy="sequential")) as alone,
        EvmEngine(Configuration(strategy="access-list", workers=3)) as together,
        EvmEngine(Configuration(strategy="access-list", workers=1)) as in_order,
    ):

        def apply(machine: Any, given: Any, state: Any) -> Any:
            plain = world_of(state)
            right = alone.execute(packed_block(machine, given, None), plain)
            listed = b"" if right.rejection is not None else list_of(right, plain)
            result = together.execute(packed_block(machine, given, listed), plain)
            assert told(result) == told(right)
            discarded = result.metrics.discarded
            if discarded == ENDS_OTHERWISE:
                # What the list does not speak of is not where a later piece begins: who of them is first, tells.
                discarded = in_order.execute(packed_block(machine, given, listed), plain).metrics.discarded
            if len(given.transactions) > 1:
                ends[discarded if right.rejection is None else "rejected"] += 1
            return apply_block(machine, given, state)

        for path in sorted(suite.rglob(f"*{SUFFIX}")):
            execute(load_vector_file(path).case, apply)
    assert set(ends) <= {None, "rejected", UNSAID}, ends


@pytest.mark.parametrize("fork", [LONDON, SHANGHAI, CANCUN, OSAKA, AMSTERDAM], ids=lambda fork: fork.name)
def test_generated_blocks_from_the_list_of_their_execution(fork: Any) -> None:
    in_pieces = 0
    engines = [EvmEngine(Configuration(strategy="access-list", workers=workers)) for workers in (1, 2, 4)]
    with EvmEngine(Configuration(strategy="sequential")) as alone:
        for seed in range(12):
            case = generate_block(fork, 9000 + seed, transactions=25)
            machine, given, state = Evm(case.fork), case.payload(), case.state()
            try:
                apply_block(machine, given, state)
            except Rejection:
                continue
            plain = world_of(state)
            right = alone.execute(packed_block(machine, given, None), plain)
            listed = list_of(right, plain)
            ends = []
            for engine in engines:
                result = engine.execute(packed_block(machine, given, listed), plain)
                assert told(result) == told(right)
                ends.append(result.metrics.discarded)
                # A later piece that comes first tells what follows from what the list does not speak of.
                assert ends[-1] in (None, UNSAID) or (ends[0], ends[-1]) == (UNSAID, ENDS_OTHERWISE)
                in_pieces += result.metrics.pieces is not None
    for engine in engines:
        engine.close()
    assert in_pieces


def independent(name: str, workers: int, strategy: str = "waves") -> EvmResult:
    with EvmEngine(Configuration(strategy=strategy, workers=workers, estimator="last-run")) as engine:
        for _ in range(2):  # what was learned from one block is used for the next
            result = engine.execute(packed(name, None), world(name))
            assert told(result) == told(one_at_a_time(name))
    return result


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("name", WORKLOADS)
def test_pieces_that_are_taken_for_independent(name: str, workers: int) -> None:
    metrics = independent(name, workers).metrics
    if name in ("transfers", "token"):
        assert (metrics.pieces, metrics.waves, metrics.discarded) == (4 * workers, 1, None)
    else:  # it is expected of them that they conflict
        assert (metrics.pieces, metrics.discarded) == (None, None)
        assert metrics.waves > 1


def test_pieces_that_conflict_count_for_nothing() -> None:
    with EvmEngine(Configuration(strategy="waves", workers=2, estimator="declared")) as engine:
        result = engine.execute(packed("swaps", None), world("swaps"))
    assert told(result) == told(one_at_a_time("swaps"))
    assert (result.metrics.strategy, result.metrics.pieces) == ("waves", None)
    assert result.metrics.discarded == "two pieces conflict"


def in_pieces(workers: int, dealt: bool) -> EvmEngine:
    """An engine that tries pieces first: stretches of the block, or dealt by addresses, whatever is expected."""
    engine = EvmEngine(Configuration(strategy="waves", workers=workers))
    run = engine._run_in_pieces
    engine._goes_in_pieces = lambda *_: True  # type: ignore[method-assign]
    engine._run_in_pieces = lambda *given: run(*given[:-1], dealt)  # type: ignore[method-assign]
    return engine


@pytest.mark.parametrize("workers", [2, 4])
def test_what_conflicted_is_dealt_by_the_addresses_that_it_names(workers: int) -> None:
    name = "swaps on many pools"
    with EvmEngine(Configuration(strategy="adaptive", workers=workers)) as engine:
        first, then = (engine.execute(packed(name, None), world(name)) for _ in range(2))
    assert told(first) == told(then) == told(one_at_a_time(name))
    assert (first.metrics.strategy, first.metrics.discarded) == ("block-stm", "two pieces conflict")
    assert (then.metrics.strategy, then.metrics.discarded, then.metrics.pieces) == ("waves", None, 4 * workers)
    assert "go together where they name the same addresses" in str(then.metrics.reason)
    assert sum(worker.executions for worker in then.metrics.workers) == COUNT


def test_what_is_all_connected_is_not_dealt() -> None:
    with in_pieces(2, dealt=True) as engine:
        result = engine.execute(packed("chain", None), world("chain"))
    assert told(result) == told(one_at_a_time("chain"))
    assert result.metrics.discarded == "too many transactions are connected by addresses that they name"


@pytest.mark.parametrize("dealt", [False, True], ids=["stretches", "dealt"])
@pytest.mark.parametrize("suite", one_in(3, SUITES, lambda path: path.name))
def test_every_vector_in_pieces_that_are_taken_for_independent(suite: Any, dealt: bool) -> None:
    with EvmEngine(Configuration(strategy="sequential")) as alone, in_pieces(3, dealt) as together:

        def apply(machine: Any, given: Any, state: Any) -> Any:
            plain = world_of(state)
            right = alone.execute(packed_block(machine, given, None), plain)
            result = together.execute(packed_block(machine, given, None), plain)
            assert told(result) == told(right)
            return apply_block(machine, given, state)

        for path in sorted(suite.rglob(f"*{SUFFIX}")):
            execute(load_vector_file(path).case, apply)


@pytest.mark.parametrize("dealt", [False, True], ids=["stretches", "dealt"])
@pytest.mark.parametrize("fork", [LONDON, SHANGHAI, CANCUN, OSAKA, AMSTERDAM], ids=lambda fork: fork.name)
def test_generated_blocks_in_pieces_that_are_taken_for_independent(fork: Any, dealt: bool) -> None:
    engines = [in_pieces(workers, dealt) for workers in (1, 2, 4)]
    ends: Counter[str | None] = Counter()
    with EvmEngine(Configuration(strategy="sequential")) as alone:
        for seed in range(40):
            case = generate_block(fork, 9500 + seed, transactions=4)
            machine, given, plain = Evm(case.fork), case.payload(), world_of(case.state())
            right = alone.execute(packed_block(machine, given, None), plain)
            for engine in engines:
                result = engine.execute(packed_block(machine, given, None), plain)
                assert told(result) == told(right)
                ends[result.metrics.discarded] += 1
    for engine in engines:
        engine.close()
    assert ends[None] > 0
    assert ends["two pieces conflict"] > 0


def mutations(listed: BlockAccessList, seed: int) -> Iterator[bytes]:
    """A list with one thing in it that is wrong: a value, an index, a change that is missing, an account too few."""
    choose = random.Random(seed)
    for _ in range(12):
        accounts = list(listed)
        place = choose.randrange(len(accounts))
        account = accounts[place]
        kind = choose.randrange(5)
        if kind == 0:
            del accounts[place]
        elif kind == 1 and account.balance_changes:
            which = choose.randrange(len(account.balance_changes))
            index, value = account.balance_changes[which]
            changes = [*account.balance_changes]
            changes[which] = (index, value + 1)
            accounts[place] = account._replace(balance_changes=tuple(changes))
        elif kind == 2 and account.nonce_changes:
            which = choose.randrange(len(account.nonce_changes))
            accounts[place] = account._replace(
                nonce_changes=tuple(c for i, c in enumerate(account.nonce_changes) if i != which)
            )
        elif kind == 3 and account.storage_changes:
            entry = account.storage_changes[0]
            which = choose.randrange(len(entry.changes))
            changes = [*entry.changes]
            changes[which] = (changes[which][0], changes[which][1] ^ 1 or 2)
            accounts[place] = account._replace(
                storage_changes=(entry._replace(changes=tuple(changes)), *account.storage_changes[1:])
            )
        elif account.balance_changes:
            moved = tuple((index + 1, value) for index, value in account.balance_changes)
            accounts[place] = account._replace(balance_changes=moved)
        yield encode_access_list(tuple(accounts))


@pytest.mark.parametrize("name", ["pair", "token pair", "swaps", "token"])
def test_a_wrong_list_changes_nothing_and_is_found_out(name: str) -> None:
    right = decode_access_list(right_list(name))
    discarded = 0
    with EvmEngine(Configuration(strategy="access-list", workers=3)) as engine:
        for wrong in mutations(right, 17):
            result = engine.execute(packed(name, wrong), world(name))
            assert told(result) == told(one_at_a_time(name))
            assert result.metrics.strategy == "access-list"
            assert (result.metrics.pieces is None) == (result.metrics.discarded is not None)
            discarded += result.metrics.discarded is not None
    assert discarded


@pytest.mark.parametrize(
    "wrong",
    [b"", b"\x80", b"\xc0", b"\xc1\x80", b"\xff" * 40, {}, {b"": [], b"\x01" * 3: [(0, b"\x01")]}],
    ids=["nothing", "bytes", "empty", "no account", "cut off", "said of no key", "said of what is no key"],
)
def test_what_is_no_list(wrong: Any) -> None:
    with EvmEngine(Configuration(strategy="access-list", workers=2, no_fallback=True)) as engine:
        result = engine.execute(packed("pair", wrong), world("pair"))
    assert told(result) == told(one_at_a_time("pair"))
    assert result.metrics.pieces is None
    assert result.metrics.discarded is not None
    assert "discarded" in result.metrics.as_json()


def test_lists_out_of_order_are_no_state() -> None:
    right = decode_access_list(right_list("pair"))
    with EvmEngine(Configuration(strategy="access-list", workers=2)) as engine:
        for wrong in (
            right[::-1],
            (*right, right[-1]),
            tuple(account._replace(nonce_changes=account.nonce_changes[::-1]) for account in right),
            tuple(account._replace(balance_changes=(*account.balance_changes, (COUNT + 2, 7))) for account in right),
        ):
            result = engine.execute(packed("pair", encode_access_list(wrong)), world("pair"))
            assert told(result) == told(one_at_a_time("pair"))
            assert result.metrics.discarded is not None
            assert "out of order" in result.metrics.discarded


def test_a_block_that_is_invalid_in_the_middle_has_the_verdict_of_one_at_a_time() -> None:
    workload = workload_of("pair")
    payload = workload.case.payload()
    transactions = (*payload.transactions[:20], payload.transactions[3], *payload.transactions[20:])
    again = replace(payload, transactions=transactions)
    with EvmEngine(Configuration(strategy="access-list", workers=2)) as engine:
        result = engine.execute(packed_block(Evm(AMSTERDAM), again, right_list("pair")), world("pair"))
    assert result.rejection is not None
    assert (result.rejection.code, result.rejection.transaction) == ("NONCE_TOO_LOW", 20)
    assert result.metrics.discarded is not None


def test_runs_that_are_asked_for_are_not_made_pieces() -> None:
    for settings in ({"run_length": 3}, {"read_latency_us": 1.0}):
        with EvmEngine(Configuration(strategy="access-list", workers=2, **settings)) as engine:
            metrics = engine.execute(packed("token", right_list("token")), world("token")).metrics
            assert (metrics.pieces, metrics.discarded) == (None, None)


def test_a_contended_block_gives_one_result_a_thousand_times() -> None:
    """Four workers in each other's way, lists right and wrong by turns."""
    name = "token pair"
    right = told(one_at_a_time(name))
    wrong = encode_access_list(decode_access_list(right_list(name))[1:])
    blocks = [packed(name, right_list(name)), packed(name, wrong)]
    choose = random.Random(1)
    over = threading.Event()

    def get_in_the_way() -> None:
        while not over.is_set():
            sum(range(choose.randrange(20_000)))
            time.sleep(choose.random() / 1000)

    nuisance = threading.Thread(target=get_in_the_way)
    nuisance.start()
    try:
        with EvmEngine(Configuration(strategy="access-list", workers=4)) as engine:
            for number in range(1_000):
                result = engine.execute(blocks[number % 5 == 0], world(name))
                assert result.metrics.pieces == (None if number % 5 == 0 else 16)
                if number % 20 == 0:
                    assert told(result) == right
                else:
                    assert dict(result.changes) == right[2]
    finally:
        over.set()
        nuisance.join()
