"""Packing: within limits, without conflicts in an entry, after whom it must be; and never above the relaxation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestate.conformance.scheduling.bound import most_fees
from samestate.conformance.scheduling.packing import Packed, Room, pack
from samestate.conformance.scheduling.pending import PRIORITIES, BlockLimits, Pending, conflicts
from samestate.conformance.scheduling.shape import shape_of

LIMITS = BlockLimits({"gas": 100, "bytes": 60}, {"gas": 50}, entry=3)
KEYS = st.frozensets(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=2)


@st.composite
def pools(draw: st.DrawFn, size: int = 12) -> list[Pending]:
    pool: list[Pending] = []
    for index in range(draw(st.integers(0, size))):
        pool.append(
            Pending(
                name=bytes([draw(st.integers(0, 255)), index]),
                fee=draw(st.integers(0, 1000)),
                use={"gas": draw(st.integers(0, 60)), "bytes": draw(st.integers(0, 20))},
                reads=draw(KEYS),
                writes=draw(KEYS),
                after=draw(st.none() | st.integers(0, index - 1)) if index else None,
            )
        )
    return pool


def fits(pool: Sequence[Pending], chosen: Sequence[int], limits: BlockLimits) -> bool:
    if any(sum(pool[i].use[name] for i in chosen) > limit for name, limit in limits.block.items()):
        return False
    keys = {key for i in chosen for key in pool[i].writes}
    return all(
        sum(pool[i].use[name] for i in chosen if key in pool[i].writes) <= limit
        for name, limit in limits.key.items()
        for key in keys
    )


@given(pools(), st.integers(1, 5), st.sampled_from(PRIORITIES))
def test_a_packing_keeps_all_limits(pool: list[Pending], look_ahead: int, priority: object) -> None:
    packed = pack(pool, Room(LIMITS), look_ahead, priority=priority)  # type: ignore[arg-type]
    order = packed.order
    assert sorted([*order, *packed.left_out]) == list(range(len(pool)))
    assert fits(pool, order, LIMITS)
    for entry in packed.entries:
        assert 0 < len(entry) <= LIMITS.entry
        for one, other in itertools.combinations(entry, 2):
            assert not conflicts(pool[one].reads, pool[one].writes, pool[other])
    for place, index in enumerate(order):
        after = pool[index].after
        assert after is None or after in order[:place]


@given(pools())
def test_what_was_left_out_does_not_fit_any_more(pool: list[Pending]) -> None:
    packed = pack(pool, Room(LIMITS))
    for index in packed.left_out:
        after = pool[index].after
        if after is None or after in packed.order:
            assert not fits(pool, [*packed.order, index], LIMITS)


@given(pools(), st.randoms(use_true_random=False))
def test_the_order_of_the_pool_does_not_matter(pool: list[Pending], random: object) -> None:
    order = list(range(len(pool)))
    random.shuffle(order)  # type: ignore[attr-defined]
    moved = [
        replace(pool[index], after=None if (after := pool[index].after) is None else order.index(after))
        for index in order
    ]

    def names(packed: Packed, of: Sequence[Pending]) -> list[list[bytes]]:
        return [[of[index].name for index in entry] for entry in packed.entries]

    assert names(pack(pool, Room(LIMITS)), pool) == names(pack(moved, Room(LIMITS)), moved)


@settings(max_examples=40)
@given(pools(size=6))
def test_no_choice_is_above_the_relaxation(pool: list[Pending]) -> None:
    pytest.importorskip("scipy")
    bound = most_fees(pool, LIMITS, {})
    for size in range(len(pool) + 1):
        for chosen in itertools.combinations(range(len(pool)), size):
            is_whole = all(pool[i].after is None or pool[i].after in chosen for i in chosen)
            if is_whole and fits(pool, chosen, LIMITS):
                assert sum(pool[i].fee for i in chosen) <= bound * (1 + 1e-6) + 1e-6


def test_the_relaxation_takes_parts() -> None:
    pytest.importorskip("scipy")
    pool = [Pending(b"a", 60, {"gas": 60}), Pending(b"b", 90, {"gas": 90})]
    assert most_fees(pool, BlockLimits({"gas": 100}), {}) == pytest.approx(100)
    assert most_fees(pool, BlockLimits({"gas": 100}), {1: "hopeless"}) == pytest.approx(60)
    assert most_fees(pool, BlockLimits({"gas": 0}), {}) == pytest.approx(0)
    assert most_fees([], BlockLimits({"gas": 100}), {}) == 0


def test_look_ahead_passes_conflicts_and_no_more() -> None:
    hot = [Pending(bytes([i]), 100 - i, {"gas": 1}, writes=frozenset([b"hot"])) for i in range(3)]
    cold = [Pending(bytes([9, i]), 10 - i, {"gas": 1}, writes=frozenset([bytes([i])])) for i in range(2)]
    pool = [*hot, *cold]
    limits = BlockLimits({"gas": 100})
    assert pack(pool, Room(limits), 1).entries == ((0,), (1,), (2, 3, 4))
    assert pack(pool, Room(limits), 3).entries == ((0, 3, 4), (1,), (2,))


def test_readers_of_a_key_stand_side_by_side_and_its_writer_apart() -> None:
    read = [Pending(bytes([i]), 10, {"gas": 1}, reads=frozenset([b"k"])) for i in range(2)]
    write = Pending(b"\xff", 5, {"gas": 1}, writes=frozenset([b"k"]))
    assert pack([*read, write], Room(BlockLimits({"gas": 9}))).entries == ((0, 1), (2,))


def test_the_shape_of_a_block() -> None:
    def candidate(reads: bytes, writes: bytes) -> Pending:
        keys = (frozenset(bytes([key]) for key in part) for part in (reads, writes))
        return Pending(b"", 0, {"gas": 10}, *keys)

    shape = shape_of([candidate(b"", b"a"), candidate(b"a", b"b"), candidate(b"c", b"d"), candidate(b"b", b"")], "gas")
    assert (shape.conflicting, shape.path, shape.path_use) == (2, 3, 30)
    assert shape_of([candidate(b"a", b""), candidate(b"a", b""), candidate(b"", b"a")], "gas").path == 2
    assert shape_of([], "gas").path == 0
