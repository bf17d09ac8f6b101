"""Rent: the minimum, and which ways of leaving an account either ruleset allows."""

from __future__ import annotations

import pytest

from samestate.spec.svm.account import Account
from samestate.spec.svm.rent import RentPrice, leaves_no_less, leaves_no_new_debt
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09

PRICE = RentPrice(6960)
MINIMUM = 890_880
OWNER = b"\x0e" * 32


def test_the_minimum_counts_128_bytes_beside_the_data() -> None:
    assert PRICE.minimum_balance(0) == MINIMUM == 128 * 6960
    assert RentPrice(5080).minimum_balance(80) == 208 * 5080


def holding(lamports: int, length: int = 0, owner: bytes = bytes(32)) -> Account:
    return Account(lamports, owner, False, bytes(length))


@pytest.mark.parametrize(
    ("before", "after", "july", "september"),
    [
        (holding(0), holding(0), True, True),
        (holding(0), holding(MINIMUM), True, True),
        (holding(0), holding(MINIMUM - 1), False, False),
        (holding(0), holding(1), False, False),
        (holding(MINIMUM), holding(MINIMUM - 1), False, False),
        (holding(MINIMUM), holding(0), True, True),
        (holding(MINIMUM), holding(MINIMUM, 1), False, False),
        (holding(MINIMUM + 6959), holding(MINIMUM + 6959, 1), False, False),
        (holding(MINIMUM + 6960), holding(MINIMUM + 6960, 1), True, True),
        # below the minimum before
        (holding(500), holding(500), True, True),
        (holding(1), holding(1), True, True),
        (holding(500), holding(499), True, False),
        (holding(500), holding(501), False, True),
        (holding(500), holding(0), True, True),
        (holding(500), holding(MINIMUM), True, True),
        (holding(500, 10), holding(500, 9), False, True),
        (holding(500, 10), holding(500, 11), False, False),
        (holding(500), holding(500, 0, OWNER), True, False),
        # exempt before, and not for its new owner
        (holding(MINIMUM), holding(MINIMUM - 1, 0, OWNER), False, False),
    ],
)
def test_how_an_account_may_be_left(before: Account, after: Account, july: bool, september: bool) -> None:
    assert leaves_no_new_debt(PRICE, before, after) is july
    assert leaves_no_less(PRICE, before, after) is september


def test_each_ruleset_has_its_own() -> None:
    assert MAINNET_2026_07.rent_rule is leaves_no_new_debt
    assert MAINNET_2026_09.rent_rule is leaves_no_less
