"""PUSH, DUP, SWAP, POP: what is where afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.frame import Frame
from samestate.spec.evm.instructions import SIMPLE_INSTRUCTIONS, push0, stack

Execute = Callable[..., Frame]
CODE = bytes(range(0x10, 0x40))


@given(st.integers(1, 32), st.integers(0, 47))
def test_push_reads_on_past_the_end_of_code_as_zeros(execute: Execute, size: int, place: int) -> None:
    frame = execute(stack.push(size), code=CODE, place=place)
    data = (CODE + bytes(33))[place + 1 : place + 1 + size]
    assert frame.stack == [int(data.hex(), 16)]
    assert frame.program_counter == place + 1 + size


def test_push_zero_has_no_data(execute: Execute) -> None:
    frame = execute(push0, code=CODE)
    assert frame.stack == [0]
    assert frame.program_counter == 1


@pytest.mark.parametrize("depth", range(1, 17))
def test_duplicate(execute: Execute, depth: int) -> None:
    items = list(range(101, 101 + depth))
    assert execute(stack.duplicate(depth), *items).stack[::-1] == [items[-1], *items]


@pytest.mark.parametrize("depth", range(1, 17))
def test_swap(execute: Execute, depth: int) -> None:
    first, *between, last = range(101, 102 + depth)
    assert execute(stack.swap(depth), first, *between, last).stack[::-1] == [last, *between, first]


def test_pop(execute: Execute) -> None:
    assert execute(stack.pop, 1, 2).stack == [2]


def test_opcodes_follow_size_and_depth() -> None:
    assert [SIMPLE_INSTRUCTIONS[0x60 + index].mnemonic for index in (0, 31)] == ["PUSH1", "PUSH32"]
    assert [SIMPLE_INSTRUCTIONS[0x80 + index].mnemonic for index in (0, 15)] == ["DUP1", "DUP16"]
    assert [SIMPLE_INSTRUCTIONS[0x90 + index].mnemonic for index in (0, 15)] == ["SWAP1", "SWAP16"]
