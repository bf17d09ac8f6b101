"""Random transactions, headers, blocks and access lists, and encodings that were tampered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from samestate.spec.evm import rlp
from samestate.spec.evm.block import HEADER_FIELDS, Block, Header, Withdrawal
from samestate.spec.evm.block_access_list import AccountAccess, BlockAccessList, SlotChanges
from samestate.spec.evm.receipt import Log, Receipt
from samestate.spec.evm.transaction import (
    AccessListTransaction,
    Authorization,
    BlobTransaction,
    FeeMarketTransaction,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
)


def unsigned(bits: int) -> st.SearchStrategy[int]:
    """Numbers below 2^bits, the first and the last of them often."""
    last = 2**bits - 1
    return st.sampled_from([0, 1, 127, 128, last]) | st.integers(min_value=0, max_value=last)


def octets(length: int) -> st.SearchStrategy[bytes]:
    return st.just(bytes(length)) | st.binary(min_size=length, max_size=length)


addresses = octets(20)
hashes = octets(32)
access_lists = st.lists(st.tuples(addresses, st.lists(unsigned(256), max_size=3).map(tuple)), max_size=3).map(tuple)
authorizations = st.builds(
    Authorization,
    chain_id=unsigned(256),
    address=addresses,
    nonce=unsigned(64),
    y_parity=unsigned(8),
    r=unsigned(256),
    s=unsigned(256),
)

_COMMON: dict[str, st.SearchStrategy[Any]] = {
    "nonce": unsigned(64),
    "gas_limit": unsigned(64),
    "to": st.none() | addresses,
    "value": unsigned(256),
    "data": st.binary(max_size=80),
    "r": unsigned(256),
    "s": unsigned(256),
}
_PRICE = {"gas_price": unsigned(256)}
_TYPED = {**_COMMON, "chain_id": unsigned(256), "access_list": access_lists, "y_parity": unsigned(8)}
_FEES = {**_TYPED, "max_priority_fee_per_gas": unsigned(256), "max_fee_per_gas": unsigned(256)}

TRANSACTIONS: dict[type[Transaction], st.SearchStrategy[Transaction]] = {
    LegacyTransaction: st.builds(LegacyTransaction, **_COMMON, **_PRICE, v=st.just(27) | unsigned(256)),
    AccessListTransaction: st.builds(AccessListTransaction, **_TYPED, **_PRICE),
    FeeMarketTransaction: st.builds(FeeMarketTransaction, **_FEES),
    BlobTransaction: st.builds(
        BlobTransaction,
        **_FEES,
        max_fee_per_blob_gas=unsigned(256),
        blob_versioned_hashes=st.lists(hashes, max_size=3).map(tuple),
    ),
    SetCodeTransaction: st.builds(
        SetCodeTransaction, **_FEES, authorizations=st.lists(authorizations, max_size=2).map(tuple)
    ),
}
"""Transactions of each type, with fields from the whole of their ranges and signatures that are none."""

transactions = st.one_of(*TRANSACTIONS.values())


def _header_field(form: int | str) -> st.SearchStrategy[int | bytes]:
    if isinstance(form, int):
        return unsigned(8 * form)
    return st.binary(max_size=40) if form == "any" else octets(int(form))


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Headers of all forks: with the first 15 fields or more."""
    count = draw(st.integers(min_value=15, max_value=len(HEADER_FIELDS)))
    values: dict[str, Any] = {name: draw(_header_field(form)) for name, form in HEADER_FIELDS[:count]}
    return Header(**values)


withdrawals = st.builds(
    Withdrawal, index=unsigned(64), validator_index=unsigned(64), address=addresses, amount=unsigned(64)
)
blocks = st.builds(
    Block,
    header=headers(),
    transactions=st.lists(transactions, max_size=3).map(tuple),
    ommers=st.lists(headers(), max_size=2).map(tuple),
    withdrawals=st.none() | st.lists(withdrawals, max_size=3).map(tuple),
)

logs = st.builds(Log, address=addresses, topics=st.lists(hashes, max_size=4).map(tuple), data=st.binary(max_size=70))
receipts = st.builds(
    Receipt,
    type=st.integers(min_value=0, max_value=4),
    succeeded=st.booleans(),
    cumulative_gas_used=unsigned(64),
    logs=st.lists(logs, max_size=3).map(tuple),
)


def _changes(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.tuples(unsigned(32), values), max_size=3).map(tuple)


block_access_lists: st.SearchStrategy[BlockAccessList] = st.lists(
    st.builds(
        AccountAccess,
        address=addresses,
        storage_changes=st.lists(st.builds(SlotChanges, unsigned(256), _changes(unsigned(256))), max_size=2).map(tuple),
        storage_reads=st.lists(unsigned(256), max_size=3).map(tuple),
        balance_changes=_changes(unsigned(256)),
        nonce_changes=_changes(unsigned(64)),
        code_changes=_changes(st.binary(max_size=40)),
    ),
    max_size=3,
    unique_by=lambda account: account.address,
).map(lambda accounts: tuple(sorted(accounts, key=lambda account: account.address)))


def _change_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """Cut, prolong or flip a bit of the bytes."""
    place = draw(st.integers(min_value=0, max_value=max(len(data) - 1, 0)))
    kind = draw(st.sampled_from(["cut", "prolong", "insert", "flip"]))
    if kind == "cut" or not data:
        return data[:place]
    if kind == "prolong":
        return data + draw(st.binary(min_size=1, max_size=3))
    if kind == "insert":
        return data[:place] + draw(st.binary(min_size=1, max_size=3)) + data[place:]
    return data[:place] + bytes([data[place] ^ 1 << draw(st.integers(min_value=0, max_value=7))]) + data[place + 1 :]


def _change_item(draw: st.DrawFn, item: rlp.Item) -> rlp.Item:
    """Change one item somewhere inside: such encodings are canonical RLP, and wrong one level above it."""
    if isinstance(item, bytes):
        choices: list[Callable[[bytes], rlp.Item]] = [
            lambda value: b"\x00" + value,
            lambda value: value + b"\x01",
            lambda value: value[:-1],
            lambda value: b"",
            lambda value: [value],
            lambda value: [],
            lambda value: bytes(33),
        ]
        return draw(st.sampled_from(choices))(item)
    items = list(item)
    kind = draw(st.sampled_from(["inside"] * 6 + ["drop", "repeat", "append", "flat"]))
    if not items or kind == "append":
        return [*items, draw(st.sampled_from([b"", b"\x01", []]))]
    place = draw(st.integers(min_value=0, max_value=len(items) - 1))
    if kind == "inside":
        items[place] = _change_item(draw, items[place])
    elif kind == "drop":
        del items[place]
    elif kind == "repeat":
        items.insert(place, items[place])
    else:
        return b"".join(value for value in items if isinstance(value, bytes))
    return items


@st.composite
def tampered(draw: st.DrawFn, encodings: st.SearchStrategy[bytes]) -> bytes:
    """A valid encoding, changed in one to three places: as bytes, or as the RLP that it is (after a type, if any)."""
    data = draw(encodings)
    for _ in range(draw(st.integers(min_value=1, max_value=3))):
        kind = b"" if data[:1] >= b"\x80" else data[:1]
        try:
            item = rlp.decode(data[len(kind) :])
        except rlp.MalformedRlp:
            return _change_bytes(draw, data)
        as_bytes = draw(st.booleans())
        data = _change_bytes(draw, data) if as_bytes else kind + rlp.encode(_change_item(draw, item))
    return data
