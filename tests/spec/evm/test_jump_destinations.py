"""Where a jump may land, and that remembering it is bounded in bytes, however long and many the codes are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.jump_destinations import JumpDestinations, Remembered


def places(code: bytes) -> set[int]:
    destinations = JumpDestinations(code)
    return {place for place in range(len(code) + 64) if place in destinations}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("615b5b5b00", {3}),
        ("5b605b5b", {0, 3}),
        ("7f" + "5b" * 33, {33}),
        ("7f5b5b", set()),
        ("5f5b", {1}),
        ("5b" * 17, set(range(17))),
        ("", set()),
    ],
)
def test_they_are_not_in_push_data(code: str, expected: set[int]) -> None:
    assert places(bytes.fromhex(code)) == expected


@given(st.lists(st.tuples(st.sampled_from((0x5B, 0x5F, 0x60, 0x61, 0x7F, 0x80)), st.binary(min_size=32, max_size=32))))
def test_of_code_that_was_put_together(parts: list[tuple[int, bytes]]) -> None:
    code, destinations = b"", set()
    for opcode, data in parts:
        if opcode == 0x5B:
            destinations.add(len(code))
        size = {0x60: 1, 0x61: 2, 0x7F: 32}.get(opcode, 0)
        code += bytes([opcode]) + data.replace(b"\x00", b"\x5b")[:size]
    assert places(code) == destinations


@pytest.mark.parametrize("place", [8, 9, 2**64, 2**256 - 1])
def test_there_is_none_behind_the_end(place: int) -> None:
    assert place not in JumpDestinations(b"\x5b" * 8)


def test_they_take_a_bit_for_each_byte_of_the_code() -> None:
    assert JumpDestinations(b"\x5b" * 8000).size == 1000


def test_what_is_remembered_is_bounded_in_bytes() -> None:
    remembered = Remembered(limit=10_000)
    for number in range(200):
        code = number.to_bytes(2) + b"\x5b" * 1000
        assert 1001 in remembered.of(code)
        assert remembered.size <= 10_000
    assert 999_999 in remembered.of(b"\x5b" * 1_000_000)
    assert remembered.size == 0


def test_the_code_that_was_last_asked_for_is_kept() -> None:
    remembered = Remembered(limit=1000)
    first, second, third = (bytes([number]) + b"\x5b" * 400 for number in (1, 2, 3))
    kept = remembered.of(first)
    remembered.of(second)
    assert remembered.of(first) is kept
    remembered.of(third)
    assert remembered.of(first) is kept
    assert remembered.size == 2 * (401 + 51)
