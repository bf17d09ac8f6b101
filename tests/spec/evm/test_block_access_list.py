"""Block access lists as data: the two-way encoding, what is malformed, and how items are counted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm import rlp
from samestate.spec.evm.block_access_list import (
    AccountAccess,
    BlockAccessList,
    SlotChanges,
    count_items,
    decode_access_list,
    encode_access_list,
    hash_access_list,
)
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import Rejection
from tests.spec.evm.strategies import block_access_lists, tampered

ALICE = bytes([0xAA] * 20)
BOB = bytes([0xBB] * 20)

EXAMPLE: BlockAccessList = (
    AccountAccess(
        ALICE,
        storage_changes=(SlotChanges(1, ((1, 5), (2, 0))), SlotChanges(2**256 - 1, ((1, 2**256 - 1),))),
        storage_reads=(0, 7),
        balance_changes=((1, 10**18),),
        nonce_changes=((1, 1), (2, 2)),
        code_changes=((2**32 - 1, b"\x00\x01"),),
    ),
    AccountAccess(BOB),
)


def test_the_list_of_nothing() -> None:
    assert encode_access_list(()) == b"\xc0"
    assert hash_access_list(()).hex() == "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    assert count_items(()) == 0


def test_the_shape_of_the_encoding() -> None:
    words = b"\xff" * 32
    assert rlp.decode(encode_access_list(EXAMPLE)) == [
        [
            ALICE,
            [[b"\x01", [[b"\x01", b"\x05"], [b"\x02", b""]]], [words, [[b"\x01", words]]]],
            [b"", b"\x07"],
            [[b"\x01", rlp.integer(10**18)]],
            [[b"\x01", b"\x01"], [b"\x02", b"\x02"]],
            [[b"\xff" * 4, b"\x00\x01"]],
        ],
        [BOB, [], [], [], [], []],
    ]


def test_items_are_addresses_and_slots() -> None:
    assert count_items(EXAMPLE) == 2 + 2 + 2


@given(block_access_lists)
def test_decoding_gives_back_what_was_encoded(accounts: BlockAccessList) -> None:
    content = encode_access_list(accounts)
    assert decode_access_list(content) == accounts
    assert hash_access_list(accounts) == keccak256(content)


@given(st.binary(max_size=60) | tampered(block_access_lists.map(encode_access_list)))
def test_any_bytes_are_the_one_form_of_a_list_or_rejected(data: bytes) -> None:
    try:
        accounts = decode_access_list(data)
    except Rejection as rejected:
        assert rejected.code is Invalid.MALFORMED_ACCESS_LIST
        return
    assert encode_access_list(accounts) == data


def account(place: int, item: rlp.Item) -> rlp.Item:
    """A list of one account that has ``item`` at ``place``."""
    parts: list[rlp.Item] = [ALICE, [], [], [], [], []]
    parts[place] = item
    return [parts]


MALFORMED: list[tuple[rlp.Item, str]] = [
    (b"", "a block access list: must be a list, but is 0 bytes"),
    ([[]], "an account's access: must be a list of 6 items, but has 0"),
    ([[ALICE, [], [], [], []]], "an account's access: must be a list of 6 items, but has 5"),
    (account(0, bytes(19)), "address: must be 20 bytes, but is 19"),
    (account(1, b""), "storage changes: must be a list, but is 0 bytes"),
    (account(1, [[b"\x01"]]), "the changes of a slot: must be a list of 2 items, but has 1"),
    (account(1, [[b"\x00", []]]), "slot: must not begin with a zero byte, but is 0x00"),
    (account(1, [[bytes([1] * 33), []]]), "slot: must be at most 32 bytes, but is 33"),
    (account(1, [[b"", [[b""]]]]), "a slot change: must be a list of 2 items, but has 1"),
    (account(1, [[b"", [[bytes([1] * 5), b""]]]]), "index of a change: must be at most 4 bytes, but is 5"),
    (account(1, [[b"", [[b"", bytes([1] * 33)]]]]), "slot: must be at most 32 bytes, but is 33"),
    (account(2, [[]]), "slot that was read: must be a number, but is a list of 0 items"),
    (account(2, [b"\x00\x01"]), "slot that was read: must not begin with a zero byte, but is 0x0001"),
    (account(3, [[b"", bytes([1] * 33)]]), "balance: must be at most 32 bytes, but is 33"),
    (account(4, [[b"", bytes([1] * 9)]]), "nonce: must be at most 8 bytes, but is 9"),
    (account(4, [[bytes([1] * 5), b""]]), "index of a change: must be at most 4 bytes, but is 5"),
    (account(5, [[b"\x00", b""]]), "index of a change: must not begin with a zero byte, but is 0x00"),
    (account(5, [[b"", []]]), "code: must be bytes, but is a list of 0 items"),
    (account(5, [[b"", b"", b""]]), "a code change: must be a list of 2 items, but has 3"),
]


@pytest.mark.parametrize(("item", "detail"), MALFORMED, ids=[detail for _, detail in MALFORMED])
def test_malformed_lists_say_what_is_wrong(item: rlp.Item, detail: str) -> None:
    with pytest.raises(Rejection, match=f"^{re.escape(f'{Invalid.MALFORMED_ACCESS_LIST.value}: {detail}')}$"):
        decode_access_list(rlp.encode(item))
