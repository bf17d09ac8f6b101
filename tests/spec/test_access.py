"""Dependencies between steps, and the critical path."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.access import OPEN, Dependency, Edge, Read, StepAccess, critical_path, dependencies, step_name
from samestate.spec.machine import Key
from samestate.spec.view import Ledger, StepView
from tests.spec.test_view import programs, states
from tests.spec.tiny_machine import KEYS, TinyCodec, TinyState, run

A, B, SLOT = b"a", b"b", b"sx1"
OWNERS = {key: key[1:2] for key in KEYS if key[:1] == b"s"}
RAW, WAW, WAR = Dependency.RAW, Dependency.WAW, Dependency.WAR


def access(
    step: int,
    reads: Mapping[Key, tuple[int, ...]] | None = None,
    writes: tuple[Key, ...] = (),
    credits: tuple[Key, ...] = (),
    wipes: tuple[bytes, ...] = (),
) -> StepAccess:
    """A step's record: keys read with their sources, keys written, credited and wiped; the values don't matter."""
    return StepAccess(
        step=step,
        reads={key: Read(None, source) for key, source in (reads or {}).items()},
        writes=dict.fromkeys(writes, b"\x01"),
        before=dict.fromkeys(writes),
        credits=dict.fromkeys(credits, 1),
        wipes=wipes,
    )


def test_the_names_of_steps() -> None:
    assert [step_name(step, 2) for step in (OPEN, 0, 1, 2)] == ["open", "0", "1", "close"]
    assert [step_name(step, 0) for step in (OPEN, 0)] == ["open", "close"]


def test_steps_that_share_nothing_are_independent() -> None:
    assert dependencies([access(0, writes=(A,)), access(1, writes=(B,)), access(2)]) == ()


def test_steps_that_only_read_the_same_are_independent() -> None:
    assert dependencies([access(0, reads={A: ()}), access(1, reads={A: ()})]) == ()


def test_reading_what_an_earlier_step_wrote() -> None:
    assert dependencies([access(OPEN, writes=(A,)), access(0, reads={A: (OPEN,)})]) == (Edge(OPEN, 0, RAW, A),)


def test_reading_depends_on_every_contributor() -> None:
    steps = [access(0, writes=(A,)), access(1, credits=(A,)), access(2, reads={A: (0, 1)})]
    assert dependencies(steps) == (Edge(0, 1, WAW, A), Edge(0, 2, RAW, A), Edge(1, 2, RAW, A))


def test_only_the_last_writer_is_overwritten() -> None:
    steps = [access(0, writes=(A,)), access(1, writes=(A,)), access(2, writes=(A,))]
    assert dependencies(steps) == (Edge(0, 1, WAW, A), Edge(1, 2, WAW, A))


def test_a_write_comes_after_all_reads_of_what_it_overwrites() -> None:
    steps = [access(0, reads={A: ()}), access(1, reads={A: ()}), access(2, writes=(A,)), access(3, writes=(A,))]
    assert dependencies(steps) == (Edge(0, 2, WAR, A), Edge(1, 2, WAR, A), Edge(2, 3, WAW, A))


def test_a_step_that_reads_and_writes() -> None:
    steps = [access(step, reads={A: (step - 1,) if step else ()}, writes=(A,)) for step in range(3)]
    assert dependencies(steps) == (Edge(0, 1, RAW, A), Edge(0, 1, WAW, A), Edge(1, 2, RAW, A), Edge(1, 2, WAW, A))


def test_two_credits_commute() -> None:
    assert dependencies([access(0, credits=(A,)), access(1, credits=(A,))]) == ()


def test_a_write_after_credits_overwrites_each_of_them() -> None:
    steps = [access(0, credits=(A,)), access(1, credits=(A,)), access(2, writes=(A,)), access(3, writes=(A,))]
    assert dependencies(steps) == (Edge(0, 2, WAW, A), Edge(1, 2, WAW, A), Edge(2, 3, WAW, A))


def test_every_credit_after_a_write_or_a_read_depends_on_it() -> None:
    steps = [access(0, writes=(A,)), access(1, reads={A: (0,)}), access(2, credits=(A,)), access(3, credits=(A,))]
    assert dependencies(steps) == (
        Edge(0, 1, RAW, A),
        Edge(0, 2, WAW, A),
        Edge(1, 2, WAR, A),
        Edge(0, 3, WAW, A),
        Edge(1, 3, WAR, A),
    )


def test_a_wipe_writes_the_slots_that_the_address_is_known_to_have() -> None:
    steps = [access(0, reads={SLOT: ()}), access(1, wipes=(b"x",)), access(2, writes=(SLOT,))]
    assert dependencies(steps, OWNERS) == (Edge(0, 1, WAR, SLOT), Edge(1, 2, WAW, b"sx1"))
    assert dependencies(steps) == (Edge(0, 2, WAR, SLOT),)


def test_edges_are_ordered_by_later_step_then_earlier_step_then_kind_then_key() -> None:
    steps = [
        access(0, writes=(B, A)),
        access(1, reads={B: (0,), A: (0,)}),
        access(2, reads={B: (0,), A: (0,)}, writes=(B, A)),
    ]
    assert dependencies(steps) == (
        Edge(0, 1, RAW, A),
        Edge(0, 1, RAW, B),
        Edge(0, 2, RAW, A),
        Edge(0, 2, RAW, B),
        Edge(0, 2, WAW, A),
        Edge(0, 2, WAW, B),
        Edge(1, 2, WAR, A),
        Edge(1, 2, WAR, B),
    )


def steps_of(before: dict[Key, bytes], blocks: list[list[object]]) -> list[StepAccess]:
    """The records of steps that run these programs one after another."""
    over = Ledger(TinyCodec(), TinyState(before))
    steps = []
    for index, program in enumerate(blocks, OPEN):
        view = StepView(over)
        run(program, view)  # type: ignore[arg-type]
        steps.append(over.commit(index, view))
    return steps


def conflict(earlier: StepAccess, later: StepAccess, key: Key) -> bool:
    """Whether the two steps may not change places because of ``key``."""

    def writes(step: StepAccess) -> bool:
        return key in step.writes or OWNERS.get(key) in step.wipes

    for one, other in ((earlier, later), (later, earlier)):
        if writes(one) and (writes(other) or key in other.credits or key in other.reads):
            return True
        if key in one.credits and key in other.reads:
            return True
    return False


@given(states, st.lists(programs, min_size=2, max_size=5))
def test_steps_that_may_not_change_places_are_ordered_and_no_others(
    before: dict[Key, bytes], blocks: list[list[object]]
) -> None:
    steps = steps_of(before, blocks)
    edges = dependencies(steps, OWNERS)
    by_step = {access.step: access for access in steps}
    for edge in edges:
        assert edge.earlier < edge.later
        assert conflict(by_step[edge.earlier], by_step[edge.later], edge.key)
    for key in KEYS:
        reached = {(edge.earlier, edge.later) for edge in edges if edge.key == key}
        for middle, first, last in itertools.product(by_step, repeat=3):
            if (first, middle) in reached and (middle, last) in reached:
                reached.add((first, last))
        for first, last in itertools.combinations(by_step, 2):
            if conflict(by_step[first], by_step[last], key):
                assert (first, last) in reached, (first, last, key)


# The critical path


def test_independent_transactions_have_a_path_of_one() -> None:
    steps = [access(OPEN), *(access(step, writes=(bytes([step]),)) for step in range(4)), access(4)]
    assert critical_path(steps, [1] * 4) == 1
    assert critical_path(steps, [21000, 50000, 30000, 21000]) == 50000


def test_a_block_without_transactions_has_no_path() -> None:
    assert critical_path([], []) == 0
    assert critical_path([access(OPEN, writes=(A,)), access(0, reads={A: (OPEN,)})], []) == 0


def test_only_reads_make_a_path() -> None:
    steps = [access(0, reads={A: ()}, writes=(B,)), access(1, writes=(A, B)), access(2, credits=(A,))]
    assert critical_path(steps, [1, 1, 1]) == 1


def test_the_heaviest_path_wins_not_the_longest() -> None:
    steps = [
        access(OPEN),
        access(0, writes=(A,)),
        access(1, reads={A: (0,)}, writes=(A,)),
        access(2, reads={A: (1,)}),
        access(3, writes=(B,)),
        access(4, reads={B: (3,), A: (0,)}),
        access(5),
    ]
    assert critical_path(steps, [1] * 5) == 3
    assert critical_path(steps, [10, 10, 10, 50, 5]) == 55


def test_every_contributor_of_a_value_is_on_a_path() -> None:
    steps = [access(0, credits=(A,)), access(1, credits=(A,)), access(2, reads={A: (0, 1)})]
    assert critical_path(steps, [7, 3, 1]) == 8


def test_opening_and_closing_weigh_nothing_but_are_part_of_a_path() -> None:
    steps = [
        access(OPEN, writes=(A,)),
        access(0, reads={A: (OPEN,)}, writes=(A,)),
        access(1, reads={A: (0,)}),
        access(2, reads={A: (0,)}),
    ]
    assert critical_path(steps, [1, 1]) == 2


@pytest.mark.parametrize("length", [1, 5, 300])
def test_a_chain_is_as_long_as_it_has_transactions(length: int) -> None:
    steps = [access(step, reads={A: (step - 1,) if step else ()}, writes=(A,)) for step in range(length)]
    assert critical_path(steps, [1] * length) == length


@given(states, st.lists(programs, min_size=3, max_size=6))
def test_the_path_is_the_heaviest_of_all_chains(before: dict[Key, bytes], blocks: list[list[object]]) -> None:
    steps = steps_of(before, blocks)
    weights = [3, 1, 4, 1][: len(steps) - 2]

    def heaviest(access: StepAccess) -> int:
        own = weights[access.step] if 0 <= access.step < len(weights) else 0
        earlier = {source for read in access.reads.values() for source in read.source}
        return own + max((heaviest(steps[source - OPEN]) for source in earlier), default=0)

    assert critical_path(steps, weights) == max(heaviest(access) for access in steps)
