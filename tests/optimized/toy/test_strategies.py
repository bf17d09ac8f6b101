"""Every strategy gives what the specification gives, with any number of workers, recording or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samestate.conformance.generating.toy import Workload, generate_block
from samestate.optimized.configuration import Configuration
from samestate.optimized.core.arena import SharedArena
from samestate.optimized.engine import Engine
from samestate.optimized.toy.running import ToyRun
from samestate.spec.machine import Rejection
from samestate.spec.toy.access_list import AccessList, Entry
from samestate.spec.toy.block import Block, Transaction, Withdrawal
from samestate.spec.toy.keys import balance_key
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.toy.word import from_value, to_value
from tests.optimized.toy.blocks import assert_same, packed, with_its_list
from tests.optimized.toy.random_blocks import ADDRESSES, random_block

ALICE, BOB, CAROL = ADDRESSES[:3]
COINBASE = b"\xcc" * 20
LARGEST = 2**64 - 1


class Engines:
    """An engine for each strategy and number of workers, made when first asked for, all blocks run on the same one."""

    def __init__(self) -> None:
        self._engines: dict[Configuration, Engine] = {}

    def check(self, strategy: str, workers: int, block: Block, state: ToyState) -> None:
        for record in (True, False):
            configuration = Configuration(
                strategy=strategy, workers=workers, record=record, memory_limit=8 << 20, time_limit=30
            )
            if configuration not in self._engines:
                self._engines[configuration] = Engine("toy", configuration)
            result = self._engines[configuration].execute(packed(block, state))
            assert bool(result.steps) == (record and result.rejection is None)
            assert_same(result, block, state)

    def close(self) -> None:
        for engine in self._engines.values():
            engine.close()


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    made = Engines()
    yield made
    made.close()


EVERY = pytest.mark.parametrize(
    ("strategy", "workers"),
    [("sequential", 1)]
    + [(strategy, workers) for strategy in ("block-stm", "locks", "waves", "access-list") for workers in (1, 2, 4)],
)


def listed(block: Block, state: ToyState) -> Block:
    """With its access list, or with an empty one where it is invalid anyway."""
    try:
        return with_its_list(block, state)
    except Rejection:
        return replace(block, access_list=())


def check(engines: Engines, strategy: str, workers: int, block: Block, state: ToyState) -> None:
    engines.check(strategy, workers, listed(block, state) if strategy == "access-list" else block, state)


@EVERY
def test_random_blocks(engines: Engines, strategy: str, workers: int) -> None:
    for seed in range(60):
        check(engines, strategy, workers, *random_block(seed))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), transactions=st.integers(0, 40), faults=st.sampled_from([0.0, 0.02, 0.3]))
def test_any_seed(engines: Engines, seed: int, transactions: int, faults: float) -> None:
    block, state = random_block(seed, transactions, faults)
    for strategy in ("sequential", "block-stm", "locks", "waves", "access-list"):
        check(engines, strategy, 3, block, state)


@EVERY
@pytest.mark.parametrize("conflict", [0.0, 0.5, 1.0])
def test_generated_blocks(engines: Engines, strategy: str, workers: int, conflict: float) -> None:
    case = generate_block(1, 40, conflict, Workload(keys=400))
    check(engines, strategy, workers, case.blocks[0], case.state)


@EVERY
def test_all_on_one_key(engines: Engines, strategy: str, workers: int) -> None:
    case = generate_block(1, 40, 1.0, Workload(loads=(0, 0), stores=(1, 1), hashes=(3, 3), one_key=True))
    check(engines, strategy, workers, case.blocks[0], case.state)


def send(sender: bytes, *operations: Operation, nonce: int = 0, gas: int = 100_000, price: int = 1) -> Transaction:
    return Transaction(sender, nonce, gas, price, operations)


RICH = toy_state({ALICE: 10**9, BOB: 10**9, CAROL: 10**9, COINBASE: 5}, slots={1: 1, 2: 2})
POOR = toy_state({ALICE: 10})
BLOCKS: dict[str, tuple[Block, ToyState]] = {
    "empty": (Block(COINBASE, 0, ()), toy_state()),
    "only withdrawals": (Block(COINBASE, 0, (), (Withdrawal(BOB, 1), Withdrawal(BOB, 2), Withdrawal(CAROL, 0))), RICH),
    "one transaction": (Block(COINBASE, 100_000, (send(ALICE, Sload(1), Sstore(2, None)),)), RICH),
    "no operation": (Block(COINBASE, 100_000, (send(ALICE),)), RICH),
    "nonce chain": (Block(COINBASE, 10**6, tuple(send(ALICE, Noop(), nonce=nonce) for nonce in range(9))), RICH),
    "coinbase sends": (
        Block(ALICE, 10**6, (send(BOB, Noop()), send(ALICE, Noop()), send(CAROL, Noop()), send(ALICE, nonce=1))),
        RICH,
    ),
    "coinbase sends for nothing": (Block(ALICE, 10**6, (send(BOB, Noop()), send(ALICE, Noop(), price=0))), RICH),
    "coinbase sends what it earned": (
        Block(COINBASE, 10**6, (send(ALICE, Noop(), gas=10), send(COINBASE, Noop(), gas=6))),
        toy_state({ALICE: 10}),
    ),
    "fee for nobody": (Block(COINBASE, 10**6, (send(ALICE, Sload(1), price=0),)), RICH),
    "withdrawal to the coinbase": (Block(COINBASE, 10**6, (send(ALICE, Noop()),), (Withdrawal(COINBASE, 7),)), RICH),
    "largest numbers": (
        Block(COINBASE, LARGEST, (send(ALICE, Keccak(b"x"), gas=LARGEST, price=LARGEST),), (Withdrawal(BOB, LARGEST),)),
        toy_state({ALICE: 2**128 - 1, BOB: 2**128 - 1, COINBASE: 2**128 - 1}),
    ),
    "out of gas undone": (
        Block(COINBASE, 10**6, (send(ALICE, Sstore(1, 9), Keccak(b""), Sload(2), Noop(), gas=7135),)),
        RICH,
    ),
    "restored": (Block(COINBASE, 10**6, (send(ALICE, Sstore(1, 9), Sstore(1, 1)), send(BOB, Sload(1)))), RICH),
    "ABA": (Block(COINBASE, 10**6, (send(ALICE, Sstore(1, 9)), send(BOB, Sstore(1, 1)), send(CAROL, Sload(1)))), RICH),
    "cleared": (Block(COINBASE, 10**6, (send(ALICE, Sstore(1, 0)), send(BOB, Sload(1), Sstore(1, None)))), RICH),
    "add wraps": (Block(COINBASE, 10**6, (send(ALICE, Sload(1), Add(2**256 - 1), Sstore(1, None)),)), RICH),
    "nonce too low": (Block(COINBASE, 10**6, (send(ALICE), send(ALICE))), RICH),
    "nonce too high": (Block(COINBASE, 10**6, (send(ALICE), send(ALICE, nonce=2))), RICH),
    "nonce without successor": (
        Block(COINBASE, 10**6, (send(BOB), send(ALICE, nonce=LARGEST))),
        toy_state({ALICE: 10**9, BOB: 10**9}, {ALICE: LARGEST}),
    ),
    "insufficient balance": (Block(COINBASE, 10**6, (send(ALICE, gas=11),)), POOR),
    "sufficient balance": (Block(COINBASE, 10**6, (send(ALICE, gas=10),)), POOR),
    "product beyond 64 bits": (Block(COINBASE, LARGEST, (send(ALICE, gas=2**33, price=2**33),)), POOR),
    "allowance exactly": (Block(COINBASE, 101, (send(ALICE, Noop(), gas=50), send(BOB, Noop(), gas=100))), RICH),
    "allowance exceeded": (Block(COINBASE, 100, (send(ALICE, Noop(), gas=50), send(BOB, Noop(), gas=100))), RICH),
    "the first rejection counts": (Block(COINBASE, 100, (send(ALICE, gas=200), send(ALICE, nonce=7))), RICH),
}


@EVERY
@pytest.mark.parametrize("name", BLOCKS)
def test_edges(engines: Engines, strategy: str, workers: int, name: str) -> None:
    check(engines, strategy, workers, *BLOCKS[name])


def spoiled(random: Random, right: AccessList) -> AccessList:
    """One thing in the list is made wrong."""
    step = random.randrange(len(right))
    entry = right[step]
    reads, changes = list(entry.reads), list(entry.changes)
    kind = random.randrange(7)
    if kind == 0 and reads:
        reads.pop(random.randrange(len(reads)))
    elif kind == 1:
        reads.append(b"\xff")
    elif kind == 2 and changes:
        changes.pop(random.randrange(len(changes)))
    elif kind == 3 and changes:
        place = random.randrange(len(changes))
        changes[place] = (changes[place][0], random.choice([None, b"\x07", b"\x00\x01", b"\x01" * 40]))
    elif kind == 4 and len(changes) > 1:
        changes.reverse()
    elif kind == 5:
        changes.append((b"\xff", b"\x01"))
    else:
        return right[:step] if random.random() < 0.5 else (*right, Entry((), ()))
    return (*right[:step], Entry(tuple(reads), tuple(changes)), *right[step + 1 :])


@EVERY
def test_wrong_access_lists(engines: Engines, strategy: str, workers: int) -> None:
    random = Random(3)
    wrong = 0
    for seed in range(60):
        block, state = random_block(seed, faults=0.0)
        block = listed(block, state)
        if block.access_list:
            block = replace(block, access_list=spoiled(random, block.access_list))
            engines.check(strategy, workers, block, state)
            wrong += 1
    assert wrong > 20


@EVERY
def test_right_access_lists(engines: Engines, strategy: str, workers: int) -> None:
    for seed in range(30):
        block, state = random_block(seed, faults=0.0)
        engines.check(strategy, workers, listed(block, state), state)


def test_the_wrong_entry_is_named(engines: Engines) -> None:
    block, state = BLOCKS["ABA"]
    block = with_its_list(block, state)
    assert block.access_list is not None
    entry = block.access_list[2]
    spoilt = replace(block, access_list=(*block.access_list[:2], replace(entry, reads=()), *block.access_list[3:]))
    with Engine("toy", Configuration(strategy="block-stm", memory_limit=1 << 20)) as engine:
        rejection = engine.execute(packed(spoilt, state)).rejection
    assert rejection is not None
    assert (rejection.code, rejection.transaction) == ("ACCESS_LIST_MISMATCH", 1)
    assert rejection.detail == f"the entry of step 1 is wrong in key 0x{min(entry.reads).hex()}"


def test_a_list_that_is_wrong_about_every_fee_does_not_use_up_memory() -> None:
    """4,000 fees of one coinbase, each total off by seven: once every total was added up again from the first fee."""
    count, coinbase = 4000, b"\x02" * 20
    senders = [b"\x01" + number.to_bytes(19, "big") for number in range(count)]
    state = toy_state(dict.fromkeys(senders, 10**9))
    block = Block(coinbase, 2**63, tuple(Transaction(sender, 0, 100, 1, (Noop(),)) for sender in senders))
    block = with_its_list(block, state)
    assert block.access_list is not None
    wrong = tuple(
        replace(
            entry,
            changes=tuple(
                (key, to_value(from_value(value) + 7) if key == balance_key(coinbase) else value)
                for key, value in entry.changes
            ),
        )
        for entry in block.access_list
    )
    with Engine("toy", Configuration(strategy="access-list", memory_limit=1 << 25)) as engine:
        result = engine.execute(packed(replace(block, access_list=wrong), state))
        assert engine.execute(packed(block, state)).rejection is None
    assert result.rejection is not None
    assert (result.rejection.code, result.rejection.transaction) == ("ACCESS_LIST_MISMATCH", 0)


def seconds_of_one_that_stores(slots: int) -> float:
    """How long a worker is at one transaction that changes so many slots, with its right list: the best of a few."""
    best = float("inf")
    sender = b"\x01" * 20
    stores = tuple(Sstore(slot, 1) for slot in range(slots))
    block = Block(b"\x02" * 20, 2**63, (Transaction(sender, 0, 2**60, 0, stores),))
    prepared = packed(with_its_list(block, toy_state({})), toy_state({}))
    arena = SharedArena.create(1 << 25)
    for _ in range(5):
        run = ToyRun(arena, 1, "access-list")
        run.begin(prepared, record=False)
        begun = time.thread_time()
        run.work(0)
        best = min(best, time.thread_time() - begun)
        assert run.finish().rejection is None
    arena.close()
    return best


def test_confirming_a_list_takes_no_longer_a_slot_where_there_are_more() -> None:
    """Sixteen times the slots: some sixteen times the work. Looking each up among all made it 200 times."""
    assert seconds_of_one_that_stores(8000) < 60 * seconds_of_one_that_stores(500)
