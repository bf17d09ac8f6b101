"""The state transition: what the frame asks of a machine, in which order, and what it makes of the answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.access import OPEN, Read
from samestate.spec.machine import Key, Rejection, Suspended
from samestate.spec.transition import apply_block, execute_block
from tests.spec.test_view import NaiveView, operations, programs, states
from tests.spec.tiny_machine import KEYS, Operation, Refused, TinyBlock, TinyMachine, TinyState, number, run, value

ONE, TWO = b"\x01", b"\x02"


def test_open_then_each_transaction_executed_and_settled_then_close() -> None:
    block = TinyBlock(programs=((), (("touch", b"x"),)))
    result = apply_block(TinyMachine(), block, TinyState({}))
    assert block.calls == ["open", "execute", "settle", "execute", "settle", "close", "verify"]
    assert [access.step for access in result.steps] == [OPEN, 0, 1, 2]
    assert (result.receipts, result.totals, result.closing) == ((0, 1), 1, (0, 1))


def test_a_block_that_says_what_is_not_so_is_executed_but_not_valid() -> None:
    block = TinyBlock((((("set", b"a", ONE)),),), said_steps=7)
    result = execute_block(TinyMachine(), block, TinyState({}))
    assert result.changes == {b"a": ONE}
    with pytest.raises(Rejection, match="not so: 3 steps, not 7"):
        apply_block(TinyMachine(), block, TinyState({}))
    assert block.calls[-1] == "verify"


def test_an_empty_block() -> None:
    before = TinyState({b"a": ONE})
    result = apply_block(TinyMachine(), TinyBlock(()), before)
    assert (result.outcomes, result.receipts, result.changes, result.wipes) == ((), (), {}, ())
    assert [access.step for access in result.steps] == [OPEN, 0]
    assert result.state().root() == before.root()


def test_each_step_sees_what_the_ones_before_it_left() -> None:
    block = TinyBlock(
        programs=((("get", b"a"), ("set", b"a", TWO)), (("get", b"a"), ("get", b"b"))),
        opening=(("set", b"a", ONE),),
        closing=(("get", b"a"), ("add", b"b", 1)),
    )
    result = apply_block(TinyMachine(), block, TinyState({}))
    assert [outcome.seen for outcome in result.outcomes] == [(ONE,), (TWO, None)]
    assert [dict(access.reads) for access in result.steps] == [
        {},
        {b"a": Read(ONE, (OPEN,))},
        {b"a": Read(TWO, (0,)), b"b": Read(None, ())},
        {b"a": Read(TWO, (0,))},
    ]
    assert result.steps[3].credits == {b"b": 1}
    assert result.state().values == {b"a": TWO, b"b": ONE}


def test_the_state_before_the_block_is_left_alone() -> None:
    before = TinyState({b"sx1": ONE})
    result = apply_block(TinyMachine(), TinyBlock(((("wipe", b"x"), ("set", b"a", ONE)),)), before)
    assert before.values == {b"sx1": ONE}
    assert result.before is before
    assert (result.changes, result.wipes) == ({b"a": ONE}, (b"x",))
    assert result.state().values == {b"a": ONE}


@pytest.mark.parametrize(("place", "code"), [("opening", Refused.NOT_OPEN), ("closing", Refused.NOT_CLOSED)])
def test_a_block_that_cannot_be_opened_or_closed_is_rejected_as_a_whole(place: str, code: Refused) -> None:
    block = TinyBlock(**{"programs": ((),), place: (("reject",),)})  # type: ignore[arg-type]
    with pytest.raises(Rejection) as caught:
        execute_block(TinyMachine(), block, TinyState({}), leave_out=lambda index, rejection: None)
    assert (caught.value.code, caught.value.transaction) == (code, None)


def test_a_rejected_transaction_rejects_the_block_and_says_which_it_is() -> None:
    block = TinyBlock(programs=((), (("set", b"a", ONE), ("reject",)), ()))
    with pytest.raises(Rejection, match=r"^the transaction asked for it$") as caught:
        apply_block(TinyMachine(), block, TinyState({}))
    assert (caught.value.code, caught.value.transaction) == (Refused.BY_ITSELF, 1)
    assert block.calls == ["open", "execute", "settle", "execute"]


def test_settling_may_reject_too() -> None:
    block = TinyBlock(programs=((("touch", b"x"),), (("touch", b"x"), ("touch", b"y"))), limit=2)
    with pytest.raises(Rejection, match=r"^the block is full: 2 operations of 1 left$") as caught:
        apply_block(TinyMachine(), block, TinyState({}))
    assert (caught.value.code, caught.value.transaction) == (Refused.FULL, 1)


def test_what_is_left_out_leaves_nothing_behind() -> None:
    block = TinyBlock(
        programs=(
            (("get", b"a"), ("set", b"a", TWO), ("touch", b"x"), ("wipe", b"x"), ("reject",)),
            (("add", b"a", 1),),
            (("add", b"a", 1), ("set", b"b", ONE), ("touch", b"y")),
            (("get", b"a"),),
        ),
        limit=2,
    )
    rejected: list[tuple[int, Any, int | None]] = []
    result = execute_block(
        TinyMachine(),
        block,
        TinyState({b"sx1": ONE}),
        leave_out=lambda index, rejection: rejected.append((index, rejection.code, rejection.transaction)),
    )
    assert rejected == [(0, Refused.BY_ITSELF, 0), (2, Refused.FULL, 2)]
    assert [access.step for access in result.steps] == [OPEN, 0, 1, 2]
    assert result.steps[2].reads == {b"a": Read(ONE, (0,))}
    assert (result.receipts, result.totals) == ((1, 2), 2)
    assert result.state().values == {b"a": ONE, b"sx1": ONE}
    assert [access.touches for access in result.steps] == [()] * 4


def test_a_smaller_transaction_still_fits_where_a_larger_one_did_not() -> None:
    block = TinyBlock(programs=((("touch", b"x"),) * 3, (("touch", b"x"),)), limit=2)
    rejected: list[int] = []
    result = execute_block(TinyMachine(), block, TinyState({}), lambda index, _: rejected.append(index))
    assert (rejected, result.receipts) == ([0], (1,))


def test_only_rejections_are_left_out() -> None:
    class Broken(TinyMachine):
        def execute(self, block: TinyBlock, program: tuple[Operation, ...], view: Any) -> Any:
            raise ZeroDivisionError

    class Waiting(TinyMachine):
        def execute(self, block: TinyBlock, program: tuple[Operation, ...], view: Any) -> Any:
            raise Suspended

    for machine, error in ((Broken(), ZeroDivisionError), (Waiting(), Suspended)):
        with pytest.raises(error):
            execute_block(machine, TinyBlock(((),)), TinyState({}), leave_out=lambda index, rejection: None)


def test_no_machine_catches_a_suspension_by_accident() -> None:
    assert not issubclass(Suspended, Exception)


def test_a_rejection_says_its_message_and_its_detail() -> None:
    assert str(Rejection(Refused.FULL)) == "the block is full"
    assert str(Rejection(Refused.FULL, "2 of 1")) == "the block is full: 2 of 1"
    assert Rejection(Refused.FULL).transaction is None


@given(states, st.lists(programs, max_size=4), programs, programs)
def test_a_block_does_what_its_programs_do_one_after_another(
    before: dict[Key, bytes], blocks: list[list[Operation]], opening: list[Operation], closing: list[Operation]
) -> None:
    block = TinyBlock(tuple(map(tuple, blocks)), tuple(opening), tuple(closing))
    result = apply_block(TinyMachine(), block, TinyState(before))
    now = dict(before)
    seen = []
    for program in (opening, *blocks, closing):
        view = NaiveView(now)
        seen.append(tuple(run(program, view)))
        after = {key: view.values.get(key, view.without(key, now.get(key))) for key in KEYS}
        for key, amount in view.sums.items():
            after[key] = value(number(after[key]) + amount)
        now = {key: content for key, content in after.items() if content is not None}
    assert result.state().values == now
    assert [outcome.seen for outcome in result.outcomes] == seen[1:-1]


@given(states, st.lists(st.lists(operations | st.just(("reject",)), max_size=5), max_size=4))
def test_leaving_out_is_as_if_the_transaction_had_not_been_there(
    before: dict[Key, bytes], blocks: list[list[Operation]]
) -> None:
    left_out: list[int] = []
    result = execute_block(
        TinyMachine(), TinyBlock(tuple(map(tuple, blocks))), TinyState(before), lambda index, _: left_out.append(index)
    )
    rest = tuple(tuple(program) for index, program in enumerate(blocks) if index not in left_out)
    assert left_out == [index for index, program in enumerate(blocks) if ("reject",) in program]
    assert result == apply_block(TinyMachine(), TinyBlock(rest), result.before)
