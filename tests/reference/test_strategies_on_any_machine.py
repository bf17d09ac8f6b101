"""Every strategy gives what the state transition gives, on a machine that uses all of a view, under random schedules.

The machine's programs read, write, credit, wipe and undo as they like, on few keys, so nearly all of them conflict.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.reference import STRATEGIES, BlockProgram, Estimate
from samestate.reference.explorer import RandomTurns, run_once
from samestate.spec.machine import Key, Rejection, Value
from tests.reference.blocks import predictions_of
from tests.spec.test_view import programs, states
from tests.spec.tiny_machine import KEYS, Operation, Refused, TinyBlock, TinyMachine, TinyState, number

ONE = b"\x01"


class Rejecting(TinyMachine):
    """Refuses sums over a limit, and transactions that end in a question for storage, where key a holds 1."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def merge(self, key: Key, before: Value, amount: int) -> Value:
        if number(before) + amount > self.limit:
            raise Rejection(Refused.FULL)
        return super().merge(key, before, amount)

    def execute(self, block: TinyBlock, program: tuple[Operation, ...], view: Any) -> Any:
        outcome = super().execute(block, program, view)
        if program and program[-1][0] == "has storage" and view.get(b"a") == ONE:
            super().execute(block, (("reject",),), view)
        return outcome


blocks = st.builds(
    TinyBlock,
    programs=st.lists(programs, min_size=1, max_size=5).map(tuple),
    opening=programs,
    closing=programs,
    limit=st.sampled_from([1000, 1000, 1000, 8]),
)
"""Blocks of a few programs, most of which have room for all."""

keys = st.lists(st.sampled_from(KEYS), max_size=3).map(tuple)
wrong_lists = st.dictionaries(
    st.sampled_from(KEYS), st.lists(st.tuples(st.integers(-3, 7), st.sampled_from([None, ONE, b"\x09"])))
)


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(block=blocks, state=states, data=st.data(), seed=st.integers(0, 2**32))
def test_every_strategy_is_the_state_transition(
    strategy: str, block: TinyBlock, state: dict[Key, bytes], data: st.DataObject, seed: int
) -> None:
    """Whatever the estimates and the access list are, and whoever goes on at each point."""
    machine, before = Rejecting(data.draw(st.sampled_from([10**9, 10**9, 6, 2]))), TinyState(state)
    estimates = [data.draw(st.tuples(keys, keys)) for _ in block.programs]
    wrong = data.draw(st.just({}) | wrong_lists)
    program = BlockProgram(
        machine,
        block,
        before,
        strategy,
        workers=data.draw(st.integers(1, 4)),
        estimator=lambda block, index: Estimate(*estimates[index]),
        predictions={**predictions_of(machine, block, before), **wrong},
    )
    report = run_once(program, RandomTurns(seed), limit=20_000, keep_trace=True)
    assert report.violation is None, report.text(60)
