"""State gas as one idea: whatever frames do and however they end, no gas is made and none is lost (EIP-8037)."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from samestate.spec.evm.frame import Message, TransactionContext
from samestate.spec.evm.halts import OutOfGas, Reverted
from samestate.spec.evm.interpreter import fail
from samestate.spec.evm.state_gas import NEW_ACCOUNT, NEW_SLOT, StateGasFrame, metered

CONTEXT = cast(TransactionContext, SimpleNamespace(world=None, substate=None))
AMOUNTS = st.integers(0, 60)
ENDINGS = ("success", "revert", "halt")


def message(gas: int) -> Message:
    return Message(
        caller=bytes(20), target=bytes(20), code_address=bytes(20), code=b"", data=b"", value=0, gas=gas, depth=0
    )


def new_frame(gas: int, reservoir: int) -> StateGasFrame:
    return StateGasFrame(CONTEXT, message(gas), reservoir)


@dataclass
class Call:
    """What a frame does: pay execution gas, pay for state, take some of that back, call; and how it ends."""

    steps: list[tuple[str, Any]]
    ending: str
    gas: int = 0
    grant: int = 0


calls = st.recursive(
    st.builds(
        Call,
        st.lists(st.tuples(st.sampled_from(["execution", "state", "credit"]), AMOUNTS), max_size=6),
        st.sampled_from(ENDINGS),
        AMOUNTS,
        st.sampled_from([0, 0, 7]),
    ),
    lambda inner: st.builds(
        Call,
        st.lists(
            st.one_of(
                st.tuples(st.sampled_from(["execution", "state", "credit"]), AMOUNTS),
                st.tuples(st.just("call"), inner),
            ),
            max_size=6,
        ),
        st.sampled_from(ENDINGS),
        AMOUNTS,
        st.sampled_from([0, 0, 7]),
    ),
    max_leaves=12,
)


@dataclass
class Books:
    """Kept apart from the frames: the execution gas that was used, and for each open frame the state gas."""

    execution: int = 0
    state: list[int] = field(default_factory=lambda: [0])


def check(frame: StateGasFrame, outer: int, given: int, books: Books) -> None:
    """Nothing of what was given is lost; ``outer`` is what the frames around this one hold."""
    assert frame.gas_left >= 0 and frame.reservoir >= 0 and frame.spilled >= 0
    held = outer + frame.gas_left + frame.reservoir
    assert held + books.execution + sum(books.state) == given


def run(frame: StateGasFrame, call: Call, outer: int, given: int, books: Books) -> None:
    """Do what ``call`` says, and keep the books beside it. What was ``given`` leaves out what the frame has kept."""
    entry, kept = frame.reservoir, frame.state_gas_used
    try:
        for kind, what in call.steps:
            if kind == "execution":
                frame.charge(what)
                books.execution += what
            elif kind == "state":
                frame.charge_state(what)
                books.state[-1] += what
            elif kind == "credit":
                # only what was paid for, by whichever of the frames that still stand
                amount = min(what, max(0, sum(books.state)))
                frame.credit_state(amount)
                books.state[-1] -= amount
            else:
                begin(frame, what, outer, given, books)
            check(frame, outer, given, books)
            assert frame.state_gas_used == kept + books.state[-1]
    except OutOfGas:
        event("out of gas")
        end(frame, "halt", books)
    else:
        end(frame, call.ending, books)
    check(frame, outer, given, books)
    if frame.halt is not None:
        assert (frame.reservoir, frame.spilled, frame.state_gas_used) == (entry, 0, kept)


def end(frame: StateGasFrame, ending: str, books: Books) -> None:
    if ending == "success":
        return
    books.state[-1] = 0
    if ending == "revert":
        frame.give_back()
        frame.halt = Reverted()
    else:
        frame.give_back()
        books.execution += frame.gas_left
        fail(frame, OutOfGas())


def begin(frame: StateGasFrame, call: Call, outer: int, given: int, books: Books) -> None:
    """A call from ``frame``, for which an account may be paid that is not there if it fails."""
    frame.charge_state(call.grant)
    frame.grant = call.grant
    books.state[-1] += call.grant
    gas = min(call.gas, frame.gas_left)
    frame.charge(gas)
    child = metered(frame.child(message(gas)))
    assert frame.reservoir == 0
    books.state.append(0)
    run(child, call, outer + frame.gas_left, given, books)
    frame.take_back(child)
    books.state[-2:] = [books.state[-2] + books.state[-1]]
    if child.halt is None:
        assert 0 in (frame.reservoir, frame.spilled)
    else:
        books.state[-1] -= call.grant


@given(calls, st.integers(0, 300), st.integers(0, 200))
def test_no_gas_is_made_and_none_is_lost(call: Call, gas: int, reservoir: int) -> None:
    frame = new_frame(gas, reservoir)
    books = Books()
    run(frame, call, 0, gas + reservoir, books)
    if frame.halt is not None:
        assert frame.reservoir == reservoir
        event("fails")


@given(st.lists(st.tuples(st.booleans(), AMOUNTS), max_size=5), calls, st.integers(0, 300), st.integers(0, 200))
def test_what_is_kept_outlasts_a_failure_of_the_code(
    before: list[tuple[bool, int]], call: Call, gas: int, reservoir: int
) -> None:
    """Delegations come first, and stay paid whatever the code does; a failure before the code takes them back too."""
    frame = new_frame(gas, reservoir)
    try:
        for is_state, amount in before:
            (frame.charge_state if is_state else frame.charge)(amount)
    except OutOfGas:
        event("fails before the code")
        paid = gas + reservoir - frame.gas_left - frame.reservoir - frame.state_gas_used
        frame.give_back_all()
        assert (frame.gas_left, frame.reservoir, frame.state_gas_used) == (gas - paid, reservoir, 0)
        return
    frame.keep()
    kept = frame.state_gas_used
    run(frame, call, 0, frame.gas_left + frame.reservoir, Books())
    if frame.halt is not None:
        assert frame.state_gas_used == kept
        frame.give_back_all()
        assert (frame.reservoir, frame.state_gas_used) == (reservoir, 0)


def test_the_reservoir_comes_first_and_then_the_gas_that_is_left() -> None:
    frame = new_frame(100, 30)
    frame.charge_state(20)
    assert (frame.gas_left, frame.reservoir, frame.spilled) == (100, 10, 0)
    frame.charge_state(25)
    assert (frame.gas_left, frame.reservoir, frame.spilled) == (85, 0, 15)
    with pytest.raises(OutOfGas):
        frame.charge_state(86)
    assert (frame.gas_left, frame.reservoir, frame.spilled) == (85, 0, 15)
    frame.charge_state(85)
    assert (frame.gas_left, frame.spilled) == (0, 100)


def test_what_was_spilled_last_comes_back_first() -> None:
    frame = new_frame(100, 30)
    frame.charge_state(50)
    frame.credit_state(35)
    assert (frame.gas_left, frame.reservoir, frame.spilled) == (100, 15, 0)
    assert frame.state_gas_used == 15


def test_a_child_takes_the_whole_reservoir_and_a_success_repays_what_was_spilled_before() -> None:
    frame = new_frame(100, 0)
    frame.charge_state(40)
    child = metered(frame.child(message(0)))
    child.credit_state(30)
    assert (child.gas_left, child.reservoir, child.state_gas_used) == (0, 30, -30)
    frame.take_back(child)
    assert (frame.gas_left, frame.reservoir, frame.spilled, frame.state_gas_used) == (90, 0, 10, 10)


def test_prices_by_the_byte() -> None:
    assert (NEW_SLOT, NEW_ACCOUNT) == (97_920, 183_600)
