"""Of several faults of a transaction the compiled EVM tells the one that the specification tells, on every fork."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from samestate.conformance.engines.protocol import InProcess
from samestate.conformance.engines.registry import find_engine
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, BPO2, CANCUN, LONDON, OSAKA, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import address_of, sign, sign_authorization
from samestate.spec.evm.state import Account, FlatState
from samestate.spec.evm.transaction import (
    AccessListTransaction,
    Authorization,
    BlobTransaction,
    FeeMarketTransaction,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
)
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

KEY = b"\x07" * 32
SENDER = address_of(KEY)
SHOP = b"\x22" * 20
BASE_FEE = 10
RICHES = 10**24
BLOB = b"\x01" + bytes(31)
AUTHORIZATION = sign_authorization(Authorization(chain_id=1, address=SHOP, nonce=0), b"\x09" * 32)
FORKS = (BERLIN, LONDON, PARIS, SHANGHAI, CANCUN, PRAGUE, OSAKA, BPO2, AMSTERDAM)
TRIES = 200
"""For each fork; about half of these break two rules or three."""

FIELDS: dict[str, Any] = {
    "chain_id": 1,
    "nonce": 0,
    "gas_limit": 1_000_000,
    "to": SHOP,
    "value": 0,
    "data": b"",
    "gas_price": BASE_FEE,
    "max_fee_per_gas": BASE_FEE,
    "max_priority_fee_per_gas": 0,
    "access_list": (),
    "max_fee_per_blob_gas": 1,
    "blob_versioned_hashes": (BLOB,),
    "authorizations": (AUTHORIZATION,),
}
FAULTS: dict[str, dict[str, Any]] = {
    "of another chain": {"chain_id": 2},
    "unsigned": {},
    "last nonce": {"nonce": 2**64 - 1},
    "nonce too high": {"nonce": 5},
    "price beyond all balances": {"gas_limit": 2**63 - 1, "gas_price": 2**250, "max_fee_per_gas": 2**250},
    "price below the base fee": {"gas_price": BASE_FEE - 1, "max_fee_per_gas": BASE_FEE - 1},
    "tip over the price": {"max_priority_fee_per_gas": 10**9},
    "hardly any gas": {"gas_limit": 11_999},
    "no gas for the floor": {"gas_limit": 70_000, "data": b"\xff" * 1_000},
    "more gas than a block has": {"gas_limit": 2**34},
    "more gas than a transaction may have": {"gas_limit": 20_000_000},
    "more gas than both kinds may be": {"gas_limit": 2**32},
    "large initialization code": {"to": None, "data": bytes(49_153), "gas_limit": 4_000_000},
    "larger initialization code": {"to": None, "data": bytes(131_073), "gas_limit": 14_000_000},
    "no recipient": {"to": None},
    "no blobs": {"blob_versioned_hashes": ()},
    "seven blobs": {"blob_versioned_hashes": (BLOB,) * 7},
    "22 blobs": {"blob_versioned_hashes": (BLOB,) * 22},
    "blob of another version": {"blob_versioned_hashes": (BLOB, b"\x02" + bytes(31))},
    "blob price too low": {"max_fee_per_blob_gas": 0},
    "blob price beyond all means": {"max_fee_per_blob_gas": 10**40},
    "no authorizations": {"authorizations": ()},
    "value beyond all means": {"value": 10**30},
    "data over the cap": {"data": b"\xff" * 1_100_000, "gas_limit": 25_000_000},
    "floor over the cap": {"data": bytes(300_000), "gas_limit": 25_000_000},
}
SENDERS = {
    "plain": Account(balance=RICHES),
    "a contract": Account(balance=RICHES, code=b"\x00"),
    "delegated": Account(balance=RICHES, code=b"\xef\x01\x00" + SHOP),
    "used before": Account(balance=RICHES, nonce=3),
    "poor": Account(balance=1),
}
TYPES = (LegacyTransaction, AccessListTransaction, FeeMarketTransaction, BlobTransaction, SetCodeTransaction)


@pytest.fixture(scope="module")
def engine() -> Iterator[InProcess]:
    made = find_engine("optimized:sequential", workers=1)
    assert isinstance(made, InProcess)
    yield made
    made.close()


def broken(kind: type[Transaction], faults: tuple[str, ...]) -> Transaction:
    """A transaction of a type that breaks all these rules, as far as they bind its type."""
    values = dict(FIELDS)
    for fault in faults:
        values.update(FAULTS[fault])
    own = {field.name: values[field.name] for field in fields(kind) if field.name in values}
    chain_id = values["chain_id"] if kind is LegacyTransaction else None
    transaction = sign(kind(**own), KEY, chain_id)
    return replace(transaction, s=0) if "unsigned" in faults else transaction


def verdict(apply: Any, fork: Fork, transaction: Transaction, sender: Account, gas_limit: int, excess: int) -> str:
    """The name of the code that the transaction is rejected with, or nothing."""
    environment = Environment(
        chain_id=1,
        number=1,
        timestamp=1,
        coinbase=b"\x33" * 20,
        gas_limit=gas_limit,
        base_fee_per_gas=0 if fork is BERLIN else BASE_FEE,
        excess_blob_gas=excess if fork.blob_schedule else 0,
    )
    state = FlatState({SENDER: sender, SHOP: Account(nonce=1)}, {})
    try:
        apply(Evm(fork), Payload(environment, (transaction,), is_bare=True), state)
    except Rejection as rejection:
        return rejection.code.name
    return ""


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_of_several_faults_the_same_is_told(fork: Fork, engine: InProcess) -> None:
    chance = random.Random(fork.name)
    told: set[str] = set()
    for _ in range(TRIES):
        kind = chance.choice(TYPES)
        faults = tuple(sorted(chance.sample(sorted(FAULTS), chance.randint(0, 3))))
        sender = chance.choice(sorted(SENDERS))
        gas_limit, excess = chance.choice((30_000_000, 2**33)), chance.choice((0, 10**8))
        transaction = broken(kind, faults)
        expected = verdict(apply_block, fork, transaction, SENDERS[sender], gas_limit, excess)
        told.add(expected)
        given = verdict(engine.apply, fork, transaction, SENDERS[sender], gas_limit, excess)
        assert given == expected, f"{kind.__name__} that is {', '.join(faults) or 'right'}; the sender is {sender}"
    assert len(told) > 10, told
