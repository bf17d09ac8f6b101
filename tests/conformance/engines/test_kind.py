"""Which transactions of the specification's machines the estimator `last-run` takes for one kind."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.engines.optimized.machines import AnyFork, DeclaringToy
from samestate.spec.evm.signature import sign
from samestate.spec.evm.transaction import FeeMarketTransaction, LegacyTransaction, Transaction
from samestate.spec.toy.block import Transaction as ToyTransaction
from samestate.spec.toy.operations import Add, Noop

KEYS = (b"\x01" * 32, b"\x02" * 32)
TOKEN, OTHER = b"\x0a" * 20, b"\x0b" * 20
CALL = FeeMarketTransaction(
    chain_id=1,
    nonce=0,
    max_priority_fee_per_gas=1,
    max_fee_per_gas=9,
    gas_limit=10**6,
    to=TOKEN,
    value=0,
    data=b"send" + bytes(32),
)


def signed(transaction: Transaction, key: bytes = KEYS[0]) -> Transaction:
    return sign(transaction, key, 1)


def test_a_sender_calls_the_same_function_again() -> None:
    kind = AnyFork().kind
    first = kind(signed(CALL))
    assert kind(signed(replace(CALL, nonce=1, value=7, gas_limit=5, data=b"send" + b"\x01" * 64))) == first
    others = [
        signed(CALL, KEYS[1]),
        signed(replace(CALL, to=OTHER)),
        signed(replace(CALL, data=b"take" + bytes(32))),
        signed(LegacyTransaction(nonce=0, gas_price=9, gas_limit=10**6, to=None, value=0, data=CALL.data)),
    ]
    assert len({first, *map(kind, others)}) == 5


def test_a_transaction_that_nobody_signed_is_no_error() -> None:
    assert AnyFork().kind(CALL) == (b"", TOKEN, b"send")


def test_a_toy_sender_does_the_same_again() -> None:
    kind = DeclaringToy().kind
    one = ToyTransaction(OTHER, 0, 10**6, 1, (Add(1), Noop()))
    assert kind(one) == kind(replace(one, nonce=1, gas_limit=5))
    assert len({kind(one), kind(replace(one, sender=TOKEN)), kind(replace(one, operations=(Noop(),)))}) == 3
