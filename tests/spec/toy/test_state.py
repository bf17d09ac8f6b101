"""The toy's state: never changed in place, nothing absent in it, its root by the definition."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.state import ToyState, toy_state
from tests.spec.toy.helpers import ALICE, BOB

changes = st.dictionaries(st.sampled_from([slot_key(0), slot_key(1), balance_key(ALICE)]), st.none() | st.just(b"\x01"))


def test_zeros_are_not_in_it() -> None:
    assert toy_state({ALICE: 0}, {ALICE: 0}, {1: 0}).values == {}
    assert toy_state({ALICE: 256}, {BOB: 1}, {2: 3}).values == {
        balance_key(ALICE): b"\x01\x00",
        nonce_key(BOB): b"\x01",
        slot_key(2): b"\x03",
    }


def test_what_it_does_not_hold_is_absent() -> None:
    assert toy_state().get(slot_key(1)) is None
    assert not toy_state(slots={1: 1}).has_storage(ALICE)


@given(changes, changes)
def test_applying_makes_another_state(first: dict[bytes, bytes | None], second: dict[bytes, bytes | None]) -> None:
    before = ToyState({}).apply(first, ())
    kept = dict(before.values)
    after = before.apply(second, ())
    assert before.values == kept
    for key in {*first, *second}:
        assert after.get(key) == second.get(key, first.get(key))
    assert None not in after.values.values()


def test_root() -> None:
    def sha256(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    state = toy_state({ALICE: 5}, {ALICE: 1}, {7: 9})
    leaves = [
        sha256(b"\x00\x00\x00\x00\x15\x01", ALICE, b"\x05"),
        sha256(b"\x00\x00\x00\x00\x15\x02", ALICE, b"\x01"),
        sha256(b"\x00\x00\x00\x00\x21\x03", bytes(31), b"\x07", b"\x09"),
    ]
    assert state.root() == sha256(b"\x01", sha256(b"\x01", *leaves[:2]), leaves[2])
    assert toy_state().root() == sha256(b"\x02")
