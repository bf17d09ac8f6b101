"""Headers and blocks: the two-way encoding, what is malformed, and the roots of real blocks."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm import rlp
from samestate.spec.evm.block import (
    HEADER_FIELDS,
    Block,
    Header,
    Withdrawal,
    decode_block,
    empty_ommers_hash,
    encode_block,
    header_from_item,
    header_item,
    ommers_hash,
    transactions_root,
    withdrawals_root,
)
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction import decode_transaction, encode_transaction
from samestate.spec.machine import Rejection
from tests.data import block_file, data_folder
from tests.spec.evm.strategies import blocks, headers, tampered
from tests.spec.evm.test_transaction import BLOB, FEE_MARKET, LEGACY

FIELDS = [
    "parent_hash:32",
    "ommers_hash:32",
    "coinbase:20",
    "state_root:32",
    "transactions_root:32",
    "receipts_root:32",
    "bloom:256",
    "difficulty<32",
    "number<8",
    "gas_limit<8",
    "gas_used<8",
    "timestamp<8",
    "extra_data",
    "prev_randao:32",
    "nonce:8",
    "base_fee_per_gas<32",
    "withdrawals_root:32",
    "blob_gas_used<8",
    "excess_blob_gas<8",
    "parent_beacon_block_root:32",
    "requests_hash:32",
    "block_access_list_hash:32",
]
"""The fields in order, with their length or, of numbers, their most bytes: written down a second time."""

EMPTY_ROOT = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


def header(count: int = 15) -> Header:
    """A header of so many fields, all of them zero."""
    values: dict[str, Any] = {}
    for name, form in HEADER_FIELDS[:count]:
        values[name] = 0 if isinstance(form, int) else bytes(0 if form == "any" else int(form))
    return Header(**values)


def items_of(block: Block) -> list[rlp.Item]:
    return rlp.to_list(rlp.decode(encode_block(block)), "block")


def test_the_header_of_mainnets_first_block() -> None:
    genesis = Header(
        parent_hash=bytes(32),
        ommers_hash=empty_ommers_hash(),
        coinbase=bytes(20),
        state_root=bytes.fromhex("d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544"),
        transactions_root=bytes.fromhex(EMPTY_ROOT),
        receipts_root=bytes.fromhex(EMPTY_ROOT),
        bloom=bytes(256),
        difficulty=2**34,
        number=0,
        gas_limit=5000,
        gas_used=0,
        timestamp=0,
        extra_data=bytes.fromhex("11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa"),
        prev_randao=bytes(32),
        nonce=bytes.fromhex("0000000000000042"),
    )
    assert genesis.hash().hex() == "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"


def test_commitments_to_nothing() -> None:
    assert transactions_root([]).hex() == EMPTY_ROOT
    assert withdrawals_root([]).hex() == EMPTY_ROOT
    assert empty_ommers_hash().hex() == "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    assert ommers_hash([header()]) == keccak256(rlp.encode([header_item(header())]))


@given(headers())
def test_decoding_gives_back_the_header(header: Header) -> None:
    content = rlp.encode(header_item(header))
    assert header_from_item(rlp.decode(content)) == header
    assert header.hash() == keccak256(content)
    assert len(header.fields()) == len(rlp.to_list(rlp.decode(content), "header"))


@given(blocks)
def test_decoding_gives_back_the_block(block: Block) -> None:
    content = encode_block(block)
    assert decode_block(content) == block
    assert len(items_of(block)) == (3 if block.withdrawals is None else 4)


@given(st.binary(max_size=60) | tampered(blocks.map(encode_block)))
def test_any_bytes_are_the_one_form_of_a_block_or_rejected(data: bytes) -> None:
    try:
        block = decode_block(data)
    except Rejection as rejected:
        assert rejected.code in {Invalid.MALFORMED_BLOCK, Invalid.MALFORMED_TRANSACTION, Invalid.TYPE_NOT_SUPPORTED}
        return
    assert encode_block(block) == data


def test_legacy_transactions_are_lists_and_typed_ones_bytes() -> None:
    transactions = rlp.to_list(items_of(Block(header(), (LEGACY, BLOB)))[1], "transactions")
    assert transactions == [rlp.decode(encode_transaction(LEGACY)), encode_transaction(BLOB)]


@pytest.mark.parametrize("place", range(len(FIELDS)), ids=FIELDS)
def test_every_field_of_a_header_has_its_place_and_its_range(place: int) -> None:
    whole = rlp.to_list(header_item(header(len(FIELDS))), "header")
    name = re.split("[:<]", FIELDS[place])[0]
    size = int(FIELDS[place][len(name) + 1 :] or 0)
    what = f"{name.replace('_', ' ')} of a header"

    def with_item(item: rlp.Item) -> rlp.Item:
        # ends with the field in question, where a header may end
        return [*whole[:place], item, *whole[place + 1 : 15]]

    wrong: list[tuple[rlp.Item, str]]
    if "<" in FIELDS[place]:
        last = 256**size - 1
        assert getattr(header_from_item(with_item(rlp.integer(last))), name) == last
        wrong = [
            (rlp.integer(last + 1), f"must be at most {size} bytes, but is {size + 1}"),
            (b"\x00", "must not begin with a zero byte, but is 0x00"),
        ]
    elif not size:
        assert getattr(header_from_item(with_item(bytes(1000))), name) == bytes(1000)
        wrong = [([], "must be bytes, but is a list of 0 items")]
    else:
        assert getattr(header_from_item(with_item(b"\x01" * size)), name) == b"\x01" * size
        wrong = [(bytes(n), f"must be {size} bytes, but is {n}") for n in (0, size - 1, size + 1)]
    for item, message in wrong:
        with pytest.raises(rlp.MalformedRlp, match=f"^{re.escape(f'{what}: {message}')}$"):
            header_from_item(with_item(item))


@pytest.mark.parametrize("count", [0, 14, 24])
def test_a_header_has_15_to_23_fields(count: int) -> None:
    items = [*rlp.to_list(header_item(header(len(HEADER_FIELDS))), "header"), b""][:count]
    with pytest.raises(rlp.MalformedRlp, match=f"^a header of {count} fields, not 15 to 23$"):
        header_from_item(items)


HEADER = header_item(header())
MALFORMED: list[tuple[rlp.Item, str]] = [
    (b"", "a block: must be a list, but is 0 bytes"),
    ([HEADER, []], "a block of 2 parts, expected 3 or 4"),
    ([HEADER, [], [], [], []], "a block of 5 parts, expected 3 or 4"),
    ([b"", [], []], "a header: must be a list, but is 0 bytes"),
    ([HEADER, b"", []], "transactions: must be a list, but is 0 bytes"),
    ([HEADER, [], b""], "ommers: must be a list, but is 0 bytes"),
    ([HEADER, [], [[]]], "a header of 0 fields, not 15 to 23"),
    ([HEADER, [], [], b""], "withdrawals: must be a list, but is 0 bytes"),
    ([HEADER, [[]], []], "a transaction of type 0: must be a list of 9 items, but has 0"),
    ([HEADER, [encode_transaction(LEGACY)], []], "a transaction that is bytes must begin with its type"),
    ([HEADER, [], [], [[b""] * 3]], "a withdrawal: must be a list of 4 items, but has 3"),
    ([HEADER, [], [], [[b""] * 4]], "address of a withdrawal: must be 20 bytes, but is 0"),
    (
        [HEADER, [], [], [[bytes([1] * 9), b"", bytes(20), b""]]],
        "index of a withdrawal: must be at most 8 bytes, but is 9",
    ),
    (
        [HEADER, [], [], [[b"", bytes([1] * 9), bytes(20), b""]]],
        "validator index of a withdrawal: must be at most 8 bytes, but is 9",
    ),
    (
        [HEADER, [], [], [[b"", b"", bytes(20), bytes([1] * 9)]]],
        "amount of a withdrawal: must be at most 8 bytes, but is 9",
    ),
    (
        [HEADER, [], [], [[b"", b"", bytes(20), b"\x00"]]],
        "amount of a withdrawal: must not begin with a zero byte, but is 0x00",
    ),
]


@pytest.mark.parametrize(("item", "detail"), MALFORMED, ids=[detail for _, detail in MALFORMED])
def test_malformed_blocks_say_what_is_wrong(item: rlp.Item, detail: str) -> None:
    with pytest.raises(Rejection, match=f"^the block is not a well-formed encoding: {re.escape(detail)}$"):
        decode_block(rlp.encode(item))


def test_a_malformed_transaction_makes_a_block_malformed() -> None:
    for encoded, code in (
        (encode_transaction(FEE_MARKET)[:-1], Invalid.MALFORMED_TRANSACTION),
        (b"", Invalid.MALFORMED_TRANSACTION),
        (b"\x05\xc0", Invalid.TYPE_NOT_SUPPORTED),
    ):
        with pytest.raises(Rejection) as caught:
            decode_block(rlp.encode([HEADER, [encoded], []]))
        assert caught.value.code is code


def test_the_order_of_transactions_and_withdrawals_makes_the_roots() -> None:
    assert transactions_root([LEGACY, BLOB]) != transactions_root([BLOB, LEGACY])
    first, second = Withdrawal(0, 1, bytes(20), 2), Withdrawal(1, 1, bytes(20), 2)
    assert withdrawals_root([first, second]) != withdrawals_root([second, first])


def number(value: str) -> int:
    return int(value, 16)


def octets(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


@pytest.mark.fixtures
def test_the_bodies_of_real_blocks() -> None:
    kinds: Counter[int] = Counter()
    with_withdrawals = 0
    for path in sorted((data_folder() / "blocks").glob("*.json.gz")):
        file = block_file(path.name.removesuffix(".json.gz"))
        transactions = []
        for encoded in map(octets, file["transactions"]):
            transactions.append(decode_transaction(encoded))
            assert encode_transaction(transactions[-1]) == encoded, path
        kinds.update(transaction.type for transaction in transactions)
        assert transactions_root(transactions) == octets(file["header"]["transactionsRoot"]), path
        body: tuple[Withdrawal, ...] | None = None
        if file.get("withdrawals") is not None:
            with_withdrawals += 1
            body = tuple(
                Withdrawal(
                    number(entry["index"]),
                    number(entry["validatorIndex"]),
                    octets(entry["address"]),
                    number(entry["amount"]),
                )
                for entry in file["withdrawals"]
            )
            assert withdrawals_root(body) == octets(file["header"]["withdrawalsRoot"]), path
        block = Block(header(), tuple(transactions), (), body)
        assert decode_block(encode_block(block)) == block, path
    assert kinds.total() > 5000
    assert set(kinds) == {0, 1, 2, 3}  # no file has a set-code transaction
    assert with_withdrawals > 15
