"""Roots against a recomputation by the definition."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.toy import merkle_root, state_root


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def tree(leaves: Sequence[bytes]) -> bytes:
    """As RFC 6962: split at the largest power of two below the number of leaves."""
    if not leaves:
        return sha256(b"\x02")
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01", tree(leaves[:split]), tree(leaves[split:]))


def by_definition(state: Mapping[bytes, bytes]) -> bytes:
    return tree([sha256(b"\x00", len(key).to_bytes(4, "big"), key, state[key]) for key in sorted(state)])


@pytest.mark.parametrize("leaves", [*range(20), 31, 32, 33, 63, 64, 65, 1000])
def test_every_shape(leaves: int) -> None:
    state = {
        sha256(bytes([7]), leaf.to_bytes(4, "big"))[: leaf % 40 + 1]: bytes([leaf % 255 + 1]) for leaf in range(leaves)
    }
    assert merkle_root(state) == by_definition(state)


@given(st.dictionaries(st.binary(max_size=80), st.binary(min_size=1, max_size=200)))
def test_any_state(state: dict[bytes, bytes]) -> None:
    assert merkle_root(state) == by_definition(state)


@given(
    st.dictionaries(st.binary(max_size=3), st.binary(min_size=1, max_size=3)),
    st.dictionaries(st.binary(max_size=3), st.none() | st.binary(min_size=1, max_size=3)),
)
def test_changes_replace_and_remove(base: dict[bytes, bytes], changes: dict[bytes, bytes | None]) -> None:
    after = {key: value for key, value in {**base, **changes}.items() if value is not None}
    assert state_root(base, changes) == by_definition(after)
    assert state_root(dict.fromkeys(changes), base) == by_definition(base)
