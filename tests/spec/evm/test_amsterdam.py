"""What Amsterdam adds to which transactions and blocks are valid: each rule at its edge, and their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from samestate.spec.evm.block import decode_block, encode_block
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BPO2, BPO2_ACCESS_LISTS, OSAKA
from samestate.spec.evm.keys import slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.rejections import Invalid
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
from samestate.spec.evm.validity import intrinsic_gas
from samestate.spec.machine import Rejection, RejectionCode
from samestate.spec.transition import apply_block
from tests.spec.evm.chains import ETHER, KEY, MINER, RICH, SHOP, SmallChain, transfer

BASE_FEE = 10
CAP = 2**24
TOTAL_CAP = 2**32 - 1
WIDE = 2**33
"""Gas that a block has for whatever is tried here."""
BLOB = b"\x01" + bytes(31)
AUTHORIZATION = sign_authorization(Authorization(chain_id=1, address=SHOP, nonce=0), b"\x09" * 32)
FEES: dict[str, Any] = {
    "chain_id": 1,
    "nonce": 0,
    "gas_limit": 1_000_000,
    "to": SHOP,
    "value": 0,
    "data": b"",
    "max_fee_per_gas": BASE_FEE,
    "max_priority_fee_per_gas": 0,
}


def dynamic(**changes: Any) -> Transaction:
    return sign(FeeMarketTransaction(**{**FEES, **changes}), KEY)


def blob(**changes: Any) -> Transaction:
    fields = {**FEES, "max_fee_per_blob_gas": 1, "blob_versioned_hashes": (BLOB,), **changes}
    return sign(BlobTransaction(**fields), KEY)


def set_code(**changes: Any) -> Transaction:
    return sign(SetCodeTransaction(**{**FEES, "authorizations": (AUTHORIZATION,), **changes}), KEY)


def with_list(entries: tuple[tuple[bytes, tuple[int, ...]], ...], **changes: Any) -> Transaction:
    fields = {name: value for name, value in FEES.items() if not name.startswith("max")}
    return sign(AccessListTransaction(**{**fields, "gas_price": BASE_FEE, "access_list": entries, **changes}), KEY)


def execute(
    *transactions: Transaction,
    fork: Fork = AMSTERDAM,
    accounts: dict[bytes, Account] | None = None,
    storage: dict[bytes, dict[int, int]] | None = None,
    **environment: Any,
) -> Any:
    """The result of a bare block of these, on the rich account and a shop that is alive."""
    fields: dict[str, Any] = {
        "chain_id": 1,
        "number": 1,
        "timestamp": 1,
        "coinbase": MINER,
        "gas_limit": WIDE,
        "base_fee_per_gas": BASE_FEE,
        **environment,
    }
    pre = {RICH: Account(balance=10**6 * ETHER), SHOP: Account(nonce=1), **(accounts or {})}
    return apply_block(
        Evm(fork), Payload(Environment(**fields), transactions, is_bare=True), FlatState(pre, storage or {})
    )


def said(*transactions: Transaction, **how: Any) -> RejectionCode | None:
    """Why the last of the transactions is rejected, or None where all are valid."""
    try:
        execute(*transactions, **how)
    except Rejection as rejection:
        assert rejection.transaction == len(transactions) - 1
        return rejection.code
    return None


# Each rule at its edge, and one beyond


EDGES: dict[str, tuple[Callable[[int], Transaction], RejectionCode]] = {
    "total gas limit": (lambda over: dynamic(gas_limit=TOTAL_CAP + over), Invalid.TOTAL_GAS_LIMIT_EXCEEDED),
    "base of a call": (lambda over: dynamic(gas_limit=15_000 - over), Invalid.INTRINSIC_GAS_TOO_LOW),
    "base of a call with value": (
        lambda over: dynamic(gas_limit=21_000 - over, value=1),
        Invalid.INTRINSIC_GAS_TOO_LOW,
    ),
    "base of a call to oneself": (
        lambda over: dynamic(gas_limit=12_000 - over, to=RICH, value=1),
        Invalid.INTRINSIC_GAS_TOO_LOW,
    ),
    "base of a creation": (
        lambda over: dynamic(gas_limit=24_000 - over, to=None, value=1),
        Invalid.INTRINSIC_GAS_TOO_LOW,
    ),
    "authorizations": (
        lambda over: set_code(gas_limit=15_000 + 2 * 7816 - over, authorizations=(AUTHORIZATION,) * 2),
        Invalid.INTRINSIC_GAS_TOO_LOW,
    ),
    "access list": (
        lambda over: with_list(((SHOP, (1, 2)),), gas_limit=15_000 + 2900 + 2 * 2000 + 1280 + 2 * 2048 - over),
        Invalid.INTRINSIC_GAS_TOO_LOW,
    ),
    "floor of zero bytes": (
        lambda over: dynamic(gas_limit=15_000 + 64 * 10 - over, data=bytes(10)),
        Invalid.FLOOR_GAS_TOO_LOW,
    ),
    "floor of other bytes": (
        lambda over: dynamic(gas_limit=15_000 + 64 * 10 - over, data=b"\xff" * 10),
        Invalid.FLOOR_GAS_TOO_LOW,
    ),
    "floor with an access list": (
        lambda over: with_list(((SHOP, (1,)),), gas_limit=15_000 + 1280 + 2048 + 64 * 300 - over, data=b"\xff" * 300),
        Invalid.FLOOR_GAS_TOO_LOW,
    ),
    "size of initialization code": (
        lambda over: dynamic(gas_limit=10**7, to=None, data=bytes(2**17 + over)),
        Invalid.INITCODE_TOO_LARGE,
    ),
    "priority fee": (
        lambda over: dynamic(max_priority_fee_per_gas=BASE_FEE + over),
        Invalid.PRIORITY_FEE_ABOVE_MAX_FEE,
    ),
    "base fee": (
        lambda over: dynamic(max_fee_per_gas=BASE_FEE - over, max_priority_fee_per_gas=0),
        Invalid.MAX_FEE_BELOW_BASE_FEE,
    ),
    "blobs of a transaction": (
        lambda over: blob(blob_versioned_hashes=(BLOB,) * (6 + over)),
        Invalid.TOO_MANY_BLOBS,
    ),
    "a blob at least": (
        lambda over: blob(blob_versioned_hashes=(BLOB,) * (1 - over)),
        Invalid.NO_BLOBS,
    ),
    "version of a blob's hash": (
        lambda over: blob(blob_versioned_hashes=(bytes([1 + over]) + bytes(31),)),
        Invalid.BLOB_VERSIONED_HASH,
    ),
    "blob base fee": (lambda over: blob(max_fee_per_blob_gas=1 - over), Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW),
    "an authorization at least": (
        lambda over: set_code(authorizations=(AUTHORIZATION,) * (1 - over)),
        Invalid.NO_AUTHORIZATIONS,
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_a_rule_at_its_edge_and_one_beyond(name: str) -> None:
    make, code = EDGES[name]
    assert said(make(0)) is None
    assert said(make(1)) is code


def test_what_a_transaction_costs_in_any_case_may_not_be_over_the_cap_of_execution_gas() -> None:
    # 40 gas and 64 gas a byte of the same data, so that only the floor is over; then addresses by the thousand
    over_by_data = (CAP - 15_000) // 64
    assert said(dynamic(gas_limit=2 * CAP, data=b"\xff" * over_by_data)) is None
    assert said(dynamic(gas_limit=2 * CAP, data=b"\xff" * (over_by_data + 1))) is Invalid.FLOOR_GAS_OVER_LIMIT
    entries = (CAP - 15_000) // 4180
    assert said(with_list(((SHOP, ()),) * entries, gas_limit=2 * CAP)) is None
    assert said(with_list(((SHOP, ()),) * (entries + 1), gas_limit=2 * CAP)) is Invalid.INTRINSIC_GAS_OVER_LIMIT


def test_a_recipient_is_needed_for_blobs_and_authorizations() -> None:
    # no encoding lacks it: whoever makes such a transaction in memory is told all the same
    for make, code in ((blob, Invalid.BLOB_CREATION), (set_code, Invalid.SET_CODE_CREATION)):
        with pytest.raises(Rejection) as caught:
            execute(make(to=None))
        assert caught.value.code is code


def test_more_gas_than_the_cap_of_execution_gas_is_no_fault_any_more() -> None:
    rich = {"gas_limit": CAP + 1, "value": 0}
    assert said(dynamic(**rich), fork=OSAKA) is Invalid.TRANSACTION_GAS_LIMIT_EXCEEDED
    assert said(dynamic(**rich)) is None


def test_initialization_code_costs_two_gas_a_word_beside_its_bytes() -> None:
    creation = dynamic(to=None, data=bytes(33))
    assert intrinsic_gas(AMSTERDAM, creation, RICH) == 24_000 + 4 * 33 + 2 * 2
    assert AMSTERDAM.calldata_floor(creation, RICH) == 24_000 + 64 * 33


# A block that has room in one dimension and not in the other


def fills_state(slots: int) -> bytes:
    """Code that sets so many new slots."""
    return b"".join(bytes([0x60, 1, 0x60, slot, 0x55]) for slot in range(slots))


def test_execution_gas_is_admitted_by_the_cap_and_state_gas_by_the_limit() -> None:
    shop = {SHOP: Account(code=fills_state(3))}
    first = dynamic(gas_limit=CAP + 3 * 97_920)
    result = execute(first, accounts=shop)
    execution, state = result.totals.execution_gas, result.totals.state_gas
    assert state == 3 * 97_920
    assert execution == result.outcomes[0].gas_used - state
    second = {"nonce": 1, "to": RICH}
    # execution gas: only as much of the second's gas counts as its cap lets it execute with
    for gas_limit, over in ((50_000, 0), (50_000, 1), (CAP, 0), (CAP, 1), (CAP + 10**6, 0), (CAP + 10**6, 1)):
        limit = max(execution + min(gas_limit, CAP), state + gas_limit) - over
        room_for_first = max(limit, first.gas_limit)
        if room_for_first != limit:
            continue
        expected = None
        if over:
            is_execution = min(gas_limit, CAP) > limit - execution
            expected = Invalid.GAS_ALLOWANCE_EXCEEDED if is_execution else Invalid.STATE_GAS_ALLOWANCE_EXCEEDED
        assert said(first, dynamic(gas_limit=gas_limit, **second), accounts=shop, gas_limit=limit) is expected


def test_a_block_full_of_state_gas_has_no_room_though_execution_gas_is_left() -> None:
    shop = {SHOP: Account(code=fills_state(40))}
    first = dynamic(gas_limit=CAP + 10**6)
    state = 40 * 97_920
    limit = CAP + 10**6
    room = limit - state
    assert said(first, dynamic(nonce=1, to=RICH, gas_limit=room), accounts=shop, gas_limit=limit) is None
    late = dynamic(nonce=1, to=RICH, gas_limit=room + 1)
    assert said(first, late, accounts=shop, gas_limit=limit) is Invalid.STATE_GAS_ALLOWANCE_EXCEEDED


def test_a_block_full_of_execution_gas_has_no_room_though_state_gas_is_left() -> None:
    burns = {SHOP: Account(code=b"\xfe")}
    first = dynamic(gas_limit=CAP)
    limit = CAP + 40_000
    assert said(first, dynamic(nonce=1, to=RICH, gas_limit=40_000), accounts=burns, gas_limit=limit) is None
    late = dynamic(nonce=1, to=RICH, gas_limit=40_001)
    assert said(first, late, accounts=burns, gas_limit=limit) is Invalid.GAS_ALLOWANCE_EXCEEDED


def test_the_header_has_the_larger_count_and_receipts_have_what_was_paid() -> None:
    shop = {SHOP: Account(code=bytes.fromhex("5f5f55") + fills_state(2))}
    result = execute(dynamic(), accounts=shop, storage={SHOP: {0: 1}})
    outcome, totals = result.outcomes[0], result.totals
    # slot 0 was not zero, is cleared and is set again: nothing of it is new; slot 1 is
    assert outcome.state_gas == 97_920
    assert totals.gas_used == max(totals.execution_gas, totals.state_gas) == 97_920
    assert result.receipts[0].cumulative_gas_used == outcome.gas_used == totals.paid_gas
    assert outcome.gas_used == outcome.execution_gas + outcome.state_gas - outcome.gas_refunded


def test_the_block_counts_gas_before_refunds() -> None:
    clears = {"accounts": {SHOP: Account(code=bytes.fromhex("5f5f55"))}, "storage": {SHOP: {0: 1}}}
    outcome = execute(dynamic(), **clears).outcomes[0]
    assert (outcome.execution_gas, outcome.gas_refunded, outcome.gas_used) == (27_104, 5_420, 21_684)
    before = execute(dynamic(), fork=BPO2, **clears).outcomes[0]
    assert before.execution_gas == before.gas_used


# Two violations at once give the first


def broken(*parts: str) -> tuple[Transaction, dict[str, Any]]:
    """A blob transaction that breaks all these rules, and the block that it is in."""
    fields: dict[str, Any] = {}
    environment: dict[str, Any] = {}
    for part in parts:
        changes, around = BREAKS[part]
        fields.update(changes)
        environment.update(around)
    transaction = blob(**fields)
    if "signature" in parts:
        transaction = replace(transaction, s=0)
    return transaction, environment


BREAKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "chain": ({"chain_id": 2}, {}),
    "signature": ({}, {}),
    "total gas limit": ({"gas_limit": TOTAL_CAP + 1}, {}),
    "priority fee": ({"max_priority_fee_per_gas": 10**9}, {}),
    "no blobs": ({"blob_versioned_hashes": ()}, {}),
    "floor": ({"gas_limit": 15_000 + 40 * 100, "data": b"\xff" * 100}, {}),
    "room": ({"gas_limit": 100_000}, {"gas_limit": 99_999}),
    "base fee": ({"max_fee_per_gas": 9}, {}),
    "blob base fee": ({"max_fee_per_blob_gas": 0}, {}),
    "nonce": ({"nonce": 1}, {}),
    "funds": ({"max_fee_per_blob_gas": 10**30}, {}),
    "code": ({}, {"accounts": {RICH: Account(balance=10**6 * ETHER, code=b"\x00")}}),
}
CODES: dict[str, RejectionCode] = {
    "chain": Invalid.WRONG_CHAIN_ID,
    "signature": Invalid.INVALID_SIGNATURE,
    "total gas limit": Invalid.TOTAL_GAS_LIMIT_EXCEEDED,
    "priority fee": Invalid.PRIORITY_FEE_ABOVE_MAX_FEE,
    "no blobs": Invalid.NO_BLOBS,
    "floor": Invalid.FLOOR_GAS_TOO_LOW,
    "room": Invalid.GAS_ALLOWANCE_EXCEEDED,
    "base fee": Invalid.MAX_FEE_BELOW_BASE_FEE,
    "blob base fee": Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW,
    "nonce": Invalid.NONCE_TOO_HIGH,
    "funds": Invalid.INSUFFICIENT_FUNDS,
    "code": Invalid.SENDER_NOT_EOA,
}
ORDER = tuple(BREAKS)
TOGETHER = [
    (first, second)
    for place, first in enumerate(ORDER)
    for second in ORDER[place + 1 :]
    if not BREAKS[first][0].keys() & BREAKS[second][0].keys()
]


@pytest.mark.parametrize("name", ORDER)
def test_each_violation_alone_gives_its_own_code(name: str) -> None:
    transaction, environment = broken(name)
    assert said(transaction, **environment) is CODES[name]


@pytest.mark.parametrize(("first", "second"), TOGETHER)
def test_two_violations_at_once_give_the_first(first: str, second: str) -> None:
    transaction, environment = broken(first, second)
    assert said(transaction, **environment) is CODES[first]


# Headers


def test_a_header_of_amsterdam_under_the_fork_before_and_the_reverse() -> None:
    for fork, other in ((AMSTERDAM, BPO2), (AMSTERDAM, BPO2_ACCESS_LISTS), (BPO2, AMSTERDAM)):
        small, wrong = SmallChain(fork), SmallChain(other)
        header = replace(wrong.next().block.header, parent_hash=small.chain.head)
        block = replace(small.next().block, header=header)
        with pytest.raises(Rejection) as caught:
            small.chain.add(encode_block(block))
        assert caught.value.code is Invalid.WRONG_HEADER_FIELDS


@pytest.mark.parametrize("slot", [0, 1, 2**64 - 1])
def test_any_slot_number_of_64_bits_may_be_in_a_header(slot: int) -> None:
    small = SmallChain(AMSTERDAM, {SHOP: Account(code=bytes.fromhex("4b5f55"))})
    built = small.next([transfer(gas_limit=200_000)], slot_number=slot)
    assert decode_block(built.encoded).header.slot_number == slot
    link = small.add(built)
    assert int.from_bytes(link.state.get(slot_key(SHOP, 0)) or b"", "big") == slot


def test_a_slot_number_of_more_than_64_bits_is_malformed() -> None:
    small = SmallChain(AMSTERDAM)
    with pytest.raises(Rejection) as caught:
        small.chain.add(small.next().with_header(slot_number=2**64))
    assert caught.value.code is Invalid.MALFORMED_BLOCK


def test_legacy_transactions_pay_the_base_fee_too() -> None:
    fields = {"nonce": 0, "gas_limit": 50_000, "to": SHOP, "value": 0, "data": b""}
    for price, code in ((BASE_FEE, None), (BASE_FEE - 1, Invalid.MAX_FEE_BELOW_BASE_FEE)):
        assert said(sign(LegacyTransaction(gas_price=price, **fields), KEY, 1)) is code
