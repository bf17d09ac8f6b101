"""Random blocks under every strategy, on real threads, against one transaction after the other."""

from __future__ import annotations

import random
import threading
import time

import pytest

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.trial.trial import TrialBlock

STRATEGIES = ["block-stm", "locks", "waves", "access-list"]
NAMES = ["read", "write", "remove", "credit", "read at", "write at", "skip", "fail"]
WEIGHTS = [5, 3, 1, 3, 2, 2, 1, 0.05]

Operation = tuple[str, int, int]


def random_programs(source: random.Random, count: int, keys: int, length: int, yields: float) -> list[list[Operation]]:
    """`yields`: how often a transaction lets another thread run between two operations."""
    programs = []
    for _ in range(count):
        operations: list[Operation] = []
        for _ in range(source.randint(1, length)):
            name = source.choices(NAMES, WEIGHTS)[0]
            span = source.randint(1, min(keys, 4)) if name.endswith("at") else 1
            amount = span if name.endswith("at") else source.randint(1, 4)
            operations.append((name, source.randrange(keys - span + 1), amount))
            if source.random() < yields:
                operations.append(("yield", 0, 0))
        programs.append(operations)
    return programs


def guessed(source: random.Random, programs: list[list[Operation]]) -> list[tuple[list[int], list[int]]]:
    """Declarations that miss a fifth of the accesses, and all that depend on values."""
    return [
        (
            [key for name, key, _ in operations if name.startswith("read") and source.random() < 0.8],
            [key for name, key, _ in operations if name in ("write", "remove", "credit") and source.random() < 0.8],
        )
        for operations in programs
    ]


def access_list(oracle, base, programs, opened, wrong, source):
    """Every change of every transaction; the share `wrong` of them is left out or says something else."""
    found = []
    before = [opened.get(key, value) for key, value in enumerate(base)]
    for transaction in range(len(programs)):
        _, after = oracle(base, programs[: transaction + 1], opened)
        for key, value in enumerate(after):
            changed = value != before[key]
            if source.random() < wrong:
                if source.random() < 0.5:
                    found.append((key, transaction, source.choice([None, 3, value])))
            elif changed:
                found.append((key, transaction, value))
        before = after
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_random_blocks(strategy: str, seed: int, arena: SharedArena, threads, oracle) -> None:
    source = random.Random(f"{strategy} {seed}")
    until = time.monotonic() + 0.4
    blocks = 0
    while time.monotonic() < until or blocks < 20:
        workers = source.randint(1, 4)
        keys = source.choice([1, 2, 3, 10, 50])
        count = source.choice([0, 1, 2, 5, 20, 60])
        programs = random_programs(source, count, keys, source.choice([1, 3, 8, 20]), source.choice([0, 0.1, 0.5]))
        base = [source.choice([None, source.randrange(100)]) for _ in range(keys)]
        opened = {key: source.choice([None, 7]) for key in range(keys) if source.random() < 0.2}
        closed = {key: source.choice([None, 9]) for key in range(keys) if source.random() < 0.1}
        predicted = []
        if strategy == "access-list":
            predicted = access_list(oracle, base, programs, opened, source.choice([0, 0.05]), source)
        arena.reset()
        block = TrialBlock(
            arena, base, programs, strategy, workers, declared=guessed(source, programs), predicted=predicted
        )
        block.open(opened)
        assert threads(block, workers) == [""] * workers
        block.close(closed)
        assert (block.outcomes(), block.values()) == oracle(base, programs, opened, closed)
        blocks += 1


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("strategy", ["locks", "waves"])
def test_exact_declarations_mean_that_nothing_runs_twice(
    strategy: str, left: bool, arena: SharedArena, threads, oracle
) -> None:
    source = random.Random(1)
    programs = []
    declared = []
    for _ in range(300):
        reads, writes = source.sample(range(20), 2), source.sample(range(20), 2)
        programs.append([("read", key, 0) for key in reads] + [("yield", 0, 0)] + [("write", key, 0) for key in writes])
        declared.append((reads, [], writes) if left else (reads, writes))
    block = TrialBlock(arena, [1] * 20, programs, strategy, 3, declared=declared)
    threads(block, 3)
    metrics = block.metrics()
    assert sum(metrics["rerun"]) == 0
    assert sum(metrics["committed"]) == 300
    assert set(metrics["begun"]) == {1}
    assert (block.outcomes(), block.values()) == oracle([1] * 20, programs)


def test_waves_of_a_chain_and_of_strangers(arena: SharedArena) -> None:
    chain = TrialBlock(arena, [0], [[]] * 5, "waves", declared=[([0], [0])] * 5)
    assert chain.metrics()["waves"] == 5
    strangers = TrialBlock(arena, [0] * 5, [[]] * 5, "waves", declared=[([n], [n]) for n in range(5)])
    assert strangers.metrics()["waves"] == 1
    # 1 conflicts with 0, 2 with 1 alone: it must wait for a transaction that its first wave has skipped
    skipped = TrialBlock(arena, [0] * 3, [[]] * 3, "waves", declared=[([], [0]), ([0], [1]), ([1], [2])])
    assert skipped.metrics()["waves"] == 3
    readers = TrialBlock(arena, [0], [[]] * 4, "waves", declared=[([0], []), ([0], []), ([], [0]), ([0], [])])
    assert readers.metrics()["waves"] == 3


def waves_of(arena: SharedArena, declared: list[tuple[list[int], list[int], list[int]]]) -> int:
    return TrialBlock(arena, [0], [[]] * len(declared), "waves", declared=declared).metrics()["waves"]


READS, WRITES, LEAVES, CHANGES = ([0], [], []), ([], [0], []), ([], [], [0]), ([0], [], [0])


def test_who_leaves_a_key_waits_for_nobody_and_later_readers_wait_for_all_of_them(arena: SharedArena) -> None:
    assert waves_of(arena, [READS, READS, LEAVES, LEAVES]) == 1
    assert waves_of(arena, [READS, LEAVES, LEAVES, READS, READS, LEAVES]) == 2
    assert waves_of(arena, [LEAVES, WRITES, LEAVES, READS]) == 3
    assert waves_of(arena, [CHANGES] * 5) == 5
    assert waves_of(arena, [LEAVES, CHANGES, READS, READS]) == 3


@pytest.mark.parametrize("strategy", ["locks", "waves"])
def test_of_many_who_leave_a_key_the_first_reader_waits_for_the_others(
    strategy: str, arena: SharedArena, threads, oracle
) -> None:
    """So that readers of a key that everybody credits do not each wait for everybody."""
    programs = [[("yield", 0, 0), ("credit", 0, 1)]] * 100 + [[("read", 0, 0)]] * 100
    declared = [LEAVES] * 100 + [READS] * 100
    block = TrialBlock(arena, [0], programs, strategy, 3, declared=declared)
    threads(block, 3)
    assert set(block.metrics()["begun"]) == {1}
    assert block.metrics()["waves"] == (3 if strategy == "waves" else 0)
    assert (block.outcomes(), block.values()) == oracle([0], programs)


def test_of_those_that_are_ready_the_first_in_the_block_is_executed_first(arena: SharedArena, threads) -> None:
    """The third reads what the second writes, and says nothing of it: so they had better come in their order."""
    programs = [[], [("write", 0, 0)], [("read", 0, 0)], *[[("read", 1, 0)]] * 80]
    declared = [([], [2]), ([2], []), *[([], [])] * 81]
    block = TrialBlock(arena, [0] * 3, programs, "locks", 1, declared=declared)
    threads(block, 1)
    assert set(block.metrics()["begun"]) == {1}


def test_a_right_access_list_means_that_nothing_runs_twice(arena: SharedArena, threads, oracle) -> None:
    programs = [[("read", 0, 0), ("write", 0, 0), ("credit", 1, 3)] for _ in range(50)]
    predicted = access_list(oracle, [0, 0], programs, {}, 0, random.Random(0))
    block = TrialBlock(arena, [0, 0], programs, "access-list", 2, predicted=predicted)
    threads(block, 2)
    assert sum(block.metrics()["rerun"]) == 0
    assert block.values() == oracle([0, 0], programs)[1]


def test_a_wrong_entry_costs_only_those_who_read_it(arena: SharedArena, threads, oracle) -> None:
    programs = [[("spin", 0, 5_000_000), ("write", 0, 0)], [("read", 0, 0)], [("read", 1, 0)]]
    block = TrialBlock(arena, [5, 6], programs, "access-list", 2, predicted=[(0, 0, 99)])
    threads(block, 2)
    first, second, third = block.metrics()["begun"]
    assert (first, third) == (1, 1)
    assert second <= 2
    assert block.outcomes() == oracle([5, 6], programs)[0]


def test_what_a_list_says_of_opening_and_closing_is_not_believed(arena: SharedArena, threads, oracle) -> None:
    programs = [[("read", 0, 0)], [("read", 1, 0)]]
    predicted = [(0, -1, 99), (1, 2, 99)]
    block = TrialBlock(arena, [5, 6], programs, "access-list", 2, predicted=predicted)
    block.open({})
    threads(block, 2)
    block.close({})
    assert (block.outcomes(), block.values()) == oracle([5, 6], programs)


WRONG_LISTS = {
    "every total of a credited key is off": ([("credit", 0, 3)], lambda n: 7 + 3 * n),
    "changes that are not made": ([("read", 0, 0)], lambda n: 7 + n),
    "changes of what is written": ([("read", 0, 0), ("write", 0, 0)], lambda n: 7 + n),
    "nothing is said of the credits": ([("credit", 0, 3), ("read", 1, 0)], None),
}


def memory_of_a_wrong_list(arena: SharedArena, kind: str, count: int, oracle) -> int:
    """Bytes of the arena that a block takes whose list is wrong in that way about each of its transactions."""
    program, told = WRONG_LISTS[kind]
    programs = [program] * count
    predicted = [] if told is None else [(0, n, told(n)) for n in range(count)]
    arena.reset()
    block = TrialBlock(arena, [0, 1], programs, "access-list", 1, predicted=predicted)
    assert block.work(0) == ""
    assert (block.outcomes(), block.values()) == oracle([0, 1], programs)
    return arena.used


@pytest.mark.parametrize("kind", WRONG_LISTS)
def test_a_wrong_list_takes_memory_by_its_length(kind: str, arena: SharedArena, oracle) -> None:
    """Four times the transactions, some four times the bytes. Adding up all credits below each made it sixteen."""
    assert memory_of_a_wrong_list(arena, kind, 4000, oracle) < 5 * memory_of_a_wrong_list(arena, kind, 1000, oracle)


def test_each_of_two_workers_executes_a_fair_share(arena: SharedArena, threads) -> None:
    """A machine with other work may leave a worker without a processor for a while: so there are some tries."""
    programs = [[("read", n, 0), ("spin", 0, 20000), ("write", n, 0)] for n in range(400)]
    shares = []
    while not shares or (max(shares) < 80 and len(shares) < 20):
        arena.reset()
        block = TrialBlock(arena, [1] * 400, programs, "block-stm", 2)
        threads(block, 2)
        metrics = block.metrics()
        assert sum(metrics["executions"]) == 400
        shares.append(min(metrics["executions"]))
    assert max(shares) >= 80, shares


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_stop_flag_ends_a_long_block(strategy: str, arena: SharedArena, threads) -> None:
    programs = [[("spin", 0, 2_000_000)] for _ in range(2000)]  # a minute or so
    block = TrialBlock(arena, [0], programs, strategy, 2)
    threading.Timer(0.2, arena.request_stop, (3,)).start()
    begun = time.monotonic()
    assert threads(block, 2)[0] == "interrupted"
    assert time.monotonic() - begun < 20


def test_slow_state_is_waited_for_once_a_key(arena: SharedArena, threads) -> None:
    programs = [[("read", 0, 0)] for _ in range(200)]
    begun = time.monotonic()
    block = TrialBlock(arena, [1], programs, "block-stm", 1, read_latency=50_000_000)
    threads(block, 1)
    assert 0.05 <= time.monotonic() - begun < 5  # not 10
