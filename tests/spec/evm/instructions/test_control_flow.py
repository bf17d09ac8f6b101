"""Jumps: only to a JUMPDEST that is an instruction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import InvalidJump, OutOfGas
from samestate.spec.evm.instructions import control_flow

Execute = Callable[..., Frame]
JUMPDEST_BEHIND_PUSH2_OF_TWO = bytes.fromhex("615b5b5b00")


def test_jump_goes_to_its_destination(execute: Execute) -> None:
    frame = execute(control_flow.jump, 3, code=JUMPDEST_BEHIND_PUSH2_OF_TWO)
    assert frame.program_counter == 3


@pytest.mark.parametrize("destination", [0, 1, 2, 4, 5, 2**64 + 3, 2**256 - 1])
def test_no_jump_to_another_place(execute: Execute, destination: int) -> None:
    with pytest.raises(InvalidJump):
        execute(control_flow.jump, destination, code=JUMPDEST_BEHIND_PUSH2_OF_TWO)
    with pytest.raises(InvalidJump):
        execute(control_flow.jump_if, destination, 1, code=JUMPDEST_BEHIND_PUSH2_OF_TWO)
    with pytest.raises(OutOfGas):
        execute(control_flow.jump, destination, code=JUMPDEST_BEHIND_PUSH2_OF_TWO, gas=7)


@pytest.mark.parametrize("condition", [1, 2, 2**255, 2**256 - 1])
def test_any_word_but_zero_is_true(execute: Execute, condition: int) -> None:
    frame = execute(control_flow.jump_if, 3, condition, code=JUMPDEST_BEHIND_PUSH2_OF_TWO)
    assert frame.program_counter == 3


def test_a_jump_not_taken_may_name_any_destination(execute: Execute) -> None:
    frame = execute(control_flow.jump_if, 1, 0, code=JUMPDEST_BEHIND_PUSH2_OF_TWO, place=4)
    assert frame.program_counter == 5


def test_stop_ends_the_frame_without_output(execute: Execute) -> None:
    frame = execute(control_flow.stop, gas=0)
    assert not frame.running
    assert frame.output == b""
    assert frame.halt is None


def test_gas_is_what_is_left_afterwards(execute: Execute) -> None:
    frame = execute(control_flow.gas_left, gas=10)
    assert frame.stack == [8]
    assert frame.gas_left == 8


def test_program_counter_is_of_the_instruction_itself(execute: Execute) -> None:
    frame = execute(control_flow.program_counter, place=7)
    assert frame.stack == [7]
    assert frame.program_counter == 8
