"""The encoding of items: known answers, the official tests, and that each item has one form and one only."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from samestate.spec.evm.rlp import MAXIMUM_DEPTH, Item, MalformedRlp, decode, encode, integer, to_bytes, to_int, to_list
from tests.data import archive_members

items = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=6), max_leaves=40)

KNOWN = [
    (b"", "80"),
    (b"\x00", "00"),
    (b"\x7f", "7f"),
    (b"\x80", "8180"),
    (b"dog", "83646f67"),
    (bytes(55), "b7" + "00" * 55),
    (bytes(56), "b838" + "00" * 56),
    (bytes(256), "b90100" + "00" * 256),
    ([], "c0"),
    ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
    ([b"cat", [b"", b"\x04"]], "c783636174c28004"),
    ([b""] * 56, "f838" + "80" * 56),
]

MALFORMED = [
    ("", "at byte 0: an item must begin here, but the data is empty"),
    ("8100", "at byte 0: the single byte 0x00 must stand without a prefix"),
    ("817f", "at byte 0: the single byte 0x7f must stand without a prefix"),
    ("83aabb", "at byte 0: bytes must end by byte 3, but claim to end at byte 4"),
    ("c2aa", "at byte 0: the list must end by byte 2, but claims to end at byte 3"),
    ("c283aabbcc", "at byte 1: bytes must end by byte 3, but claim to end at byte 5"),
    ("c1c1", "at byte 1: the list must end by byte 2, but claims to end at byte 3"),
    ("b8", "at byte 0: a length of 1 bytes must follow, but the data ends at byte 1"),
    ("b801ff", "at byte 0: a length of 1 must be in the prefix itself"),
    ("f803010203", "at byte 0: a length of 3 must be in the prefix itself"),
    ("b90040" + "00" * 64, "at byte 1: a length must not begin with a zero byte"),
    ("ffffffffffffffffff00", "at byte 0: the list must end by byte 10, but claims to end at byte 18446744073709551624"),
    ("8000", "at byte 1: the item ends here, but 1 more bytes follow"),
    ("c0c0", "at byte 1: the item ends here, but 1 more bytes follow"),
]


@pytest.mark.parametrize(("item", "encoded"), KNOWN)
def test_known_answers(item: Item, encoded: str) -> None:
    assert encode(item).hex() == encoded
    assert decode(bytes.fromhex(encoded)) == item


@pytest.mark.parametrize(("encoded", "message"), MALFORMED)
def test_malformed_data_is_rejected_with_its_position(encoded: str, message: str) -> None:
    with pytest.raises(MalformedRlp, match=f"^{re.escape(message)}$"):
        decode(bytes.fromhex(encoded))


@given(items)
def test_decoding_gives_back_what_was_encoded(item: Item) -> None:
    assert decode(encode(item)) == item


@given(st.binary(max_size=200) | items.map(encode).flatmap(lambda data: st.permutations(data[:60]).map(bytes)))
@example(bytes.fromhex("f80180"))
def test_any_bytes_are_the_one_form_of_an_item_or_malformed(data: bytes) -> None:
    try:
        item = decode(data)
    except MalformedRlp:
        return
    assert encode(item) == data


def test_a_tuple_is_a_list() -> None:
    assert encode((b"cat", ())) == encode([b"cat", []])


def nested(depth: int) -> bytes:
    data = b"\xc0"
    for _ in range(depth - 1):
        length = integer(len(data))
        data = (bytes((0xC0 + len(data),)) if len(data) <= 55 else bytes((0xF7 + len(length),)) + length) + data
    return data


def test_lists_nest_up_to_a_limit() -> None:
    assert encode(decode(nested(MAXIMUM_DEPTH))) == nested(MAXIMUM_DEPTH)


@pytest.mark.parametrize("depth", [MAXIMUM_DEPTH + 1, 10_000])
def test_lists_nested_deeper_are_malformed(depth: int) -> None:
    with pytest.raises(MalformedRlp, match="lists must nest at most 128 deep"):
        decode(nested(depth))


def test_lists_nested_deeper_are_not_encoded() -> None:
    item: Item = b""
    for _ in range(10_000):
        item = [item]
    with pytest.raises(MalformedRlp, match="lists nest deeper than 128"):
        encode(item)


@given(st.integers(min_value=0, max_value=2**300))
def test_a_number_has_no_leading_zeros(number: int) -> None:
    assert integer(number)[:1] != b"\x00"
    assert to_int(integer(number), 38, "number") == number


def test_items_of_the_wrong_kind_are_named() -> None:
    with pytest.raises(MalformedRlp, match=r"^nonce: must not begin with a zero byte, but is 0x0001$"):
        to_int(b"\x00\x01", 8, "nonce")
    with pytest.raises(MalformedRlp, match=r"^nonce: must be at most 8 bytes, but is 9$"):
        to_int(bytes(9), 8, "nonce")
    with pytest.raises(MalformedRlp, match=r"^nonce: must be a number, but is a list of 1 items$"):
        to_int([b""], 8, "nonce")
    with pytest.raises(MalformedRlp, match=r"^address: must be 20 bytes, but is 19$"):
        to_bytes(bytes(19), "address", 20)
    with pytest.raises(MalformedRlp, match=r"^address: must be bytes, but is a list of 0 items$"):
        to_bytes([], "address")
    with pytest.raises(MalformedRlp, match=r"^header: must be a list, but is 2 bytes$"):
        to_list(b"ab", "header")
    with pytest.raises(MalformedRlp, match=r"^header: must be a list of 2 items, but has 1$"):
        to_list([b"ab"], "header", 2)


def from_json(value: object) -> Item:
    """An item as the official tests write it: numbers, bigger numbers after a '#', text, and lists."""
    if isinstance(value, list):
        return [from_json(element) for element in value]
    if isinstance(value, int):
        return integer(value)
    text = str(value)
    return integer(int(text[1:])) if text.startswith("#") else text.encode("latin-1")


@pytest.mark.fixtures
def test_official_tests() -> None:
    counted = 0
    for path, content in archive_members("ethereum-tests", "RLPTests/"):
        for name, case in json.loads(content).items():
            counted += 1
            where = f"{path}: {name}"
            data = bytes.fromhex(case["out"].removeprefix("0x"))
            if case["in"] == "INVALID":
                with pytest.raises(MalformedRlp):
                    decode(data)
            elif case["in"] == "VALID":
                assert encode(decode(data)) == data, where
            else:
                assert encode(from_json(case["in"])) == data, where
                assert decode(data) == from_json(case["in"]), where
    assert counted >= 50
