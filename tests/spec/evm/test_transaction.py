"""Transactions: the two-way encoding of every type, what is malformed, and what is signed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm import rlp
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction import (
    AccessListTransaction,
    Authorization,
    BlobTransaction,
    FeeMarketTransaction,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
    decode_transaction,
    encode_transaction,
    signing_hash,
    transaction_hash,
    transaction_item,
    with_signature,
)
from samestate.spec.machine import Rejection
from tests.spec.evm.strategies import TRANSACTIONS, tampered, transactions

SHOP = bytes.fromhex("3535353535353535353535353535353535353535")
COMMON: dict[str, Any] = {"nonce": 9, "gas_limit": 21000, "to": SHOP, "value": 10**18, "data": b""}
FEES: dict[str, Any] = {**COMMON, "chain_id": 1, "max_priority_fee_per_gas": 1, "max_fee_per_gas": 20 * 10**9}
AUTHORIZATION = Authorization(chain_id=1, address=SHOP, nonce=0, y_parity=1, r=3, s=4)

LEGACY = LegacyTransaction(**COMMON, gas_price=20 * 10**9, v=37, r=1, s=2)
ACCESS_LIST = AccessListTransaction(**COMMON, chain_id=1, gas_price=1, access_list=((SHOP, (0, 1)),), r=1, s=2)
FEE_MARKET = FeeMarketTransaction(**FEES, r=1, s=2)
BLOB = BlobTransaction(**FEES, max_fee_per_blob_gas=1, blob_versioned_hashes=(b"\x01" + bytes(31),), r=1, s=2)
SET_CODE = SetCodeTransaction(**FEES, authorizations=(AUTHORIZATION,), r=1, s=2)
ALL: list[Transaction] = [LEGACY, ACCESS_LIST, FEE_MARKET, BLOB, SET_CODE]


def items_of(transaction: Transaction) -> list[rlp.Item]:
    data = encode_transaction(transaction)
    return rlp.to_list(rlp.decode(data[1:] if transaction.type else data), "transaction")


def encoded(kind: int, items: rlp.Item) -> bytes:
    return (bytes([kind]) if kind else b"") + rlp.encode(items)


def rejection(data: bytes) -> Rejection:
    with pytest.raises(Rejection) as caught:
        decode_transaction(data)
    return caught.value


def test_the_example_of_eip_155() -> None:
    unsigned = LegacyTransaction(**COMMON, gas_price=20 * 10**9, v=37)
    assert signing_hash(unsigned).hex() == "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"


def test_a_legacy_transaction_without_chain_signs_six_fields() -> None:
    fields = [b"\x09", rlp.integer(20 * 10**9), rlp.integer(21000), SHOP, rlp.integer(10**18), b""]
    assert signing_hash(replace(LEGACY, v=27)) == keccak256(rlp.encode(fields))


@pytest.mark.parametrize("transaction", ALL[1:], ids=lambda transaction: type(transaction).__name__)
def test_a_typed_transaction_signs_its_type_and_all_but_the_signature(transaction: Transaction) -> None:
    assert signing_hash(transaction) == keccak256(encoded(transaction.type, items_of(transaction)[:-3]))


@pytest.mark.parametrize("transaction", ALL, ids=lambda transaction: type(transaction).__name__)
def test_the_signature_does_not_change_what_is_signed(transaction: Transaction) -> None:
    other = with_signature(transaction, 1, 5, 6, transaction.chain_id)
    assert signing_hash(other) == signing_hash(transaction)
    assert transaction_hash(other) != transaction_hash(transaction)


@pytest.mark.parametrize("kind", TRANSACTIONS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_decoding_gives_back_what_was_encoded(kind: type[Transaction], data: st.DataObject) -> None:
    transaction = data.draw(TRANSACTIONS[kind])
    content = encode_transaction(transaction)
    assert decode_transaction(content) == transaction
    assert transaction_hash(transaction) == keccak256(content)
    item = transaction_item(transaction)
    assert (item if isinstance(item, bytes) else rlp.encode(item)) == content


@given(st.binary(max_size=60) | tampered(transactions.map(encode_transaction)))
def test_any_bytes_are_the_one_form_of_a_transaction_or_rejected(data: bytes) -> None:
    try:
        transaction = decode_transaction(data)
    except Rejection as rejected:
        assert rejected.code in {Invalid.MALFORMED_TRANSACTION, Invalid.TYPE_NOT_SUPPORTED}
        return
    assert encode_transaction(transaction) == data


PLACES = {
    LegacyTransaction: "nonce:8 gas_price:32 gas_limit:8 to value:32 data v:32 r:32 s:32",
    AccessListTransaction: "chain_id:32 nonce:8 gas_price:32 gas_limit:8 to value:32 data access_list y_parity:1 "
    "r:32 s:32",
    FeeMarketTransaction: "chain_id:32 nonce:8 max_priority_fee_per_gas:32 max_fee_per_gas:32 gas_limit:8 to value:32 "
    "data access_list y_parity:1 r:32 s:32",
    BlobTransaction: "chain_id:32 nonce:8 max_priority_fee_per_gas:32 max_fee_per_gas:32 gas_limit:8 to value:32 "
    "data access_list max_fee_per_blob_gas:32 blob_versioned_hashes y_parity:1 r:32 s:32",
    SetCodeTransaction: "chain_id:32 nonce:8 max_priority_fee_per_gas:32 max_fee_per_gas:32 gas_limit:8 to value:32 "
    "data access_list authorizations y_parity:1 r:32 s:32",
}
"""The fields in the order of the encoding, numbers with their most bytes: written down a second time."""


@pytest.mark.parametrize("transaction", ALL, ids=lambda transaction: type(transaction).__name__)
def test_every_number_has_its_place_and_its_range(transaction: Transaction) -> None:
    items = items_of(transaction)
    places = PLACES[type(transaction)].split()
    assert len(items) == len(places)
    for place, (name, _, size) in enumerate(name.partition(":") for name in places):
        if not size:
            continue
        what = name.replace("_", " ")

        def with_item(item: rlp.Item, place: int = place) -> bytes:
            return encoded(transaction.type, [*items[:place], item, *items[place + 1 :]])

        last = 256 ** int(size) - 1
        assert decode_transaction(with_item(rlp.integer(last))) == replace(transaction, **{name: last})
        for item, message in (
            (rlp.integer(last + 1), f"{what}: must be at most {size} bytes, but is {int(size) + 1}"),
            (b"\x00", f"{what}: must not begin with a zero byte, but is 0x00"),
            ([], f"{what}: must be a number, but is a list of 0 items"),
        ):
            rejected = rejection(with_item(item))
            if name in ("r", "s") and item == rlp.integer(last + 1):
                assert (rejected.code, rejected.detail) == (
                    Invalid.INVALID_SIGNATURE,
                    f"{name} of 33 bytes, expected at most 32",
                )
            else:
                assert (rejected.code, rejected.detail) == (Invalid.MALFORMED_TRANSACTION, message)


@pytest.mark.parametrize("transaction", ALL, ids=lambda transaction: type(transaction).__name__)
def test_no_field_more_and_none_less(transaction: Transaction) -> None:
    items = items_of(transaction)
    for wrong in (items[:-1], [*items, b""]):
        rejected = rejection(encoded(transaction.type, wrong))
        assert str(rejected) == (
            f"the transaction is not a well-formed encoding: a transaction of type {transaction.type}: "
            f"must be a list of {len(items)} items, but has {len(wrong)}"
        )


def replaced(transaction: Transaction, place: int, item: rlp.Item) -> bytes:
    items = items_of(transaction)
    items[place] = item
    return encoded(transaction.type, items)


MALFORMED = [
    (b"", "no bytes"),
    (b"\x02", "at byte 0: an item must begin here, but the data is empty"),
    (b"\x02\x80", "a transaction of type 2: must be a list, but is 0 bytes"),
    (b"\x80", "0x80 begins neither a type nor a list"),
    (rlp.encode(encode_transaction(LEGACY)), "0xad begins neither a type nor a list"),
    (encode_transaction(LEGACY) + b"\x00", "at byte 45: the item ends here, but 1 more bytes follow"),
    (replaced(LEGACY, 3, bytes(19)), "to: 19 bytes, expected none or 20"),
    (replaced(LEGACY, 3, bytes(32)), "to: 32 bytes, expected none or 20"),
    (replaced(LEGACY, 5, []), "data: must be bytes, but is a list of 0 items"),
    (replaced(ACCESS_LIST, 7, b""), "access list: must be a list, but is 0 bytes"),
    (replaced(ACCESS_LIST, 7, [[SHOP]]), "an entry of the access list: must be a list of 2 items, but has 1"),
    (replaced(ACCESS_LIST, 7, [[bytes(21), []]]), "address in the access list: must be 20 bytes, but is 21"),
    (replaced(ACCESS_LIST, 7, [[b"", []]]), "address in the access list: must be 20 bytes, but is 0"),
    (replaced(ACCESS_LIST, 7, [[SHOP, [b"\x01"]]]), "slot in the access list: must be 32 bytes, but is 1"),
    (replaced(ACCESS_LIST, 7, [[SHOP, [bytes(33)]]]), "slot in the access list: must be 32 bytes, but is 33"),
    (replaced(BLOB, 10, [bytes(31)]), "blob versioned hash: must be 32 bytes, but is 31"),
    (replaced(BLOB, 10, b""), "blob versioned hashes: must be a list, but is 0 bytes"),
    (replaced(SET_CODE, 9, [[b""] * 5]), "an authorization: must be a list of 6 items, but has 5"),
    (replaced(SET_CODE, 9, [[b""] * 6]), "address of an authorization: must be 20 bytes, but is 0"),
    (
        replaced(SET_CODE, 9, [[b"", SHOP, bytes([1] * 9), b"", b"", b""]]),
        "nonce of an authorization: must be at most 8 bytes, but is 9",
    ),
    (
        replaced(SET_CODE, 9, [[b"", SHOP, b"", b"\x01\x00", b"", b""]]),
        "y parity of an authorization: must be at most 1 bytes, but is 2",
    ),
    (
        replaced(SET_CODE, 9, [[bytes([1] * 33), SHOP, b"", b"", b"", b""]]),
        "chain id of an authorization: must be at most 32 bytes, but is 33",
    ),
]


@pytest.mark.parametrize(("data", "detail"), MALFORMED, ids=[detail for _, detail in MALFORMED])
def test_malformed_transactions_say_what_is_wrong(data: bytes, detail: str) -> None:
    with pytest.raises(Rejection, match=f"^the transaction is not a well-formed encoding: {re.escape(detail)}$"):
        decode_transaction(data)


def test_the_network_form_of_a_blob_transaction_has_no_place_in_a_block() -> None:
    network = encoded(3, [items_of(BLOB), [bytes(131072)], [bytes(48)], [bytes(48)]])
    assert rejection(network).detail == "a transaction of type 3: must be a list of 14 items, but has 4"


@pytest.mark.parametrize("kind", [0, 5, 0x7F])
def test_unknown_types_are_named(kind: int) -> None:
    rejected = rejection(bytes([kind]) + encode_transaction(FEE_MARKET)[1:])
    assert (rejected.code, rejected.detail) == (Invalid.TYPE_NOT_SUPPORTED, f"type {kind}")


@pytest.mark.parametrize(("v", "chain"), [(27, None), (28, None), (34, None), (35, 0), (36, 0), (37, 1), (38, 1)])
def test_which_chain_a_legacy_signature_names(v: int, chain: int | None) -> None:
    assert replace(LEGACY, v=v).chain_id == chain
