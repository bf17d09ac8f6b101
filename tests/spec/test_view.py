"""The view of one step and the ledger under it: what counts as read, written, credited, wiped and touched."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.access import OPEN, Read, StepAccess
from samestate.spec.machine import Key, Value
from samestate.spec.view import Ledger, StepView
from tests.spec.tiny_machine import KEYS, OWNERS, TinyCodec, TinyState, number, run, value

ONE, TWO, THREE, FIVE = b"\x01", b"\x02", b"\x03", b"\x05"


def ledger(**values: bytes) -> Ledger:
    """A ledger over a state that holds these values."""
    return Ledger(TinyCodec(), TinyState({key.encode(): value for key, value in values.items()}))


def step(ledger: Ledger, index: int, *program: Any) -> StepAccess:
    """The record of a step that runs the program and commits."""
    view = StepView(ledger)
    run(program, view)
    return ledger.commit(index, view)


# Reads


def test_a_read_of_the_state_before_the_block_has_no_source() -> None:
    assert step(ledger(a=ONE), 0, ("get", b"a")).reads == {b"a": Read(ONE, ())}


def test_absence_is_observed_too() -> None:
    assert step(ledger(), 0, ("get", b"a")).reads == {b"a": Read(None, ())}


def test_absent_is_not_the_same_as_empty() -> None:
    over = ledger(a=b"")
    assert step(over, 0, ("get", b"a")).reads == {b"a": Read(b"", ())}
    assert step(over, 1, ("set", b"a", None)).writes == {b"a": None}
    assert step(over, 2, ("set", b"a", b"")).writes == {b"a": b""}


def test_a_read_names_the_last_step_that_wrote() -> None:
    over = ledger(a=ONE)
    step(over, OPEN, ("set", b"a", TWO))
    step(over, 0, ("set", b"a", THREE))
    step(over, 1, ("set", b"b", ONE))
    assert step(over, 2, ("get", b"a")).reads == {b"a": Read(THREE, (0,))}


def test_a_step_may_read_what_opening_wrote() -> None:
    over = ledger()
    step(over, OPEN, ("set", b"a", TWO))
    assert step(over, 0, ("get", b"a")).reads == {b"a": Read(TWO, (OPEN,))}


def test_what_a_step_wrote_itself_is_no_read() -> None:
    access = step(ledger(a=ONE), 0, ("set", b"a", TWO), ("get", b"a"))
    assert (access.reads, access.writes, access.before) == ({}, {b"a": TWO}, {b"a": ONE})


def test_a_write_does_not_take_back_an_earlier_read() -> None:
    view = StepView(ledger(a=ONE))
    assert run([("get", b"a"), ("set", b"a", TWO), ("get", b"a")], view) == [ONE, TWO]
    assert view.reads == {b"a": Read(ONE, ())}


def test_a_write_that_was_rolled_back_hides_no_read() -> None:
    view = StepView(ledger(a=ONE))
    assert run([("undo", [("set", b"a", TWO), ("get", b"a")])], view) == [[TWO]]
    assert view.reads == {}
    assert view.get(b"a") == ONE
    assert view.reads == {b"a": Read(ONE, ())}


def test_reads_and_touches_survive_a_rollback() -> None:
    access = step(ledger(a=ONE), 0, ("undo", [("get", b"a"), ("touch", b"x"), ("set", b"b", ONE), ("add", b"a", 4)]))
    assert access == StepAccess(
        step=0, reads={b"a": Read(ONE, ())}, writes={}, before={}, credits={}, wipes=(), touches=(b"x",)
    )


# Writes


@pytest.mark.parametrize("program", [[("set", b"a", ONE)], [("set", b"a", TWO), ("set", b"a", ONE)]])
def test_a_write_that_leaves_the_value_is_none_and_never_a_source(program: list[Any]) -> None:
    over = ledger(a=ONE)
    access = step(over, 0, *program)
    assert (access.writes, access.before, access.reads) == ({}, {}, {})
    assert step(over, 1, ("get", b"a")).reads == {b"a": Read(ONE, ())}
    assert over.values == {}


def test_a_write_that_leaves_the_value_of_an_earlier_step_keeps_that_source() -> None:
    over = ledger()
    step(over, 0, ("set", b"a", ONE))
    assert step(over, 1, ("set", b"a", ONE)).writes == {}
    assert step(over, 2, ("get", b"a")).reads == {b"a": Read(ONE, (0,))}


def test_writing_back_what_was_before_the_block_is_a_write_after_another() -> None:
    over = ledger(a=ONE)
    step(over, 0, ("set", b"a", TWO))
    assert step(over, 1, ("set", b"a", ONE)).writes == {b"a": ONE}
    assert step(over, 2, ("get", b"a")).reads == {b"a": Read(ONE, (1,))}


def test_making_absent_what_is_absent_is_no_write() -> None:
    assert step(ledger(), 0, ("set", b"a", None)).writes == {}


def test_rollback_goes_back_to_the_mark_and_no_further() -> None:
    view = StepView(ledger())
    view.set(b"a", ONE)
    outer = view.checkpoint()
    view.set(b"a", TWO)
    inner = view.checkpoint()
    view.set(b"a", THREE)
    view.set(b"b", THREE)
    view.rollback(inner)
    assert (view.get(b"a"), view.get(b"b")) == (TWO, None)
    view.rollback(outer)
    assert view.get(b"a") == ONE
    view.rollback(outer)
    assert view.get(b"a") == ONE


# Credits


def test_credits_of_a_step_add_up_and_observe_nothing() -> None:
    over = ledger(a=ONE)
    access = step(over, 0, ("add", b"a", 2), ("add", b"a", 2))
    assert (access.reads, access.writes, access.credits) == ({}, {}, {b"a": 4})
    assert over.value(b"a") == FIVE


def test_every_step_that_credited_since_the_last_write_is_a_source() -> None:
    over = ledger(a=ONE)
    step(over, 0, ("add", b"a", 1))
    step(over, 1, ("set", b"a", THREE))
    step(over, 2, ("add", b"a", 1))
    step(over, 4, ("add", b"a", 1))
    assert step(over, 5, ("get", b"a")).reads == {b"a": Read(FIVE, (1, 2, 4))}
    step(over, 6, ("set", b"a", None))
    assert step(over, 7, ("get", b"a")).reads == {b"a": Read(None, (6,))}


def test_credits_on_what_was_before_the_block_have_only_themselves_as_sources() -> None:
    over = ledger(a=ONE)
    step(over, 3, ("add", b"a", 1))
    assert step(over, 5, ("get", b"a")).reads == {b"a": Read(TWO, (3,))}


@pytest.mark.parametrize(
    "program",
    [
        [("get", b"a"), ("add", b"a", 2)],
        [("add", b"a", 2), ("get", b"a")],
        [("undo", [("get", b"a")]), ("add", b"a", 2)],
    ],
)
def test_a_credit_to_what_the_step_observed_is_a_write(program: list[Any]) -> None:
    over = ledger(a=ONE)
    access = step(over, 0, *program)
    assert (access.reads, access.credits) == ({b"a": Read(ONE, ())}, {})
    assert (access.writes, access.before) == ({b"a": THREE}, {b"a": ONE})
    assert over.source(b"a") == (0,)


def test_one_sees_ones_own_credits() -> None:
    view = StepView(ledger(a=ONE))
    assert run([("add", b"a", 1), ("get", b"a"), ("add", b"a", 1), ("get", b"a")], view) == [TWO, THREE]
    assert view.reads == {b"a": Read(ONE, ())}


def test_a_credit_to_what_the_step_wrote_is_part_of_the_write() -> None:
    over = ledger(a=ONE)
    access = step(over, 0, ("set", b"a", TWO), ("add", b"a", 3))
    assert (access.reads, access.writes, access.credits) == ({}, {b"a": FIVE}, {})
    assert over.value(b"a") == FIVE


def test_a_credit_may_bring_a_write_back_to_the_value_before() -> None:
    assert step(ledger(a=FIVE), 0, ("set", b"a", TWO), ("add", b"a", 3)).writes == {}


def test_a_write_after_a_credit_leaves_nothing_of_it() -> None:
    over = ledger(a=ONE)
    access = step(over, 0, ("add", b"a", 4), ("set", b"a", TWO))
    assert (access.writes, access.credits) == ({b"a": TWO}, {})
    assert over.value(b"a") == TWO


def test_rolling_back_a_write_brings_an_earlier_credit_back() -> None:
    access = step(ledger(a=ONE), 0, ("add", b"a", 4), ("undo", [("set", b"a", TWO), ("add", b"a", 7)]))
    assert (access.writes, access.credits) == ({}, {b"a": 4})


def test_a_credit_that_was_rolled_back_is_none() -> None:
    over = ledger(a=ONE)
    access = step(over, 0, ("undo", [("add", b"a", 4)]))
    assert (access.writes, access.credits, access.reads) == ({}, {}, {})
    assert step(over, 1, ("get", b"a")).reads == {b"a": Read(ONE, ())}


# Wipes


def test_a_wipe_makes_every_slot_of_its_address_absent_and_nothing_else() -> None:
    view = StepView(ledger(a=ONE, sx1=ONE, sy1=ONE))
    assert run([("set", b"sx2", TWO), ("wipe", b"x")], view) == []
    assert [view.get(key) for key in KEYS] == [ONE, None, None, None, ONE]


def test_a_wiped_slot_is_not_observed() -> None:
    access = step(ledger(sx1=ONE), 0, ("wipe", b"x"), ("get", b"sx1"))
    assert (access.reads, access.writes, access.wipes) == ({}, {}, (b"x",))


def test_a_slot_may_be_written_after_the_wipe() -> None:
    over = ledger(sx1=ONE, sx2=ONE)
    assert step(over, 0, ("wipe", b"x"), ("set", b"sx1", TWO)).writes == {b"sx1": TWO}
    assert (over.value(b"sx1"), over.value(b"sx2")) == (TWO, None)


def test_a_wipe_is_the_source_of_every_slot_even_one_that_never_was() -> None:
    over = ledger(sx1=ONE)
    step(over, 0, ("set", b"sx1", TWO))
    step(over, 1, ("wipe", b"x"))
    reads = step(over, 2, ("get", b"sx1"), ("get", b"sx2"), ("get", b"sy1")).reads
    assert reads == {b"sx1": Read(None, (1,)), b"sx2": Read(None, (1,)), b"sy1": Read(None, ())}


def test_a_later_write_or_wipe_takes_the_place_of_a_wipe() -> None:
    over = ledger(sx1=ONE)
    step(over, 0, ("wipe", b"x"))
    step(over, 1, ("set", b"sx1", TWO))
    assert step(over, 2, ("get", b"sx1"), ("get", b"sx2")).reads == {
        b"sx1": Read(TWO, (1,)),
        b"sx2": Read(None, (0,)),
    }
    step(over, 3, ("wipe", b"x"))
    assert step(over, 4, ("get", b"sx1")).reads == {b"sx1": Read(None, (3,))}


def test_a_wipe_that_was_rolled_back_is_none() -> None:
    over = ledger(sx1=ONE)
    access = step(over, 0, ("set", b"sx1", TWO), ("undo", [("wipe", b"x"), ("set", b"sx1", THREE), ("wipe", b"x")]))
    assert (access.wipes, access.writes) == ((), {b"sx1": TWO})
    assert over.wiped == {}


def test_a_wipe_takes_credits_to_slots_too() -> None:
    over = ledger(sx1=ONE)
    view = StepView(over)
    assert run([("add", b"sx1", 1), ("wipe", b"x"), ("get", b"sx1")], view) == [None]
    over.commit(0, view)
    assert over.value(b"sx1") is None


def test_a_credit_after_a_wipe_is_a_write() -> None:
    over = ledger(sx1=FIVE)
    access = step(over, 0, ("wipe", b"x"), ("add", b"sx1", 2))
    assert (access.writes, access.credits, access.reads) == ({b"sx1": TWO}, {}, {})
    assert step(over, 1, ("get", b"sx1")).reads == {b"sx1": Read(TWO, (0,))}


# Touches and what is known of the state before the block


def test_touches_and_wipes_come_sorted_and_once() -> None:
    program = [("touch", b"y"), ("touch", b"x"), ("touch", b"y"), ("wipe", b"y"), ("wipe", b"x"), ("wipe", b"y")]
    access = step(ledger(), 0, *program)
    assert (access.touches, access.wipes) == ((b"x", b"y"), (b"x", b"y"))


def test_whether_there_was_storage_is_answered_from_before_the_block_and_not_recorded() -> None:
    over = ledger(sx1=ONE)
    step(over, 0, ("wipe", b"x"), ("set", b"sy1", ONE))
    view = StepView(over)
    assert run([("has storage", b"x"), ("has storage", b"y")], view) == [True, False]
    access = over.commit(1, view)
    assert (access.reads, access.touches) == ({}, ())


# The same, said in another way


class NaiveView:
    """A view that keeps a copy of everything at each checkpoint. ``sums`` are credits to values not yet known."""

    def __init__(self, before: dict[Key, bytes]) -> None:
        self.before = before
        self.values: dict[Key, Value] = {}
        self.sums: dict[Key, int] = {}
        self.wiped: set[bytes] = set()
        self.marks: list[Any] = []
        self.reads: dict[Key, Value] = {}
        self.touches: set[bytes] = set()

    def get(self, key: Key) -> Value:
        if key in self.values:
            return self.values[key]
        if key[:1] == b"s" and key[1:2] in self.wiped:
            return None
        self.reads[key] = self.before.get(key)
        return value(number(self.before.get(key)) + self.sums.get(key, 0))

    def set(self, key: Key, value: Value) -> None:
        self.values[key] = value
        self.sums.pop(key, None)

    def add(self, key: Key, amount: int) -> None:
        if key in self.values or (key[:1] == b"s" and key[1:2] in self.wiped):
            self.values[key] = value(number(self.values.get(key)) + amount)
        else:
            self.sums[key] = self.sums.get(key, 0) + amount

    def touch(self, address: bytes) -> None:
        self.touches.add(address)

    def wipe(self, address: bytes) -> None:
        self.wiped.add(address)
        for entries in (self.values, self.sums):
            for key in [key for key in entries if key[:2] == b"s" + address]:
                del entries[key]

    def checkpoint(self) -> int:
        self.marks.append(copy.deepcopy((self.values, self.sums, self.wiped)))
        return len(self.marks) - 1

    def rollback(self, mark: int) -> None:
        self.values, self.sums, self.wiped = copy.deepcopy(self.marks[mark])
        del self.marks[mark + 1 :]

    def has_storage(self, address: bytes) -> bool:
        raise NotImplementedError

    def without(self, key: Key, before: Value) -> Value:
        """The value of a key if the step had done nothing but its wipes."""
        return None if key[:1] == b"s" and key[1:2] in self.wiped else before


class NaiveHistory:
    """The effects of the steps so far, each key's value and sources worked out from the first step again."""

    def __init__(self, before: dict[Key, bytes]) -> None:
        self.before = before
        self.steps: list[tuple[int, NaiveView]] = []

    def now(self) -> dict[Key, tuple[Value, tuple[int, ...]]]:
        content: dict[Key, tuple[Value, tuple[int, ...]]] = {key: (self.before.get(key), ()) for key in KEYS}
        for index, view in self.steps:
            for key in KEYS:
                old, source = content[key]
                if key[:1] == b"s" and key[1:2] in view.wiped:
                    source = (index,)
                old = view.without(key, old)
                if key in view.values:
                    new = view.values[key]
                    content[key] = (new, (index,) if new != old else source)
                elif key in view.sums:
                    new = value(number(old) + view.sums[key])
                    content[key] = (new, (index,) if key in view.reads else (*source, index))
                else:
                    content[key] = (old, source)
        return content


values = st.sampled_from([None, ONE, TWO, FIVE])
keys = st.sampled_from(KEYS)
owners = st.sampled_from(OWNERS)
operations = st.recursive(
    st.one_of(
        st.tuples(st.just("get"), keys),
        st.tuples(st.just("set"), keys, values),
        st.tuples(st.just("add"), keys, st.integers(1, 300)),
        st.tuples(st.just("touch"), owners),
        st.tuples(st.just("wipe"), owners),
    ),
    lambda inner: st.tuples(st.just("undo"), st.lists(inner, max_size=5)),
    max_leaves=8,
)
programs = st.lists(operations, max_size=8)
states = st.dictionaries(keys, st.sampled_from([ONE, TWO, FIVE]))


@given(states, st.lists(programs, min_size=1, max_size=5))
def test_any_programs_do_what_a_naive_view_says(before: dict[Key, bytes], steps: list[list[Any]]) -> None:
    over = Ledger(TinyCodec(), TinyState(before))
    history = NaiveHistory(before)
    for index, program in enumerate(steps, OPEN):
        now = history.now()
        plain = NaiveView({key: value for key, (value, _) in now.items() if value is not None})
        view = StepView(over)
        assert run(program, view) == run(program, plain)
        access = over.commit(index, view)

        assert access.reads == {key: Read(value, now[key][1]) for key, value in plain.reads.items()}
        assert access.touches == tuple(sorted(plain.touches))
        assert access.wipes == tuple(sorted(plain.wiped))
        assert access.credits == {key: amount for key, amount in plain.sums.items() if key not in plain.reads}
        history.steps.append((index, plain))
        after = history.now()
        assert access.writes == {
            key: plain.values.get(key, after[key][0])
            for key in KEYS
            if (key in plain.values and plain.values[key] != plain.without(key, now[key][0]))
            or (key in plain.sums and key in plain.reads)
        }
        for key in KEYS:
            assert (over.value(key), over.source(key)) == after[key]


@given(states, st.lists(programs, min_size=1, max_size=5))
def test_the_net_difference_gives_the_state_that_the_ledger_holds(
    before: dict[Key, bytes], steps: list[list[Any]]
) -> None:
    over = Ledger(TinyCodec(), TinyState(before))
    for index, program in enumerate(steps):
        view = StepView(over)
        run(program, view)
        over.commit(index, view)
    after = over.before.apply(over.values, over.wiped)
    assert {key: after.get(key) for key in KEYS} == {key: over.value(key) for key in KEYS}
