"""The trial machine itself: what no block can have is refused, and a machine that runs out of room stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.core.base_state import StateTable
from samestate.optimized.trial.trial import TrialBlock
from tests.optimized.core.in_order import in_order


@pytest.fixture
def small() -> Iterator[SharedArena]:
    created = SharedArena.create(1 << 16)
    yield created
    created.close()


REFUSED: dict[str, tuple[Callable[[SharedArena], Any], str]] = {
    "no such key": (lambda arena: TrialBlock(arena, [0], [[("read", 1, 0)]]), "there is no key 1: there are 1"),
    "a key below all": (lambda arena: TrialBlock(arena, [0], [[("read", -1, 0)]]), "there is no key -1"),
    "beyond the last": (lambda arena: TrialBlock(arena, [0] * 3, [[("read at", 1, 3)]]), "there is no key 3"),
    "none to choose from": (lambda arena: TrialBlock(arena, [0], [[("write at", 0, 0)]]), "0 keys to choose from"),
    "no owner": (lambda arena: TrialBlock(arena, [0], [[("wipe", 0, 0)]]), "no key has an owner"),
    "no key to copy to": (lambda arena: TrialBlock(arena, [0], [[("copy", 0, 1)]]), "there is no key 1"),
    "a state without names": (lambda arena: TrialBlock(arena, [0], [], state=StateTable()), "found by name"),
    "no such operation": (lambda arena: TrialBlock(arena, [0], [[("jump", 0, 0)]]), "'jump': choose of read, write"),
    "no such strategy": (lambda arena: TrialBlock(arena, [0], [], "sequential"), "choose of block-stm, locks"),
    "nobody": (lambda arena: TrialBlock(arena, [0], [], workers=0), "a block needs a worker"),
    "too few declared": (lambda arena: TrialBlock(arena, [0], [[], []], declared=[([], [])]), "1 declarations for 2"),
    "no key predicted": (
        lambda arena: TrialBlock(arena, [0], [[]], "access-list", predicted=[(7, 0, 1)]),
        "there is no key 7",
    ),
    "no such worker": (lambda arena: TrialBlock(arena, [0], [], workers=2).work(2), "no worker 2: there are 2"),
    "no key opened": (lambda arena: TrialBlock(arena, [0], []).open({1: 1}), "there is no key 1"),
    "no such transaction": (lambda arena: TrialBlock(arena, [0], [[]]).execute(1), "no transaction 1: there are 1"),
    "not executed": (lambda arena: TrialBlock(arena, [0], [[]]).read_keys(0), "transaction 0 was never executed"),
    "not validated": (lambda arena: TrialBlock(arena, [0], [[]]).is_valid(0), "transaction 0 was never executed"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_block_can_have_is_refused(what: str, arena: SharedArena) -> None:
    attempt, message = REFUSED[what]
    with pytest.raises(ValueError, match=message):
        attempt(arena)


def test_many_keys(arena: SharedArena) -> None:
    base: list[int | None] = [0] * 3000
    programs = [[("write", key, 0) for key in range(2999)] + [("read at", 0, 3000)]]
    block = TrialBlock(arena, base, programs)
    block.execute(0)
    assert block.values() == in_order(base, programs).values


@pytest.mark.parametrize("keys", [1, 50, 300, 2000])
@pytest.mark.parametrize("count", [1, 100, 2000])
def test_an_arena_too_small_for_keys_or_predictions(keys: int, count: int, small: SharedArena) -> None:
    """Wherever it becomes full, nothing is looked for at the place 0."""
    predicted = [(n % keys, n, n) for n in range(count)]
    try:
        TrialBlock(small, [1] * keys, [[("write", 0, 0)]] * count, "access-list", 1, predicted=predicted)
    except MemoryError as error:
        assert "too small for the block" in str(error)
        assert keys + count > 300
    else:
        assert keys + count < 500


def test_keys_found_by_name(arena: SharedArena) -> None:
    base = [None if n % 3 else n for n in range(40)]
    programs = [[("read", n % 40, 0), ("write", n * 7 % 40, 0), ("credit", n * 3 % 40, n)] for n in range(200)]
    block = TrialBlock(arena, base, programs, workers=3, key_capacity=40)
    threads = [threading.Thread(target=block.work, args=(number,), daemon=True) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    right = in_order(base, programs)
    assert (block.outcomes(), block.values()) == (right.outcomes, right.values)
    assert [sorted(block.read_keys(n)) for n in range(200)] == [sorted(read) for read in right.reads]


def test_a_table_with_room_for_fewer_keys_than_there_are(arena: SharedArena) -> None:
    programs = [[("write", n, 0)] for n in range(9)]
    block = TrialBlock(arena, [None] * 9, programs, workers=1, key_capacity=7)
    assert block.work(0) == "key table full"
    arena.reset()
    with pytest.raises(MemoryError, match="the key table is too small"):
        TrialBlock(arena, [1] * 9, programs, workers=1, key_capacity=7)
    arena.reset()
    exact = TrialBlock(arena, [None] * 8, programs[:8], workers=1, key_capacity=7)
    assert exact.work(0) == ""
