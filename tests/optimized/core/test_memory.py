"""Versioned memory, one action at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.trial.trial import TrialBlock

READ, WRITE, CREDIT, REMOVE = (("read", 0, 0), ("write", 0, 0), ("credit", 0, 5), ("remove", 0, 0))


def test_a_read_ends_at_the_nearest_lower_write(arena: SharedArena) -> None:
    block = TrialBlock(arena, [1], [[WRITE], [WRITE], [READ], [WRITE]])
    for transaction in (3, 0, 1, 2):
        block.execute(transaction)
    assert block.values(3) == [1]
    assert block.outcomes()[2] == (2 ^ 1) * 0x100000001B3
    block.execute(1, 1)
    assert not block.is_valid(2), "the same value from another incarnation is another version"


def test_a_read_that_found_nothing_is_invalid_once_there_is_something(arena: SharedArena) -> None:
    block = TrialBlock(arena, [7], [[WRITE], [READ]])
    block.execute(1)
    assert block.is_valid(1)
    assert block.execute(0) is True
    assert not block.is_valid(1)


def test_credits_are_gathered_down_to_the_base(arena: SharedArena) -> None:
    block = TrialBlock(arena, [None], [[CREDIT], [CREDIT], [READ], [CREDIT]])
    for transaction in range(4):
        block.execute(transaction)
    assert block.values(3) == [10]
    assert block.values() == [15]
    assert block.outcomes()[2] == (2 ^ 10) * 0x100000001B3
    assert block.is_valid(2)
    block.execute(0, 1)
    assert not block.is_valid(2), "each contributor counts, with its incarnation"


def test_a_credit_put_into_the_middle_of_a_chain_is_noticed(arena: SharedArena) -> None:
    block = TrialBlock(arena, [1], [[CREDIT], [CREDIT], [CREDIT], [READ]])
    for transaction in (0, 2, 3):
        block.execute(transaction)
    assert block.is_valid(3)
    block.execute(1)
    assert not block.is_valid(3)


@pytest.mark.parametrize("between", [CREDIT, READ])
def test_an_estimate_suspends_whatever_lies_above_it(arena: SharedArena, between: tuple[str, int, int]) -> None:
    block = TrialBlock(arena, [1], [[WRITE], [between], [READ]])
    for transaction in range(3):
        block.execute(transaction)
    block.mark_estimates(0)
    assert not block.is_valid(2)
    assert block.execute(2, 1) == 0


def test_a_full_write_above_an_estimate_hides_it(arena: SharedArena) -> None:
    block = TrialBlock(arena, [1], [[WRITE], [WRITE], [READ]])
    for transaction in range(3):
        block.execute(transaction)
    block.mark_estimates(0)
    assert block.is_valid(2)
    assert block.execute(2, 1) is False


def test_what_the_next_incarnation_does_not_write_is_passed_by(arena: SharedArena) -> None:
    write_if_even = [("read", 1, 0), ("skip", 0, 1), ("write", 0, 0)]
    block = TrialBlock(arena, [8, 1], [[("write", 1, 0)], write_if_even, [READ]])
    block.execute(1)  # reads 1: the accumulator is 0, even
    block.execute(2)
    assert block.written_keys(1) == [0]
    block.execute(0)  # key 1 becomes 0
    block.mark_estimates(1)
    block.execute(1, 1)
    assert block.written_keys(1) == []
    assert not block.is_valid(2)
    block.execute(2, 1)
    assert block.values() == [8, 0]
    assert block.execute(0, 1) is False
    block.execute(2, 2)
    assert block.is_valid(2)


def test_a_key_written_again_after_it_was_not_is_a_new_location(arena: SharedArena) -> None:
    block = TrialBlock(arena, [3, 1, 9], [[("write", 1, 0)], [("read", 1, 0), ("skip", 0, 1), ("write", 0, 0)]])
    block.open({1: 1})
    assert block.execute(1) is True
    block.open({1: 0})
    assert block.execute(1, 1) is False
    block.open({1: 1})
    assert block.execute(1, 2) is True


def test_absent_is_a_value(arena: SharedArena) -> None:
    block = TrialBlock(arena, [3], [[REMOVE], [READ]])
    block.execute(0)
    block.execute(1)
    assert block.values() == [None]
    assert block.outcomes()[1] == 0


def test_the_opening_step_is_below_all_and_the_closing_step_above(arena: SharedArena) -> None:
    block = TrialBlock(arena, [3, 4], [[READ, ("write", 1, 0)]])
    block.open({0: 9}, {1: 1})
    block.execute(0)
    block.close({0: None})
    assert block.values(0) == [3, 4]
    assert block.values(1) == [9, 5]
    assert block.values() == [None, 9 * 0x100000001B3]


def test_a_step_sees_its_own_writes_and_not_in_its_read_set(arena: SharedArena) -> None:
    block = TrialBlock(arena, [3], [[WRITE, READ, CREDIT]])
    block.execute(0)
    assert block.read_keys(0) == []
    assert block.written_keys(0) == [0]


ORDERS: dict[str, Callable[[int], int]] = {
    "rising": lambda n: n,
    "falling": lambda n: -n,
    "mixed": lambda n: n * 89 % 400,
    "by sevens": lambda n: n % 7 * 1000 + n,
    "from both ends": lambda n: min(n, 400 - n),
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_long_list_is_walked_by_its_towers(order: str, arena: SharedArena) -> None:
    """Every transaction credits one key or reads it; versions come in many orders, also into the middle."""
    count = 400
    block = TrialBlock(arena, [0], [[("credit", 0, 1)] if n % 3 else [("read", 0, 0)] for n in range(count)])
    for transaction in sorted(range(count), key=lambda n: (ORDERS[order](n), n)):
        block.execute(transaction)
    credits_before = [sum(1 for other in range(n) if other % 3) for n in range(count)]
    mask = (1 << 64) - 1
    for transaction in range(0, count, 3):
        block.execute(transaction, 1)
        assert block.is_valid(transaction)
    for transaction in range(0, count, 3):
        expected = (transaction ^ credits_before[transaction]) * 0x100000001B3 & mask
        assert block.outcomes()[transaction] == expected
        assert block.values(transaction + 1) == [credits_before[transaction]]


def test_a_version_put_in_below_a_link_is_found(arena: SharedArena) -> None:
    count = 200
    block = TrialBlock(arena, [0], [[("write", 0, 0)] for _ in range(count)])
    for transaction in range(0, count, 2):
        block.execute(transaction)
    before = [block.values(step) for step in range(1, count + 2)]  # walks that build towers
    assert before[1] == before[2] == [0]
    for transaction in range(1, count, 2):
        block.execute(transaction)
        assert block.values(transaction + 2) == [transaction]
    assert [block.values(step + 2) for step in range(count)] == [[step] for step in range(count)]


def test_predictions_of_many_keys_take_little_memory(arena: SharedArena, oracle) -> None:
    """A thousand keys with twenty versions each: nothing may be kept that is as long as keys times steps."""
    keys, count = 1000, 20_000
    programs = [[("read", n % keys, 0), ("write", n % keys, 0)] for n in range(count)]
    base: list[int | None] = [0] * keys
    outcomes, values = oracle(base, programs)
    predicted = [(n % keys, n, outcomes[n]) for n in range(count)]
    used = {}
    for strategy in ("block-stm", "access-list"):
        arena.reset()
        block = TrialBlock(arena, base, programs, strategy, 1, predicted=predicted if strategy == "access-list" else ())
        assert block.work(0) == ""
        assert block.values() == values
        used[strategy] = arena.used
    assert used["access-list"] < 1.3 * used["block-stm"]


def test_a_transaction_that_touches_more_than_any_list_holds_at_first(arena: SharedArena, oracle) -> None:
    reads = [("read", key, 0) for key in range(200)]
    writes = [("write", key, 0) for key in range(200)]
    base = list(range(200))
    block = TrialBlock(arena, base, [writes, reads + writes, reads])
    for transaction in range(3):
        block.execute(transaction)
    assert block.read_keys(1) == base
    assert block.written_keys(1) == base
    assert (block.outcomes(), block.values()) == oracle(base, [writes, reads + writes, reads])
