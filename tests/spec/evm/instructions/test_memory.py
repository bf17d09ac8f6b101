"""Memory: what is read is what was written, and what it costs to make memory larger."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import OutOfGas
from samestate.spec.evm.instructions import memory, memory_copy

Execute = Callable[..., Frame]
Result = Callable[..., int]
WORDS = st.integers(0, 2**256 - 1)
FILLED = bytes(range(96))


@given(st.integers(0, 200), WORDS, st.integers(0, 3))
def test_a_word_is_read_back_where_it_was_written(
    execute: Execute, result: Result, offset: int, word: int, words: int
) -> None:
    before = FILLED[: 32 * words]
    after = execute(memory.memory_store, offset, word, memory=before).memory
    assert len(after) % 32 == 0
    assert len(after) == max(len(before), -(-(offset + 32) // 32) * 32)
    assert result(memory.memory_load, offset, memory=after) == word
    untouched = before.ljust(len(after), b"\x00")
    assert after[:offset] + after[offset + 32 :] == untouched[:offset] + untouched[offset + 32 :]


@given(st.integers(0, 200), WORDS)
def test_a_byte_is_the_lowest_of_its_word(execute: Execute, offset: int, word: int) -> None:
    after = execute(memory.memory_store_byte, offset, word, memory=FILLED).memory
    expected = bytearray(FILLED.ljust(len(after), b"\x00"))
    expected[offset] = word.to_bytes(32, "big")[-1]
    assert after == expected


def test_reading_makes_memory_larger(execute: Execute) -> None:
    frame = execute(memory.memory_load, 1)
    assert frame.stack == [0]
    assert frame.memory == bytes(64)
    assert execute(memory.memory_size, memory=bytes(64)).stack == [64]


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (32, 3),
        (33, 6),
        (64, 6),
        (704, 66),
        (736, 70),
        (1024, 98),
        (23168, 3195),
        (23169, 3201),
        (32 * 32768, 98304 + 2**21),
    ],
)
def test_price_of_memory(price: Result, reach: int, expected: int) -> None:
    """3 a word, and the square of the words over 512, rounded down."""
    assert price(memory.memory_load, reach - 32) == 3 + expected
    assert price(memory.memory_store, reach - 32, 1) == 3 + expected
    assert price(memory.memory_store_byte, reach - 1, 1) == 3 + expected


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=8))
def test_price_does_not_depend_on_the_steps_it_grows_in(reaches: list[int]) -> None:
    paid, reached = 0, 0
    for reach in reaches:
        if reach > reached:
            paid += gas.memory_total(reach) - gas.memory_total(reached)
            reached = reach
    assert paid == gas.memory_total(max(reaches))


@pytest.mark.parametrize("offset", [2**40, 2**64 - 1, 2**64, 2**256 - 32, 2**256 - 1])
def test_far_offsets_run_out_of_gas_and_take_nothing(execute: Execute, offset: int) -> None:
    for instruction, operands in (
        (memory.memory_load, (offset,)),
        (memory.memory_store, (offset, 0)),
        (memory.memory_store_byte, (offset, 0)),
        (memory_copy, (offset, 0, 1)),
        (memory_copy, (0, offset, 1)),
    ):
        with pytest.raises(OutOfGas) as caught:
            execute(instruction, *operands)
        assert caught.value.frame.memory == b""  # type: ignore[attr-defined]


@given(st.integers(0, 130), st.integers(0, 130), st.integers(0, 130), st.integers(0, 3))
def test_copy_as_if_by_way_of_a_buffer(execute: Execute, destination: int, source: int, size: int, words: int) -> None:
    before = FILLED[: 32 * words]
    after = execute(memory_copy, destination, source, size, memory=before).memory
    reach = max(len(before), -(-(max(destination, source) + size) // 32) * 32 if size else 0)
    expected = list(before.ljust(reach, b"\x00"))
    buffer = [expected[source + index] for index in range(size)]
    for index, copied in enumerate(buffer):
        expected[destination + index] = copied
    assert after == bytes(expected)


@pytest.mark.parametrize(
    ("destination", "source", "size", "before", "after"),
    [
        (0, 32, 32, bytes(32) + FILLED[:32], FILLED[:32] * 2),
        (0, 0, 32, b"\x01" * 32, b"\x01" * 32),
        (0, 1, 8, FILLED[:9] + bytes(23), FILLED[1:9] + FILLED[8:9] + bytes(23)),
        (1, 0, 8, FILLED[1:9] + bytes(24), FILLED[1:2] + FILLED[1:9] + bytes(23)),
    ],
)
def test_copies_as_the_eip_lists_them(
    execute: Execute, destination: int, source: int, size: int, before: bytes, after: bytes
) -> None:
    frame = execute(memory_copy, destination, source, size, memory=before, gas=6)
    assert frame.memory == after
    assert frame.gas_left == 0


def test_copy_of_nothing_reaches_nowhere(execute: Execute) -> None:
    frame = execute(memory_copy, 2**256 - 1, 2**256 - 1, 0, gas=3)
    assert frame.memory == b""
    assert frame.gas_left == 0


def test_copy_pays_for_both_ranges_once(price: Result) -> None:
    assert price(memory_copy, 0, 64, 32) == 3 + 3 + 9
    assert price(memory_copy, 64, 0, 32) == 3 + 3 + 9
    assert price(memory_copy, 0, 64, 32, memory=bytes(96)) == 3 + 3
