"""Locks: what header and lookups ask for, what is granted, and how many keys there may be."""

from __future__ import annotations

from typing import Any

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import CLOCK, LOADER_V3, RESERVED, SYSTEM
from samestate.spec.svm.locks import check_locks, requested_writable, resolve
from samestate.spec.svm.resolved import ResolvedMessage
from samestate.spec.svm.rulesets import MAINNET_2026_09
from tests.spec.svm.small import message_of

KEYS = [bytes([number]) * 32 for number in range(1, 201)]
PROGRAM = bytes([0xF0]) * 32


def flags(resolved: ResolvedMessage) -> str:
    """A letter for each key: w granted, d asked for and not granted, r not asked for."""
    return "".join(
        "rdw"[asked + given] for asked, given in zip(resolved.writable_requested, resolved.writable, strict=True)
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ((1, 0, 0), "wwwww"),
        ((1, 0, 4), "wrrrr"),
        ((2, 1, 1), "wrwwr"),
        ((3, 2, 2), "wrrrr"),
        ((5, 4, 0), "wrrrr"),
        ((5, 0, 0), "wwwww"),
        ((5, 1, 0), "wwwwr"),
    ],
)
def test_what_the_header_says(header: tuple[int, int, int], expected: str) -> None:
    assert flags(resolve(message_of(KEYS[:5], header=header), (), ())) == expected


def test_what_lookups_say() -> None:
    message = message_of(KEYS[:2], version=0)
    assert requested_writable(message, 2, 1) == (True, False, True, True, False)
    resolved = resolve(message, (KEYS[2], KEYS[3]), (KEYS[4],))
    assert resolved.keys == tuple(KEYS[:5])
    assert flags(resolved) == "wrwwr"
    assert [resolved.is_static(index) for index in range(5)] == [True, True, False, False, False]
    assert [resolved.is_signer(index) for index in range(5)] == [True, False, False, False, False]


def test_there_are_31_reserved_keys_and_none_is_granted() -> None:
    assert len(RESERVED) == 31
    for address in RESERVED:
        assert flags(resolve(message_of([KEYS[0], address], header=(1, 0, 0)), (), ())) == "wd"
    assert flags(resolve(message_of(KEYS[:1], header=(1, 0, 0), version=0), (CLOCK, KEYS[1]), ())) == "wdw"


def test_a_program_that_is_called_is_not_granted() -> None:
    called = message_of([KEYS[0], PROGRAM, KEYS[1]], [(1, (), b"")], header=(1, 0, 0))
    assert flags(resolve(called, (), ())) == "wdw"
    listed = message_of([KEYS[0], PROGRAM, KEYS[1]], [(2, (1,), b"")], header=(1, 0, 0))
    assert flags(resolve(listed, (), ())) == "wwd"


def test_unless_the_upgradeable_loader_is_there() -> None:
    keys = [KEYS[0], PROGRAM, LOADER_V3]
    assert flags(resolve(message_of(keys, [(1, (), b"")], header=(1, 0, 0)), (), ())) == "wwd"
    message = message_of(keys[:2], [(1, (), b"")], header=(1, 0, 0), version=0)
    assert flags(resolve(message, (), (LOADER_V3,))) == "wwr"


def code(*keys: bytes, loaded: Any = ()) -> str | None:
    try:
        check_locks(MAINNET_2026_09, resolve(message_of(keys, version=0), tuple(loaded), ()))
    except Rejection as rejection:
        return rejection.code.name
    return None


def test_how_many_keys() -> None:
    assert code(*KEYS[:64]) is None
    assert code(*KEYS[:65]) == "TOO_MANY_ACCOUNT_LOCKS"
    assert code(*KEYS[:32], loaded=KEYS[32:64]) is None
    assert code(*KEYS[:32], loaded=KEYS[32:65]) == "TOO_MANY_ACCOUNT_LOCKS"


def test_no_key_twice() -> None:
    assert code(KEYS[0], KEYS[1], KEYS[0]) == "ACCOUNT_LOADED_TWICE"
    assert code(KEYS[0], SYSTEM, loaded=[KEYS[1], KEYS[1]]) == "ACCOUNT_LOADED_TWICE"
    assert code(KEYS[0], SYSTEM, loaded=[KEYS[0]]) == "ACCOUNT_LOADED_TWICE"
    assert code(*KEYS[:64], KEYS[0]) == "TOO_MANY_ACCOUNT_LOCKS"


def test_who_may_be_written_to_by_address() -> None:
    resolved = resolve(message_of(KEYS[:3], header=(1, 0, 1)), (), ())
    assert resolved.locks_for_writing(KEYS[1])
    assert not resolved.locks_for_writing(KEYS[2])
    assert not resolved.locks_for_writing(KEYS[3])
