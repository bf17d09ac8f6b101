"""The arena: its size, its end, who sees it."""

from __future__ import annotations

import os

import pytest

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.trial.trial import TrialBlock


def test_a_block_that_does_not_fit_is_an_error() -> None:
    arena = SharedArena.create(1 << 16)
    with pytest.raises(MemoryError, match="too small"):
        TrialBlock(arena, [0] * 10, [[("read", 0, 0)]] * 1000)
    assert arena.stopped
    arena.reset()
    assert not arena.stopped
    TrialBlock(arena, [0], [[("read", 0, 0)]], workers=1)
    arena.close()


@pytest.mark.parametrize("strategy", ["block-stm", "locks", "waves", "access-list"])
def test_an_arena_that_fills_up_stops_all_workers(strategy: str, threads) -> None:
    arena = SharedArena.create(3 << 20)
    programs = [[("write", key, 0) for key in range(50)]] * 1000
    block = TrialBlock(arena, [0] * 50, programs, strategy, 3)
    assert threads(block, 3) == ["out of memory"] * 3
    assert arena.used > 0
    arena.close()


def test_a_trace_never_stops_a_block_that_fits(arena: SharedArena) -> None:
    programs = [[("read", n % 7, 0)] for n in range(6000)]
    assert TrialBlock(arena, [0] * 7, programs, workers=1).work(0) == ""
    tight = SharedArena.create(arena.used * 5 // 4)
    assert TrialBlock(tight, [0] * 7, programs, workers=1, tracing=True).work(0) == ""
    assert tight.used <= tight.size
    tight.close()


def test_too_small_an_arena_is_refused_and_too_large_a_one() -> None:
    with pytest.raises(ValueError, match="at least 65536 bytes, not 100"):
        SharedArena.create(100)
    with pytest.raises(ValueError, match="at most 137438953472 bytes"):
        SharedArena.create(1 << 38)


def test_a_second_mapping_sees_the_same_arena(arena: SharedArena) -> None:
    other = SharedArena.attach(os.dup(arena.descriptor))
    arena.request_stop(3)
    assert other.stopped == 3
    other.request_stop(1)
    assert arena.stopped == 3, "the first reason stays"
    other.close()
    with pytest.raises(ValueError, match="closed"):
        other.reset()


def test_what_is_no_arena_is_refused() -> None:
    descriptor = os.memfd_create("other")
    os.ftruncate(descriptor, 1 << 16)
    with pytest.raises(ValueError, match="is no arena"):
        SharedArena.attach(descriptor)


def test_one_arena_serves_many_blocks(arena: SharedArena, threads, oracle) -> None:
    programs = [[("read", n % 3, 0), ("write", (n + 1) % 3, 0)] for n in range(30)]
    used = set()
    for _ in range(50):
        arena.reset()
        block = TrialBlock(arena, [1, 2, 3], programs)
        used.add(arena.used)
        threads(block, 2)
        assert (block.outcomes(), block.values()) == oracle([1, 2, 3], programs)
    assert len(used) == 1
