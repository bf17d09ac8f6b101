"""Which transactions may be in a block: each rule on both sides of its boundary, with the whole message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samestate.spec.evm import intrinsic
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import (
    AMSTERDAM,
    BERLIN,
    BPO1,
    BPO2,
    CANCUN,
    FORKS,
    LONDON,
    OSAKA,
    PARIS,
    PRAGUE,
    SHANGHAI,
)
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import sign, sign_authorization
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
from samestate.spec.evm.validity import effective_gas_price, intrinsic_gas
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block, execute_block
from tests.spec.evm.chains import CHAIN_ID, ETHER, KEY, MINER, RICH, SHOP, transfer

BASE_FEE = 10
GAS_LIMIT = 30_000_000
BLOB_HASH = b"\x01" + bytes(31)
DELEGATION = b"\xef\x01\x00" + SHOP

COMMON: dict[str, Any] = {"nonce": 0, "gas_limit": 100_000, "to": SHOP, "value": 0, "data": b""}
FEES: dict[str, Any] = {**COMMON, "chain_id": 1, "max_fee_per_gas": 20, "max_priority_fee_per_gas": 1}
BLOB: dict[str, Any] = {**FEES, "max_fee_per_blob_gas": 1, "blob_versioned_hashes": (BLOB_HASH,)}
AUTHORIZATION = sign_authorization(Authorization(chain_id=1, address=SHOP, nonce=0), b"\x09" * 32)
SET_CODE: dict[str, Any] = {**FEES, "authorizations": (AUTHORIZATION,)}


def legacy(**changes: Any) -> Transaction:
    return sign(LegacyTransaction(**{**COMMON, "gas_price": 20, **changes}), KEY, 1)


def with_list(**changes: Any) -> Transaction:
    return sign(AccessListTransaction(**{**COMMON, "chain_id": 1, "gas_price": 20, **changes}), KEY)


def dynamic(**changes: Any) -> Transaction:
    return sign(FeeMarketTransaction(**{**FEES, **changes}), KEY)


def blob(**changes: Any) -> Transaction:
    return sign(BlobTransaction(**{**BLOB, **changes}), KEY)


def set_code(**changes: Any) -> Transaction:
    return sign(SetCodeTransaction(**{**SET_CODE, **changes}), KEY)


ALL = {0: legacy, 1: with_list, 2: dynamic, 3: blob, 4: set_code}


def said(fork: Fork, transaction: Transaction, account: Account | None = None, **environment: Any) -> str | None:
    """The whole message with which the transaction is rejected, or None where it isn't."""
    fields: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "number": 1,
        "timestamp": 1,
        "coinbase": MINER,
        "gas_limit": GAS_LIMIT,
        "base_fee_per_gas": BASE_FEE if fork is not BERLIN else 0,
    }
    payload = Payload(Environment(**{**fields, **environment}), (transaction,), is_bare=True)
    state = FlatState({RICH: account or Account(balance=ETHER)}, {})
    try:
        apply_block(Evm(fork), payload, state)
    except Rejection as rejection:
        assert rejection.transaction == 0
        return str(rejection)
    return None


TYPES = [(BERLIN, 1), (LONDON, 2), (PARIS, 2), (SHANGHAI, 2), (CANCUN, 3), (PRAGUE, 4), (OSAKA, 4), (AMSTERDAM, 4)]


@pytest.mark.parametrize(("fork", "last"), TYPES, ids=[fork.name for fork, _ in TYPES])
def test_the_types_that_a_fork_knows(fork: Fork, last: int) -> None:
    for kind, make in ALL.items():
        expected = None if kind <= last else f"the fork has no transactions of this type: type {kind} in {fork.name}"
        assert said(fork, make()) == expected


def test_every_rule_is_one_of_a_fork() -> None:
    for fork in FORKS:
        assert said(fork, legacy()) is None


@pytest.mark.parametrize("make", ALL.values(), ids=[str(kind) for kind in ALL])
def test_a_transaction_for_another_chain(make: Any) -> None:
    transaction = make() if make is legacy else make(chain_id=1)
    assert said(PRAGUE, transaction) is None
    expected = "the transaction is for another chain: 1 on chain 2"
    assert said(PRAGUE, transaction, chain_id=2) == expected


def test_a_legacy_transaction_may_name_no_chain() -> None:
    unprotected = sign(LegacyTransaction(**COMMON, gas_price=20), KEY)
    assert said(PRAGUE, unprotected, chain_id=1) is None
    assert said(PRAGUE, unprotected, chain_id=2) is None
    zero = sign(LegacyTransaction(**COMMON, gas_price=20), KEY, 0)
    assert said(PRAGUE, zero) == "the transaction is for another chain: 0 on chain 1"


@pytest.mark.parametrize("make", ALL.values(), ids=[str(kind) for kind in ALL])
def test_a_nonce_must_have_a_successor(make: Any) -> None:
    last = 2**64 - 2
    assert said(PRAGUE, make(nonce=last), Account(nonce=last, balance=ETHER)) is None
    over = Account(nonce=2**64 - 1, balance=ETHER)
    assert said(PRAGUE, make(nonce=2**64 - 1), over) == "the nonce has no successor"


def test_the_nonce_is_the_senders() -> None:
    account = Account(nonce=5, balance=ETHER)
    assert said(PRAGUE, legacy(nonce=5), account) is None
    assert said(PRAGUE, legacy(nonce=4), account) == "the nonce is lower than the sender's: 4, and the account is at 5"
    assert said(PRAGUE, legacy(nonce=6), account) == "the nonce is higher than the sender's: 6, and the account is at 5"


def test_the_sender_is_no_contract_but_may_have_delegated() -> None:
    expected = f"the sender is a contract: 0x{RICH.hex()}"
    for code in (b"\x00", b"\xef", b"\xef\x01\x00", DELEGATION[:-1], DELEGATION + b"\x00", b"\xef\x01\x01" + SHOP):
        assert said(PRAGUE, legacy(), Account(balance=ETHER, code=code)) == expected
    assert said(PRAGUE, legacy(), Account(balance=ETHER, code=DELEGATION)) is None
    assert said(CANCUN, legacy(), Account(balance=ETHER, code=DELEGATION)) == expected


def test_the_signature_is_one() -> None:
    signed = legacy()
    assert said(PRAGUE, replace(signed, r=0)) == "the signature is not valid"
    high = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - signed.s
    assert said(BERLIN, replace(signed, s=high)) == "the signature is not valid"
    for parity in (2, 27, 255):
        assert said(PRAGUE, replace(dynamic(), y_parity=parity)) == "the signature is not valid"


# Funds


def test_the_sender_can_pay_for_gas_at_the_maximum_price_and_for_the_value() -> None:
    for make, price in ((legacy, 20), (dynamic, 20)):
        needed = 100_000 * price + 7
        assert said(PRAGUE, make(value=7), Account(balance=needed)) is None
        expected = f"the sender cannot pay for gas and value: {needed - 1} of {needed} wei"
        assert said(PRAGUE, make(value=7), Account(balance=needed - 1)) == expected


def test_blobs_are_paid_at_their_maximum_price_too() -> None:
    needed = 100_000 * 20 + 2 * 131_072 * 5
    transaction = blob(blob_versioned_hashes=(BLOB_HASH, BLOB_HASH), max_fee_per_blob_gas=5)
    assert said(CANCUN, transaction, Account(balance=needed)) is None
    expected = f"the sender cannot pay for gas and value: {needed - 1} of {needed} wei"
    assert said(CANCUN, transaction, Account(balance=needed - 1)) == expected


def test_no_sum_is_too_large_to_be_compared() -> None:
    most = 2**256 - 1
    transaction = blob(value=most, max_fee_per_blob_gas=most, max_fee_per_gas=2**200)
    assert str(said(CANCUN, transaction)).startswith("the sender cannot pay for gas and value: ")


# Gas


def test_the_gas_limit_covers_the_intrinsic_gas() -> None:
    for fork, transaction, needed in (
        (BERLIN, {}, 21_000),
        (BERLIN, {"data": b"\x00\x01"}, 21_020),
        (BERLIN, {"to": None, "data": b"\x00"}, 53_004),
        (PARIS, {"to": None, "data": b"\x00" * 33}, 53_132),
        (SHANGHAI, {"to": None, "data": b"\x00" * 33}, 53_136),
    ):
        assert said(fork, legacy(**{**transaction, "gas_limit": needed})) is None
        expected = f"the gas limit does not cover the intrinsic gas: {needed - 1} of {needed}"
        assert said(fork, legacy(**{**transaction, "gas_limit": needed - 1})) == expected


def test_access_lists_and_authorizations_cost_gas() -> None:
    entries = ((SHOP, (0, 1, 1)), (SHOP, ()), (RICH, (2**256 - 1,)))
    for make, fields, needed in (
        (with_list, {"access_list": entries}, 21_000 + 3 * 2400 + 4 * 1900),
        (set_code, {"authorizations": (AUTHORIZATION,) * 3}, 21_000 + 3 * 25_000),
        (set_code, {"access_list": entries}, 21_000 + 3 * 2400 + 4 * 1900 + 25_000),
        (blob, {}, 21_000),
    ):
        assert said(PRAGUE, make(**fields, gas_limit=needed)) is None
        expected = f"the gas limit does not cover the intrinsic gas: {needed - 1} of {needed}"
        assert said(PRAGUE, make(**fields, gas_limit=needed - 1)) == expected


def test_the_gas_limit_covers_the_floor_of_the_calldata_since_prague() -> None:
    data = b"\x00" * 3 + b"\x01" * 100
    floor = 21_000 + 10 * (3 + 4 * 100)
    assert floor > 21_000 + 4 * 3 + 16 * 100
    assert said(PRAGUE, legacy(data=data, gas_limit=floor)) is None
    expected = f"the gas limit does not cover the floor of the calldata: {floor - 1} of {floor}"
    assert said(PRAGUE, legacy(data=data, gas_limit=floor - 1)) == expected
    assert said(CANCUN, legacy(data=data, gas_limit=floor - 1)) is None


def test_the_intrinsic_gas_is_judged_before_the_floor() -> None:
    assert str(said(PRAGUE, legacy(data=b"\x01" * 100, gas_limit=20_000))).startswith(
        "the gas limit does not cover the intrinsic gas"
    )


def test_parts_of_the_intrinsic_gas_that_a_fork_does_not_have() -> None:
    transaction = legacy(to=None, data=b"\x01" * 64)
    assert intrinsic_gas(PARIS, transaction, RICH) == 53_000 + 64 * 16
    assert intrinsic_gas(SHANGHAI, transaction, RICH) == 53_000 + 64 * 16 + 4
    assert intrinsic.no_floor(transaction, RICH) == 0
    assert intrinsic.authorization_charge(transaction, RICH) == intrinsic.access_list_charge(transaction, RICH) == 0


def test_an_empty_block_must_have_room() -> None:
    assert said(PRAGUE, legacy(gas_limit=GAS_LIMIT)) is None
    expected = "the gas limit is over what the block has left: 30000001 gas in a block of 30000000"
    assert said(PRAGUE, legacy(gas_limit=GAS_LIMIT + 1)) == expected


def test_no_transaction_has_more_than_2_to_the_24_gas_since_osaka() -> None:
    assert said(OSAKA, legacy(gas_limit=2**24)) is None
    expected = "the gas limit is over the cap for a transaction: 16777217"
    assert said(OSAKA, legacy(gas_limit=2**24 + 1)) == expected
    assert said(PRAGUE, legacy(gas_limit=2**24 + 1)) is None


def test_the_cost_of_all_gas_fits_256_bits() -> None:
    for make, field in ((legacy, "gas_price"), (dynamic, "max_fee_per_gas")):
        expected = "the gas limit times the gas price does not fit 256 bits"
        assert said(LONDON, make(**{field: 2**240}, gas_limit=2**16)) == expected
        funds = "the sender cannot pay for gas and value"
        assert str(said(LONDON, make(**{field: 2**240 - 1}, gas_limit=2**16))).startswith(funds)


# Fees


def test_the_price_covers_the_base_fee_since_london() -> None:
    for make in (legacy, with_list):
        assert said(LONDON, make(gas_price=BASE_FEE)) is None
        expected = "the fee offered for gas is below the base fee: 9 of 10 wei"
        assert said(LONDON, make(gas_price=BASE_FEE - 1)) == expected
        assert said(BERLIN, make(gas_price=0)) is None
    for make in (dynamic, blob, set_code):
        assert said(PRAGUE, make(max_fee_per_gas=BASE_FEE)) is None
        expected = "the fee offered for gas is below the base fee: 9 of 10 wei"
        assert said(PRAGUE, make(max_fee_per_gas=BASE_FEE - 1)) == expected


def test_the_priority_fee_is_not_above_the_maximum() -> None:
    for make in (dynamic, blob, set_code):
        assert said(PRAGUE, make(max_priority_fee_per_gas=20)) is None
        expected = "the priority fee is above the maximum fee: 21 over 20 wei"
        assert said(PRAGUE, make(max_priority_fee_per_gas=21)) == expected


def test_what_the_sender_pays_in_the_end() -> None:
    environment = Environment(chain_id=1, number=1, timestamp=1, coinbase=MINER, gas_limit=1, base_fee_per_gas=BASE_FEE)
    assert effective_gas_price(environment, legacy(gas_price=17)) == 17
    for maximum, priority, expected in (
        (20, 0, 10),
        (20, 1, 11),
        (20, 10, 20),
        (20, 11, 20),
        (20, 20, 20),
        (10, 5, 10),
    ):
        transaction = dynamic(max_fee_per_gas=maximum, max_priority_fee_per_gas=priority)
        assert effective_gas_price(environment, transaction) == expected


# Initialization code


def test_initialization_code_is_limited_since_shanghai() -> None:
    def creation(size: int) -> Transaction:
        return legacy(to=None, data=b"\x00" * size, gas_limit=1_000_000)

    assert said(SHANGHAI, creation(49_152)) is None
    assert said(SHANGHAI, creation(49_153)) == "the initialization code is too large: 49153 bytes"
    assert said(PARIS, creation(49_153)) is None
    assert said(SHANGHAI, legacy(data=b"\x00" * 49_153, gas_limit=1_000_000)) is None


# Blobs


def test_a_blob_transaction_calls() -> None:
    assert said(CANCUN, blob(to=None)) == "a blob transaction has no recipient"


def test_a_blob_transaction_has_blobs() -> None:
    assert said(CANCUN, blob(blob_versioned_hashes=())) == "a blob transaction has no blobs"


def test_versioned_hashes_have_the_one_known_version() -> None:
    for version in (0, 2, 255):
        wrong = bytes([version]) + bytes(31)
        expected = f"a versioned hash has an unknown version: blob 1: 0x{wrong.hex()}"
        assert said(CANCUN, blob(blob_versioned_hashes=(BLOB_HASH, wrong))) == expected


@pytest.mark.parametrize(("fork", "maximum"), [(CANCUN, 6), (PRAGUE, 9)], ids=["Cancun", "Prague"])
def test_a_transaction_may_have_all_blobs_of_a_block(fork: Fork, maximum: int) -> None:
    assert said(fork, blob(blob_versioned_hashes=(BLOB_HASH,) * maximum)) is None
    expected = f"the blobs are more than the block may have: {maximum + 1} blobs of {maximum}"
    assert said(fork, blob(blob_versioned_hashes=(BLOB_HASH,) * (maximum + 1))) == expected


@pytest.mark.parametrize("fork", [OSAKA, BPO1, BPO2, AMSTERDAM], ids=lambda fork: fork.name)
def test_a_transaction_has_at_most_six_blobs_since_osaka(fork: Fork) -> None:
    assert said(fork, blob(blob_versioned_hashes=(BLOB_HASH,) * 6)) is None
    expected = "a transaction has more blobs than it may: 7 of 6"
    assert said(fork, blob(blob_versioned_hashes=(BLOB_HASH,) * 7)) == expected


def test_the_price_covers_the_blob_base_fee() -> None:
    excess = 10 * 2**20
    assert CANCUN.blob_base_fee(excess) == 23
    assert said(CANCUN, blob(max_fee_per_blob_gas=23), excess_blob_gas=excess) is None
    expected = "the fee offered for blob gas is below the blob base fee: 22 of 23 wei"
    assert said(CANCUN, blob(max_fee_per_blob_gas=22), excess_blob_gas=excess) == expected
    assert said(CANCUN, blob(max_fee_per_blob_gas=0)) == (
        "the fee offered for blob gas is below the blob base fee: 0 of 1 wei"
    )


def test_the_blobs_of_all_transactions_fit_into_the_block() -> None:
    environment = Environment(
        chain_id=1, number=1, timestamp=1, coinbase=MINER, gas_limit=GAS_LIMIT, base_fee_per_gas=BASE_FEE
    )
    state = FlatState({RICH: Account(balance=ETHER)}, {})
    three = [blob(nonce=nonce, blob_versioned_hashes=(BLOB_HASH,) * count) for nonce, count in enumerate((4, 2, 1))]
    apply_block(Evm(CANCUN), Payload(environment, tuple(three[:2]), is_bare=True), state)
    with pytest.raises(Rejection) as caught:
        apply_block(Evm(CANCUN), Payload(environment, tuple(three), is_bare=True), state)
    assert str(caught.value) == "the blobs are more than the block may have: 917504 of 786432"
    assert caught.value.transaction == 2


# Authorizations


def test_a_set_code_transaction_calls() -> None:
    assert said(PRAGUE, set_code(to=None)) == "a set-code transaction has no recipient"


def test_a_set_code_transaction_has_authorizations() -> None:
    assert said(PRAGUE, set_code(authorizations=())) == "a set-code transaction has no authorizations"


def test_an_authorization_that_does_not_hold_is_no_reason_to_reject() -> None:
    for changes in ({"chain_id": 2}, {"nonce": 5}, {"nonce": 2**64 - 1}, {"y_parity": 2}, {"s": 0}, {"r": 0}):
        assert said(PRAGUE, set_code(authorizations=(replace(AUTHORIZATION, **changes),))) is None


def test_a_rejected_transaction_costs_nothing() -> None:
    rejected: list[int] = []
    environment = Environment(
        chain_id=1, number=1, timestamp=1, coinbase=MINER, gas_limit=GAS_LIMIT, base_fee_per_gas=BASE_FEE
    )
    payload = Payload(environment, (transfer(1), transfer(0, gas_limit=20_999), transfer(0)), is_bare=True)
    state = FlatState({RICH: Account(balance=ETHER)}, {})
    result = execute_block(Evm(PARIS), payload, state, lambda index, _: rejected.append(index))
    alone = apply_block(Evm(PARIS), replace(payload, transactions=(transfer(0),)), state)
    assert rejected == [0, 1]
    assert (result.steps, result.changes, result.receipts) == (alone.steps, alone.changes, alone.receipts)
