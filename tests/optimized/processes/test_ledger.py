"""The engine's own view and ledger record what the specification's do, whatever a machine does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.processes.ledger import Effect, Ledger
from samestate.optimized.processes.view import StepView
from samestate.spec.transition import apply_block
from tests.spec.tiny_machine import KEYS, OWNERS, TinyBlock, TinyCodec, TinyMachine, TinyState, run

CODEC = TinyCodec()

values = st.sampled_from([None, b"", b"\x01", b"\x02", b"\x05"])
keys = st.sampled_from(KEYS)
owners = st.sampled_from(OWNERS)
operations = st.recursive(
    st.one_of(
        st.tuples(st.just("get"), keys),
        st.tuples(st.just("set"), keys, values),
        st.tuples(st.just("add"), keys, st.integers(1, 300)),
        st.tuples(st.just("touch"), owners),
        st.tuples(st.just("wipe"), owners),
        st.tuples(st.just("has storage"), owners),
    ),
    lambda inner: st.tuples(st.just("undo"), st.lists(inner, max_size=5)),
    max_leaves=8,
)
programs = st.lists(operations, max_size=8)
states = st.dictionaries(keys, st.sampled_from([b"", b"\x01", b"\x02", b"\x05"]))


@given(states, st.lists(programs, max_size=5), programs, programs)
def test_any_programs_leave_the_record_that_the_specification_gives(
    before: dict[bytes, bytes], steps: list[list[Any]], opening: list[Any], closing: list[Any]
) -> None:
    state = TinyState(before)
    block = TinyBlock(tuple(map(tuple, steps)), tuple(opening), tuple(closing))
    expected = apply_block(TinyMachine(), block, state)
    ledger = Ledger(state.get, CODEC.merge, CODEC.storage_owner)
    storage = {key[1:2] for key in before if key[:1] == b"s"}
    for number, (program, step) in enumerate(zip([opening, *steps, closing], expected.steps, strict=True), -1):
        view = StepView(ledger.value, CODEC.storage_owner, CODEC.merge, storage)
        seen = run(program, view)
        if step.step in range(len(steps)):
            assert tuple(seen) == expected.outcomes[step.step].seen
        record = ledger.enter(number, view.effect())
        for name in ("step", "reads", "writes", "before", "credits", "wipes", "touches"):
            assert getattr(record, name) == getattr(step, name), name
    assert state.apply(ledger.changes(), ledger.wipes()).values == expected.state().values


def test_thousands_of_credits_to_one_key_are_all_sources() -> None:
    ledger = Ledger({}.get, CODEC.merge, CODEC.storage_owner)
    for step in range(5000):
        assert ledger.enter(step, Effect((), {}, {b"a": 1}, (), ())).credits == {b"a": 1}
    record = ledger.enter(5000, Effect((b"a",), {}, {}, (), ()))
    assert record.reads[b"a"] == ((5000).to_bytes(2, "big"), tuple(range(5000)))


def test_the_view_takes_no_garbage() -> None:
    view = StepView({}.get, CODEC.storage_owner, CODEC.merge, ())
    for call in (
        lambda: view.get("a"),  # type: ignore[arg-type]
        lambda: view.set("a", None),  # type: ignore[arg-type]
        lambda: view.set(b"a", 1),  # type: ignore[arg-type]
        lambda: view.set(b"a", bytearray(b"1")),  # type: ignore[arg-type]
        lambda: view.add(b"a", 0),
        lambda: view.add(b"a", 1.5),  # type: ignore[arg-type]
        lambda: view.touch(None),  # type: ignore[arg-type]
        lambda: view.wipe(7),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match="is to be"):
            call()
    assert view.effect() == ((), {}, {}, (), ())
