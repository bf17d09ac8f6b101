"""Fees: what a message pays, and who may pay it."""

from __future__ import annotations

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import ED25519, SECP256K1, SECP256R1, SYSTEM
from samestate.spec.svm.fee import TransactionFee, price_of_units, transaction_fee
from samestate.spec.svm.fee_payer import pay_fee
from samestate.spec.svm.nonce import Nonce, encode_nonce
from samestate.spec.svm.rent import RentPrice, RentRule, leaves_no_less, leaves_no_new_debt
from tests.spec.svm.execution import PAYER, Meta, Sent, message_of

OTHER = b"\x0e" * 32
MINIMUM = 890_880
MINIMUM_OF_NONCE = 208 * 6960
NONCE = encode_nonce(Nonce(OTHER, b"\x77" * 32, 5000))


def test_each_signature_pays_and_so_do_those_that_precompiles_say_they_have() -> None:
    assert transaction_fee(message_of(PAYER), 0, 5000) == TransactionFee(5000, 0)
    second = Sent(OTHER, b"\xff", (Meta(OTHER[:-1] + b"\x00", signs=True),))
    said = [Sent(program, bytes([count])) for program, count in ((ED25519, 1), (SECP256K1, 2), (SECP256R1, 255))]
    assert transaction_fee(message_of(PAYER, second, *said, Sent(ED25519, b"")), 7, 5000) == TransactionFee(
        260 * 5000, 7
    )
    assert transaction_fee(message_of(PAYER, second), 0, 1) == TransactionFee(2, 0)


@pytest.mark.parametrize(
    ("price", "units", "fee"),
    [(0, 1_400_000, 0), (1, 1, 1), (1, 1_000_000, 1), (1, 1_000_001, 2), (2**64 - 1, 1_400_000, 2**64 - 1)],
)
def test_the_priority_fee_is_rounded_up_and_fits(price: int, units: int, fee: int) -> None:
    assert price_of_units(price, units) == fee


def test_both_parts_together_fit() -> None:
    assert TransactionFee(5000, 2**64 - 1).total == 2**64 - 1


@pytest.mark.parametrize("rule", [leaves_no_new_debt, leaves_no_less])
@pytest.mark.parametrize(
    "payer",
    [
        Account(5000),
        Account(MINIMUM + 5000),
        Account(10**9, SYSTEM, True),
        Account(MINIMUM_OF_NONCE + 5000, SYSTEM, False, NONCE),
        Account(MINIMUM_OF_NONCE + 5000, SYSTEM, False, bytes(4) + NONCE[4:]),
    ],
)
def test_who_may_pay(payer: Account, rule: RentRule) -> None:
    paid = pay_fee(PAYER, payer, 5000, RentPrice(6960), rule)
    assert paid == Account(payer.lamports - 5000, payer.owner, payer.executable, payer.data)


@pytest.mark.parametrize(
    ("payer", "code"),
    [
        (None, "ACCOUNT_NOT_FOUND"),
        (Account(10**9, OTHER), "INVALID_ACCOUNT_FOR_FEE"),
        (Account(10**9, SYSTEM, False, b"\x00"), "INVALID_ACCOUNT_FOR_FEE"),
        (Account(10**9, SYSTEM, False, bytes(80)), "INVALID_ACCOUNT_FOR_FEE"),
        (Account(10**9, SYSTEM, False, NONCE + b"\x00"), "INVALID_ACCOUNT_FOR_FEE"),
        (Account(10**9, SYSTEM, False, NONCE[:79]), "INVALID_ACCOUNT_FOR_FEE"),
        (Account(10**9, SYSTEM, False, b"\x02" + NONCE[1:]), "INVALID_ACCOUNT_FOR_FEE"),
        (Account(4999), "INSUFFICIENT_FUNDS_FOR_FEE"),
        (Account(MINIMUM_OF_NONCE + 4999, SYSTEM, False, NONCE), "INSUFFICIENT_FUNDS_FOR_FEE"),
        (Account(MINIMUM_OF_NONCE - 1, SYSTEM, False, NONCE), "INSUFFICIENT_FUNDS_FOR_FEE"),
        (Account(MINIMUM + 4999), "INSUFFICIENT_FUNDS_FOR_RENT"),
    ],
)
def test_who_may_not(payer: Account | None, code: str) -> None:
    for rule in (leaves_no_new_debt, leaves_no_less):
        with pytest.raises(Rejection) as raised:
            pay_fee(PAYER, payer, 5000, RentPrice(6960), rule)
        assert raised.value.code.name == code


def test_a_payer_below_the_minimum_may_go_on_in_july_and_not_in_september() -> None:
    payer = Account(MINIMUM - 1)
    assert pay_fee(PAYER, payer, 5000, RentPrice(6960), leaves_no_new_debt) == Account(MINIMUM - 5001)
    with pytest.raises(Rejection, match="insufficient funds for rent: account 0"):
        pay_fee(PAYER, payer, 5000, RentPrice(6960), leaves_no_less)
