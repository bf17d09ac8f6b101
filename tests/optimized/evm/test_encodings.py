"""Decoding of transactions and blocks, and roots over lists, beside the specification's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from samestate.optimized.evm import encodings
from samestate.optimized.evm.encodings import Refused
from samestate.spec.evm import rlp
from samestate.spec.evm.block import (
    HEADER_FIELDS,
    Block,
    Header,
    Withdrawal,
    decode_block,
    encode_block,
    ommers_hash,
    transactions_root,
    withdrawals_root,
)
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.receipt import Log, Receipt, encode_receipt, logs_bloom, logs_hash, receipts_root
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.signature import CURVE_ORDER, recover_sender, sign, signature_parity, with_signature
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
)
from samestate.spec.machine import Rejection
from samestate.spec.state.patricia import ordered_trie_root
from tests.data import archive_members, block_file

edges = st.sampled_from([0, 1, 127, 128, 255, 256, 2**64 - 1, 2**64, 2**256 - 1])
numbers = edges | st.integers(0, 2**256 - 1)
small_numbers = st.sampled_from([0, 1, 127, 128, 2**32, 2**64 - 1]) | st.integers(0, 2**64 - 1)
addresses = st.binary(min_size=20, max_size=20)
hashes = st.binary(min_size=32, max_size=32)
access_lists = st.lists(st.tuples(addresses, st.lists(numbers, max_size=3).map(tuple)), max_size=3).map(tuple)
authorizations = st.builds(
    Authorization,
    chain_id=numbers,
    address=addresses,
    nonce=small_numbers,
    y_parity=st.integers(0, 255),
    r=numbers,
    s=numbers,
)
common = {
    "nonce": small_numbers,
    "gas_limit": small_numbers,
    "to": st.none() | addresses,
    "value": numbers,
    "data": st.binary(max_size=70),
    "r": numbers,
    "s": numbers | st.sampled_from([CURVE_ORDER // 2, CURVE_ORDER // 2 + 1, CURVE_ORDER]),
}
typed = {**common, "chain_id": numbers, "access_list": access_lists, "y_parity": st.integers(0, 255)}
fees = {"max_priority_fee_per_gas": numbers, "max_fee_per_gas": numbers}
transactions = st.one_of(
    st.builds(LegacyTransaction, **common, gas_price=numbers, v=numbers | st.integers(0, 60)),
    st.builds(AccessListTransaction, **typed, gas_price=numbers),
    st.builds(FeeMarketTransaction, **typed, **fees),
    st.builds(
        BlobTransaction,
        **typed,
        **fees,
        max_fee_per_blob_gas=numbers,
        blob_versioned_hashes=st.lists(hashes, max_size=3).map(tuple),
    ),
    st.builds(SetCodeTransaction, **typed, **fees, authorizations=st.lists(authorizations, max_size=3).map(tuple)),
)


def fields_of(transaction: Transaction) -> dict[str, Any]:
    """What the compiled decoder ought to give, after the specification's."""
    price = getattr(transaction, "gas_price", 0)
    parity = signature_parity(transaction)
    return {
        "type": transaction.type,
        "chain_id": transaction.chain_id,
        "nonce": transaction.nonce,
        "max_priority_fee_per_gas": getattr(transaction, "max_priority_fee_per_gas", price),
        "max_fee_per_gas": getattr(transaction, "max_fee_per_gas", price),
        "gas_limit": transaction.gas_limit,
        "to": transaction.to,
        "value": transaction.value,
        "data": transaction.data,
        "access_list": transaction.access_list,
        "max_fee_per_blob_gas": getattr(transaction, "max_fee_per_blob_gas", 0),
        "blob_versioned_hashes": getattr(transaction, "blob_versioned_hashes", ()),
        "authorizations": tuple(
            {
                "chain_id": each.chain_id,
                "address": each.address,
                "nonce": each.nonce,
                "y_parity": each.y_parity,
                "r": each.r,
                "s": each.s,
            }
            for each in getattr(transaction, "authorizations", ())
        ),
        "v": getattr(transaction, "v", 0),
        "y_parity": 255 if parity < 0 else parity,
        "r": transaction.r,
        "s": transaction.s,
        "raw": encode_transaction(transaction),
        "hash": transaction_hash(transaction),
        "signing_hash": signing_hash(transaction),
    }


def header_of(header: Header) -> dict[str, Any]:
    names = [name for name, _ in HEADER_FIELDS if getattr(header, name) is not None]
    return {**{name: getattr(header, name) for name in names}, "hash": header.hash()}


def block_of(block: Block) -> dict[str, Any]:
    paid = block.withdrawals
    return {
        "header": header_of(block.header),
        "transactions": [fields_of(transaction) for transaction in block.transactions],
        "ommers": [header_of(ommer) for ommer in block.ommers],
        "withdrawals": None
        if paid is None
        else [(each.index, each.validator_index, each.address, each.amount) for each in paid],
        "transactions_root": transactions_root(block.transactions),
        "ommers_hash": ommers_hash(block.ommers),
        "withdrawals_root": None if paid is None else withdrawals_root(paid),
    }


def transaction_verdict(data: bytes) -> str:
    """Decode on both sides, and compare. Gives the name of the rejection, or that it was accepted."""
    try:
        expected = fields_of(decode_transaction(data))
    except Rejection as rejection:
        with pytest.raises(Refused) as refused:
            encodings.decode_transaction(data)
        assert refused.value.code == rejection.code.name, data.hex()
        return rejection.code.name
    assert encodings.decode_transaction(data) == expected, data.hex()
    return "accepted"


def block_verdict(data: bytes) -> str:
    try:
        expected = block_of(decode_block(data))
    except Rejection as rejection:
        with pytest.raises(Refused) as refused:
            encodings.decode_block(data)
        assert refused.value.code == rejection.code.name, data.hex()
        return rejection.code.name
    assert encodings.decode_block(data) == expected
    return "accepted"


def sender_verdict(data: bytes, chain_id: int) -> bytes | str:
    """The sender on both sides, or the name of what both say is wrong, the chain before the signature."""
    transaction = decode_transaction(data)
    is_named = transaction.chain_id is not None or getattr(transaction, "v", 27) in (27, 28)
    try:
        if not is_named or transaction.chain_id not in (None, chain_id):
            raise Rejection(Invalid.WRONG_CHAIN_ID)
        expected = recover_sender(transaction)
    except Rejection as rejection:
        with pytest.raises(Refused) as refused:
            encodings.recover_sender(data, chain_id)
        assert refused.value.code == rejection.code.name
        return rejection.code.name
    assert encodings.recover_sender(data, chain_id) == expected
    return expected


def mutated(data: bytes, random: Any) -> bytes:
    """The bytes with one change: a byte, a stretch left out, twice there or from elsewhere, or the end."""
    place, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    kind = random.randrange(6)
    if kind == 0 and place < len(data):
        return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]
    if kind == 1 and place < len(data):
        change = random.choice([1, -1, 0x40, -0x40, 0x80])
        return data[:place] + bytes([(data[place] + change) % 256]) + data[place + 1 :]
    if kind == 2:
        return data[:place] + data[min(end, place + 4) :]
    if kind == 3:
        return data[:place] + data[place : place + 4] + data[place:]
    if kind == 4:
        return data[:end]
    return data[:place] + random.randbytes(random.randrange(1, 4)) + data[place:]


@given(transaction=transactions)
def test_a_transaction_is_decoded(transaction: Transaction) -> None:
    assert transaction_verdict(encode_transaction(transaction)) == "accepted"


@settings(max_examples=300)
@given(transaction=transactions, random=st.randoms(use_true_random=False), times=st.integers(1, 2))
def test_a_mutated_transaction_meets_the_same_verdict(transaction: Transaction, random: Any, times: int) -> None:
    data = encode_transaction(transaction)
    for _ in range(times):
        data = mutated(data, random)
    transaction_verdict(data)


@given(transaction=transactions, key=hashes.filter(any), is_protected=st.booleans())
def test_a_sender_is_recovered(transaction: Transaction, key: bytes, is_protected: bool) -> None:
    chain_id = transaction.chain_id or 0
    is_protected = is_protected and chain_id < 2**255 - 20
    try:
        signed = sign(transaction, key, chain_id if is_protected else None)
    except ValueError:
        return  # the key is above the order of the curve
    data = encode_transaction(signed)
    assert isinstance(sender_verdict(data, chain_id), bytes)
    high = with_signature(
        signed, signature_parity(signed) ^ 1, signed.r, CURVE_ORDER - signed.s, chain_id if is_protected else None
    )
    assert sender_verdict(encode_transaction(high), chain_id) == "INVALID_SIGNATURE"
    if signed.chain_id is not None:
        assert sender_verdict(data, chain_id ^ 1) == "WRONG_CHAIN_ID"


@settings(max_examples=300)
@given(transaction=transactions, chain_id=numbers, is_right=st.booleans())
def test_any_signature_meets_the_same_verdict(transaction: Transaction, chain_id: int, is_right: bool) -> None:
    if is_right and transaction.chain_id is not None:
        chain_id = transaction.chain_id
    sender_verdict(encode_transaction(transaction), chain_id)


LEGACY: list[rlp.Item] = [b"", b"\x01", b"\x52\x08", bytes(20), b"", b"", b"\x1b", b"\x01", b"\x01"]


def legacy(**changed: rlp.Item) -> bytes:
    items = list(LEGACY)
    for place, item in changed.items():
        items[int(place[1:])] = item
    return rlp.encode(items)


def deep(depth: int) -> bytes:
    """So many lists, one in another."""
    data = b"\xc0"
    for _ in range(depth - 1):
        data = rlp._prefix(0xC0, len(data)) + data
    return data


def with_deep_data(depth: int) -> bytes:
    """A legacy transaction with nested lists for data, and an r that is too long."""
    inner = deep(depth)
    parts = [rlp.encode(item) for item in LEGACY]
    payload = b"".join([*parts[:5], inner, parts[6], rlp.encode(b"\x01" * 33), parts[8]])
    return rlp._prefix(0xC0, len(payload)) + payload


KNOWN_TRANSACTIONS = {
    "nothing": (b"", "MALFORMED_TRANSACTION"),
    "type 0 as a type": (b"\x00" + rlp.encode(LEGACY), "TYPE_NOT_SUPPORTED"),
    "type 5": (b"\x05\xc0", "TYPE_NOT_SUPPORTED"),
    "no type": (b"\x80", "MALFORMED_TRANSACTION"),
    "bytes after the list": (rlp.encode(LEGACY) + b"\x00", "MALFORMED_TRANSACTION"),
    "nine fields": (rlp.encode(LEGACY), "accepted"),
    "eight fields": (rlp.encode(LEGACY[:8]), "MALFORMED_TRANSACTION"),
    "ten fields": (rlp.encode([*LEGACY, b""]), "MALFORMED_TRANSACTION"),
    "nonce of nine bytes": (legacy(f0=b"\x01" + bytes(8)), "MALFORMED_TRANSACTION"),
    "nonce of eight bytes": (legacy(f0=b"\xff" * 8), "accepted"),
    "nonce that is a list": (legacy(f0=[]), "MALFORMED_TRANSACTION"),
    "gas price of 33 bytes": (legacy(f1=b"\x01" + bytes(32)), "MALFORMED_TRANSACTION"),
    "value with a zero in front": (legacy(f4=b"\x00\x01"), "MALFORMED_TRANSACTION"),
    "value of one zero byte": (legacy(f4=b"\x00"), "MALFORMED_TRANSACTION"),
    "recipient of 19 bytes": (legacy(f3=bytes(19)), "MALFORMED_TRANSACTION"),
    "recipient of 21 bytes": (legacy(f3=bytes(21)), "MALFORMED_TRANSACTION"),
    "v of 33 bytes": (legacy(f6=b"\x01" * 33), "MALFORMED_TRANSACTION"),
    "largest v": (legacy(f6=b"\xff" * 32), "accepted"),
    "r of 33 bytes": (legacy(f7=b"\x01" * 33), "INVALID_SIGNATURE"),
    "r of 33 bytes, zero in front": (legacy(f7=bytes(33)), "MALFORMED_TRANSACTION"),
    "s of 33 bytes": (legacy(f8=b"\x01" * 33), "INVALID_SIGNATURE"),
    "r too long before s of no form": (legacy(f7=b"\x01" * 33, f8=[]), "INVALID_SIGNATURE"),
    "s of no form before r in order": (legacy(f7=b"\x01", f8=b"\x00"), "MALFORMED_TRANSACTION"),
    "data that is a list": (with_deep_data(127), "MALFORMED_TRANSACTION"),
    "data that is too deep a list": (with_deep_data(128), "MALFORMED_TRANSACTION"),
}


@pytest.mark.parametrize("name", KNOWN_TRANSACTIONS)
def test_known_verdicts(name: str) -> None:
    data, verdict = KNOWN_TRANSACTIONS[name]
    assert transaction_verdict(data) == verdict


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(Refused, match=r"^MALFORMED_TRANSACTION: nonce: must be a number, but is a list$"):
        encodings.decode_transaction(legacy(f0=[]))
    with pytest.raises(Refused, match=r"^MALFORMED_TRANSACTION: a transaction: bytes follow the item \(at byte 32\)$"):
        encodings.decode_transaction(rlp.encode(LEGACY) + b"\x00")


@pytest.mark.parametrize("depth", [1, 2, 127, 128, 129, 5_000])
def test_no_depth_of_lists_harms(depth: int) -> None:
    """As deep as the decoder goes, and deeper: the block is refused and no stack is used up."""
    with pytest.raises(Refused) as refused:
        encodings.decode_block(deep(depth))
    assert refused.value.code == "MALFORMED_BLOCK"
    assert ("nested too deep" in str(refused.value)) == (depth > rlp.MAXIMUM_DEPTH)


@pytest.mark.parametrize(
    ("part", "code"), [(1, "MALFORMED_TRANSACTION"), (2, "MALFORMED_BLOCK"), (3, "MALFORMED_BLOCK")]
)
def test_a_list_of_many_tiny_items_takes_little_memory(part: int, code: str) -> None:
    """Four million transactions, ommers or withdrawals of one byte each are refused at the first."""
    parts = [rlp.encode([])] * 4
    parts[0] = rlp.encode(decoded_header_item())
    payload = b"\x80" * 4_000_000
    parts[part] = rlp._prefix(0xC0, len(payload)) + payload
    whole = b"".join(parts)
    with pytest.raises(Refused) as refused:
        encodings.decode_block(rlp._prefix(0xC0, len(whole)) + whole)
    assert refused.value.code == code
    assert refused.value.transaction == (0 if part == 1 else None)


def decoded_header_item() -> list[rlp.Item]:
    return [b"" if isinstance(form, int) else bytes(int(form) if form != "any" else 0) for _, form in HEADER_FIELDS]


def values_of(form: int | str) -> st.SearchStrategy[Any]:
    if isinstance(form, int):
        return small_numbers if form == 8 else numbers
    return st.binary(max_size=40) if form == "any" else st.binary(min_size=int(form), max_size=int(form))


headers = st.builds(
    lambda values, count: Header(**{name: values[name] for name, _ in HEADER_FIELDS[:count]}),
    st.fixed_dictionaries({name: values_of(form) for name, form in HEADER_FIELDS}),
    st.integers(15, len(HEADER_FIELDS)),
)
withdrawals = st.builds(Withdrawal, small_numbers, small_numbers, addresses, small_numbers)
blocks = st.builds(
    Block,
    headers,
    st.lists(transactions, max_size=4).map(tuple),
    st.lists(headers, max_size=2).map(tuple),
    st.none() | st.lists(withdrawals, max_size=3).map(tuple),
)


@settings(max_examples=50)
@given(block=blocks)
def test_a_block_is_decoded(block: Block) -> None:
    assert block_verdict(encode_block(block)) == "accepted"


@settings(max_examples=150)
@given(block=blocks, random=st.randoms(use_true_random=False))
def test_a_mutated_block_meets_the_same_verdict(block: Block, random: Any) -> None:
    block_verdict(mutated(encode_block(block), random))


@given(item=st.recursive(st.binary(max_size=30), lambda inner: st.lists(inner, max_size=5), max_leaves=30))
def test_what_is_no_block_meets_the_same_verdict(item: rlp.Item) -> None:
    block_verdict(rlp.encode(item))
    transaction_verdict(rlp.encode(item))


def transactions_in(value: Any) -> Iterator[bytes]:
    """Everything in a fixture that says it is the bytes of a transaction or of a block."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("txbytes", "rlp") and isinstance(inner, str):
                try:
                    yield bytes.fromhex(inner.removeprefix("0x"))
                except ValueError:
                    continue
            else:
                yield from transactions_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from transactions_in(inner)


@pytest.mark.fixtures
@pytest.mark.parametrize(
    ("archive", "prefix", "verdict", "every"),
    [
        ("ethereum-tests", "TransactionTests/", transaction_verdict, 1),
        ("ethereum-tests", "BlockchainTests/InvalidBlocks/", block_verdict, 1),
        ("eest-osaka", "", block_verdict, 2),
        ("eest-osaka", "", transaction_verdict, 2),
    ],
)
def test_official_bytes_meet_the_same_verdict(archive: str, prefix: str, verdict: Any, every: int) -> None:
    """What the fixtures hold, of one file in so many, and two mutations of each."""
    random = Random(11)
    counted: Counter[str] = Counter()
    for index, (_, content) in enumerate(archive_members(archive, prefix)):
        if index % every:
            continue
        for data in transactions_in(json.loads(content)):
            if len(data) > 100_000:
                continue
            counted[verdict(data)] += 1
            for _ in range(2):
                counted[f"mutated: {verdict(mutated(data, random))}"] += 1
    assert counted.total() > 100, counted


@pytest.mark.fixtures
@pytest.mark.parametrize("name", ["1-23587691"])
def test_real_transactions(name: str) -> None:
    raw = [bytes.fromhex(data.removeprefix("0x")) for data in block_file(name)["transactions"]]
    assert {transaction_verdict(data) for data in raw} == {"accepted"}
    assert encodings.ordered_root(raw) == ordered_trie_root(raw)


@given(values=st.lists(st.binary(min_size=1, max_size=40), max_size=20))
@example(values=[b"\x01"] * 17)
def test_root_over_a_list(values: list[bytes]) -> None:
    assert encodings.ordered_root(values) == ordered_trie_root(values)


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 126, 127, 128, 129, 130, 255, 256, 257, 300, 1000])
@pytest.mark.parametrize("size", [1, 100])
def test_root_over_a_list_of_any_length(count: int, size: int) -> None:
    """Around 128 and 256, where keys grow by a byte; short values stand in their parents."""
    values = [(index % 251 + 1).to_bytes(1, "big") * size for index in range(count)]
    assert encodings.ordered_root(values) == ordered_trie_root(values)


logs = st.builds(Log, addresses, st.lists(hashes, max_size=4).map(tuple), st.binary(max_size=70))
receipts = st.builds(Receipt, st.integers(0, 4), st.booleans(), small_numbers, st.lists(logs, max_size=4).map(tuple))


def plain(receipt: Receipt) -> tuple[int, bool, int, tuple[Log, ...]]:
    return (receipt.type, receipt.succeeded, receipt.cumulative_gas_used, receipt.logs)


@settings(max_examples=100)
@given(receipts=st.lists(receipts, max_size=6))
def test_receipts(receipts: list[Receipt]) -> None:
    root, bloom = encodings.receipts_root([plain(receipt) for receipt in receipts])
    assert root == receipts_root(receipts)
    assert bloom == logs_bloom(log for receipt in receipts for log in receipt.logs)
    assert encodings.ordered_root([encode_receipt(receipt) for receipt in receipts]) == root


@given(logs=st.lists(logs, max_size=4))
def test_logs(logs: list[Log]) -> None:
    assert encodings.logs_hash(logs) == logs_hash(logs)


def test_more_receipts_than_are_hashed_at_once() -> None:
    """Entries are remembered from receipt to receipt, and no longer than their hashes are."""
    random = Random(3)
    entries = [random.randbytes(32) for _ in range(40)]
    listed = [
        Receipt(
            index % 5,
            index % 3 > 0,
            21000 * (index + 1),
            tuple(
                Log(
                    random.choice(entries)[:20], tuple(random.choices(entries, k=random.randrange(5))), bytes(index % 9)
                )
                for _ in range(random.randrange(4))
            ),
        )
        for index in range(700)
    ]
    root, bloom = encodings.receipts_root([plain(receipt) for receipt in listed])
    assert root == receipts_root(listed)
    assert bloom == logs_bloom(log for receipt in listed for log in receipt.logs)


def test_many_logs_share_few_entries() -> None:
    """Entries that share a place among those that are kept do not take each other's bits."""
    logs = tuple(
        Log(bytes(18) + (index % 7).to_bytes(2, "big"), ((index * 4099 % 3001).to_bytes(32, "big"),), b"")
        for index in range(4000)
    )
    receipt = Receipt(2, True, 21000, logs)
    assert encodings.receipts_root([plain(receipt)]) == (receipts_root([receipt]), logs_bloom(logs))


@pytest.mark.parametrize("bits", [512, 256, 0])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 9, 300])
def test_hashing_many_at_once(bits: int, count: int) -> None:
    """Lengths around whole blocks, and more blocks than are hashed together."""
    random = Random(count)
    lengths = [0, 1, 32, 135, 136, 137, 271, 272, 532, 1087, 1088, 1089, 3000]
    messages = [random.randbytes(random.choice(lengths)) for _ in range(count)]
    assert encodings.keccak_of_each(messages, bits) == [keccak256(message) for message in messages]


@given(requests=st.lists(st.binary(min_size=2, max_size=80), max_size=5))
def test_requests(requests: list[bytes]) -> None:
    assert encodings.requests_hash(requests) == requests_hash(requests)


def test_a_request_without_data_does_not_count() -> None:
    assert encodings.requests_hash([b"\x00", b"\x01data", b""]) == requests_hash([b"\x01data"])


MALFORMED_RLP = {
    "": ("there are no bytes", 0),
    "8100": ("a single byte below 0x80 has a prefix", 0),
    "83aabb": ("bytes end after what they stand in", 0),
    "c2aa": ("a list ends after what it stands in", 0),
    "c283aabbcc": ("bytes follow the item", 3),
    "c283aa": ("bytes end after what they stand in", 1),
    "c1c1": ("a list ends after what it stands in", 1),
    "b8": ("the length of an item is cut off", 0),
    "b801ff": ("a length that fits the prefix stands apart from it", 0),
    "b90040" + "00" * 64: ("a length begins with a zero byte", 0),
    "ffffffffffffffffff00": ("a list ends after what it stands in", 0),
    "8000": ("bytes follow the item", 1),
}


@pytest.mark.parametrize("data", MALFORMED_RLP)
def test_malformed_rlp_is_named_with_its_place(data: str) -> None:
    assert encodings.rlp_problem(bytes.fromhex(data)) == MALFORMED_RLP[data]


@given(data=st.binary(max_size=12) | st.binary(min_size=55, max_size=70).map(lambda data: rlp.encode([data, []])))
def test_bytes_are_an_item_on_both_sides_or_on_none(data: bytes) -> None:
    assert (encodings.rlp_problem(data) is None) == is_item(data)


def is_item(data: bytes) -> bool:
    try:
        rlp.decode(data)
    except rlp.MalformedRlp:
        return False
    return True


@pytest.mark.fixtures
def test_official_tests_of_rlp() -> None:
    counted: Counter[bool] = Counter()
    for path, content in archive_members("ethereum-tests", "RLPTests/"):
        for name, case in json.loads(content).items():
            is_valid = encodings.rlp_problem(bytes.fromhex(case["out"].removeprefix("0x"))) is None
            assert is_valid == (case["in"] != "INVALID"), f"{path}: {name}"
            counted[is_valid] += 1
    assert counted[True] >= 25
    assert counted[False] >= 25
