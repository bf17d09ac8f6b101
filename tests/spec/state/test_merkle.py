"""The flat Merkle commitment against a second reading of its definition, and the shapes of RFC 6962."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.state.merkle import leaf_hash, merkle_root


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def by_definition(entries: dict[bytes, bytes]) -> bytes:
    """Bottom up: pairs of neighbours level by level, an odd one out going up as it is, is the tree of RFC 6962."""
    level = [sha256(b"\x00", len(key).to_bytes(4, "big"), key, entries[key]) for key in sorted(entries)]
    if not level:
        return sha256(b"\x02")
    while len(level) > 1:
        pairs = [sha256(b"\x01", *level[place : place + 2]) for place in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def shape(count: int) -> str:
    """The tree of so many leaves, as the RFC's MTH splits it: by the largest power of two below the count."""
    if count == 1:
        return "l"
    split = max(2**power for power in range(count.bit_length()) if 2**power < count)
    return f"({shape(split)}{shape(count - split)})"


def root_of_shape(shape: str, leaves: list[bytes]) -> bytes:
    stack: list[list[bytes]] = [[]]
    for letter in shape:
        if letter == "l":
            stack[-1].append(leaves.pop(0))
        elif letter == "(":
            stack.append([])
        else:
            left, right = stack.pop()
            stack[-1].append(sha256(b"\x01", left, right))
    return stack[0][0]


def numbered(count: int) -> dict[bytes, bytes]:
    return {number.to_bytes(2, "big"): b"value %d" % number for number in range(count)}


@given(st.dictionaries(st.binary(max_size=40), st.binary(max_size=40), max_size=20))
def test_root_is_what_the_definition_says(entries: dict[bytes, bytes]) -> None:
    assert merkle_root(entries) == by_definition(entries)


@pytest.mark.parametrize("count", [*range(70), 127, 128, 129, 1000])
def test_root_of_every_size(count: int) -> None:
    assert merkle_root(numbered(count)) == by_definition(numbered(count))


@pytest.mark.parametrize(
    ("count", "tree"),
    [
        (1, "l"),
        (2, "(ll)"),
        (3, "((ll)l)"),
        (4, "((ll)(ll))"),
        (5, "(((ll)(ll))l)"),
        (6, "(((ll)(ll))(ll))"),
        (7, "(((ll)(ll))((ll)l))"),
        (8, "(((ll)(ll))((ll)(ll)))"),
    ],
)
def test_shapes_of_rfc_6962(count: int, tree: str) -> None:
    assert shape(count) == tree
    entries = numbered(count)
    leaves = [leaf_hash(key, entries[key]) for key in sorted(entries)]
    assert merkle_root(entries) == root_of_shape(tree, leaves)


def test_nothing_has_a_root_of_its_own() -> None:
    assert merkle_root({}).hex() == "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986"
    assert merkle_root({}) not in (sha256(), merkle_root({b"": b""}), sha256(b"\x00"), sha256(b"\x01"))


def test_order_of_insertion_does_not_matter() -> None:
    entries = numbered(9)
    assert merkle_root(dict(reversed(entries.items()))) == merkle_root(entries)


def test_where_a_key_ends_matters() -> None:
    assert merkle_root({b"ab": b"c"}) != merkle_root({b"a": b"bc"})


def test_a_leaf_is_no_node() -> None:
    """What a node hashes is no leaf's preimage: their first bytes differ."""
    left, right = leaf_hash(b"1", b"x"), leaf_hash(b"2", b"y")
    assert merkle_root({b"1": b"x", b"2": b"y"}) == sha256(b"\x01", left, right) != leaf_hash(left, right)


@given(st.dictionaries(st.binary(max_size=3), st.binary(max_size=3), min_size=1, max_size=8), st.data())
def test_any_change_changes_the_root(entries: dict[bytes, bytes], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(entries)))
    less = {other: value for other, value in entries.items() if other != key}
    assert len({merkle_root(entries), merkle_root(less), merkle_root({**entries, key: entries[key] + b"\x00"})}) == 3
