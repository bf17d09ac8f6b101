"""Fixtures read in their text: whatever is read is what JSON and its fields say, and nothing is read that says more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.conformance.fixtures.strict_json import parse_json
from samestate.optimized.evm.fixture_text import FixtureText, NotRead
from samestate.optimized.evm.world import World
from samestate.spec.evm.alloc import MalformedAlloc, bytes_in_hex, number_in_hex
from samestate.spec.evm.state import FlatState

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.text(max_size=12) | st.sampled_from(["0x", "0x0f"]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=30),
    max_leaves=40,
)
OBJECTS = st.dictionaries(st.text("abcdefgh01x", max_size=12), VALUES, max_size=60)


def read(text: bytes) -> FixtureText | None:
    try:
        return FixtureText(text)
    except NotRead:
        return None


def python(text: FixtureText, value: int = 0) -> Any:
    """A value as Python has it, put together from what the text says of it."""
    elements = text.elements(value)
    if elements is not None:
        return [python(text, element) for element in elements]
    if text.written(value)[:1] == b"{":
        return {name: python(text, member) for name, member in text.members(value)}
    return json.loads(text.written(value))


@given(OBJECTS, st.sampled_from([None, 0, 1, "\t"]))
def test_what_is_read_is_what_is_written(value: dict[str, Any], indent: Any) -> None:
    text = read(json.dumps(value, indent=indent).encode())
    if text is not None:
        assert python(text) == value
        for name, content in value.items():
            member = text.find(0, name.encode())
            assert python(text, member) == content if member else content is None


@given(st.binary(max_size=40), st.integers(0, 200), OBJECTS)
def test_what_is_no_json_is_not_read(noise: bytes, place: int, value: dict[str, Any]) -> None:
    whole = json.dumps(value).encode()
    content = whole[:place] + noise + whole[place:]
    text = read(content)
    if text is not None:
        assert python(text) == parse_json(content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "c": 2, "b": 3}}',
        b"{" + b",".join(b'"%d": 1' % (number % 99) for number in range(100)) + b"}",
        b'{"a": 01}',
        b'{"a": 1.5}',
        b'{"a": 1e5}',
        b'{"a": -}',
        b'{"a": NaN}',
        b'{"a": "\x01"}',
        b'{"a": "\\x41"}',
        b'{"a": "\\u12g4"}',
        b'{"a": "\xc3\xa4"}',
        b'{"a": 1,}',
        b'{"a": [1,]}',
        b'{"a" 1}',
        b'{"a": 1} 2',
        b'{"a": tru}',
        b'{"\\u0061": 1}',
        b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}",
        b"[]",
        b"",
        b"{",
        b'{"a": "',
        b'{"a": "\\',
    ],
)
def test_what_is_unusual_is_left_to_others(content: bytes) -> None:
    with pytest.raises(NotRead):
        FixtureText(content)


def test_null_is_no_member() -> None:
    text = FixtureText(b'{"a": null, "b": 1}')
    assert text.find(0, b"a") == 0
    assert text.find(0, b"b") != 0
    assert [name for name, _ in text.members()] == ["a", "b"]


def test_a_number_that_stands_for_no_value_is_refused() -> None:
    with pytest.raises(IndexError, match="there is no value 9"):
        FixtureText(b"{}").raw(9)


@given(st.text("0123456789abcdefABCDEFxg_ +-", max_size=70).map(lambda digits: f"0x{digits}") | st.text(max_size=8))
def test_numbers_and_bytes_are_those_that_fixtures_write(written: str) -> None:
    text = read(json.dumps({"a": written}).encode())
    if text is None:
        return
    value = text.find(0, b"a")
    number = number_in_hex(written)
    assert text.number(value) == (number if number is not None and number < 2**256 else None)
    assert text.data(value) == bytes_in_hex(written)


HEX = st.integers(0, 2**256 - 1).map(hex) | st.sampled_from(["0x0", "0x00", "0x01", "0x1", "0X1", "1", "0x", "0xg"])
ACCOUNTS = st.fixed_dictionaries(
    {},
    optional={
        "nonce": st.sampled_from(["0x0", "0x01", "0xffffffffffffffff", "0x10000000000000000", 7]),
        "balance": HEX,
        "code": st.sampled_from(["0x", "0x00", "0x5b600056", "0x5", "5b"]),
        "storage": st.dictionaries(HEX, HEX, max_size=5),
        "storages": st.just({}),
    },
)
ADDRESSES = st.integers(0, 5).map(lambda number: f"0x{number:040x}") | st.sampled_from(
    ["0x" + "aB" * 20, "0x" + "Ab" * 20, "0x01"]
)


@given(st.dictionaries(ADDRESSES, ACCOUNTS, max_size=6))
def test_states_are_those_that_fixtures_write(alloc: dict[str, Any]) -> None:
    text = FixtureText(json.dumps({"pre": alloc}).encode())
    world = World()
    is_read = text.put_state(text.find(0, b"pre"), world)
    try:
        state = FlatState.from_alloc(alloc)
    except MalformedAlloc:
        assert not is_read
        return
    if is_read:
        assert world.root() == state.root()
    else:  # numbers that are no strings are left to others
        assert any(isinstance(account.get("nonce"), int) for account in alloc.values())
