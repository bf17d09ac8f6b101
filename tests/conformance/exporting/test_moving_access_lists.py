"""Proposed access lists that move with their blocks: what was right becomes right, what was wrong stays as it was."""

from __future__ import annotations

import pytest

from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.moving_access_lists import moved_access_list
from samestate.spec.evm import rlp

A, B = b"\xaa" * 20, b"\xbb" * 20


def account(address: bytes, *slots: tuple[int, int], balance: int = 5) -> list[rlp.Item]:
    changes: list[rlp.Item] = [[rlp.integer(slot), [[rlp.integer(1), rlp.integer(value)]]] for slot, value in slots]
    return [address, changes, [], [[rlp.integer(1), rlp.integer(balance)]], [], []]


BEFORE = rlp.encode([account(A, (999, 1234)), account(B, (7, 8), balance=77)])
NOW = rlp.encode([account(A, (0, 5678)), account(B, (7, 8), balance=78)])


def test_the_right_list_becomes_the_right_list() -> None:
    assert moved_access_list(BEFORE, BEFORE, NOW) == NOW


def test_a_wrong_value_stays_wrong_and_all_else_becomes_right() -> None:
    proposed = rlp.encode([account(A, (999, 1234)), account(B, (7, 9), balance=77)])
    assert moved_access_list(proposed, BEFORE, NOW) == rlp.encode(
        [account(A, (0, 5678)), account(B, (7, 9), balance=78)]
    )


def test_an_account_too_many_stays() -> None:
    extra = account(b"\xcc" * 20, balance=77)
    proposed = rlp.encode([account(A, (999, 1234)), account(B, (7, 8), balance=77), extra])
    moved = moved_access_list(proposed, BEFORE, NOW)
    assert moved == rlp.encode([account(A, (0, 5678)), account(B, (7, 8), balance=78), extra])


def test_an_account_that_is_missing_stays_missing() -> None:
    assert moved_access_list(rlp.encode([account(A, (999, 1234))]), BEFORE, NOW) == rlp.encode([account(A, (0, 5678))])


def test_bytes_that_are_no_list_stay() -> None:
    assert moved_access_list(b"\xc2\x01", BEFORE, NOW) == b"\xc2\x01"


def test_a_value_that_would_become_two_is_refused() -> None:
    before = rlp.encode([account(A, (3, 5), balance=5)])
    now = rlp.encode([account(A, (3, 6), balance=5)])
    with pytest.raises(Inexpressible, match="its block access list would be wrong in another place"):
        moved_access_list(before, before, now)


def test_lists_of_other_accounts_are_refused() -> None:
    with pytest.raises(Inexpressible, match="its block access list would be wrong in another place"):
        moved_access_list(BEFORE, BEFORE, rlp.encode([account(A, (0, 5678))]))


def test_a_wrong_value_that_becomes_right_by_chance_is_refused() -> None:
    proposed = rlp.encode([account(A, (999, 5678)), account(B, (7, 8), balance=77)])
    with pytest.raises(Inexpressible, match="its block access list would be wrong in another place"):
        moved_access_list(proposed, BEFORE, NOW)
