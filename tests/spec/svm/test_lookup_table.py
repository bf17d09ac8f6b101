"""Lookup tables: which keys they bring, each defect of theirs, and what a block does to them within itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import ADDRESS_LOOKUP_TABLE, SYSTEM
from samestate.spec.svm.lookup_table import resolve_lookups
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.sysvars import SlotHashes
from tests.spec.svm.small import RICH, SOL, SYSTEM_ACCOUNT, SmallChain, key, message_of, signed, table, transfer_data

TABLE = bytes([0x7A]) * 32
OTHER_TABLE = bytes([0x7B]) * 32
ADDRESSES = [bytes([number]) * 32 for number in range(0x40, 0x48)]


def message(*lookups: tuple[bytes, tuple[int, ...], tuple[int, ...]]) -> TransactionMessage:
    return message_of((key(1), SYSTEM), version=0, lookups=lookups)


def resolve(account: Account | None, *indices: int, slot: int = 1, skipped: int = 0) -> Any:
    """The addresses of these indices in the block of ``slot``, or the name of what is wrong with the table."""
    chain = SmallChain(RICH | ({} if account is None else {TABLE: account}))
    while chain.bank.slot < slot - skipped - 1:
        chain.add()
    block = chain.block([signed(message((TABLE, indices, ())), 1)], slot=slot)
    try:
        return resolve_lookups(block, block.entries[0].transactions[0].message)[0]
    except Rejection as rejection:
        return rejection.code.name


def test_keys_come_in_order_of_lookups_writable_ones_first() -> None:
    chain = SmallChain({TABLE: table(ADDRESSES), OTHER_TABLE: table(ADDRESSES[::-1])})
    block = chain.block([signed(message((TABLE, (1,), (2, 3)), (OTHER_TABLE, (0, 0), (1,))), 1)])
    assert resolve_lookups(block, block.entries[0].transactions[0].message) == (
        (ADDRESSES[1], ADDRESSES[7], ADDRESSES[7]),
        (ADDRESSES[2], ADDRESSES[3], ADDRESSES[6]),
    )


def test_indices_up_to_the_end() -> None:
    assert resolve(table(ADDRESSES), 0, 7) == (ADDRESSES[0], ADDRESSES[7])
    assert resolve(table(ADDRESSES), 0, 8) == "INVALID_ADDRESS_LOOKUP_TABLE_INDEX"
    assert resolve(table([]), 0) == "INVALID_ADDRESS_LOOKUP_TABLE_INDEX"


def cut(account: Account, length: int) -> Account:
    return replace(account, data=account.data[:length].ljust(length, b"\x00"))


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (None, "ADDRESS_LOOKUP_TABLE_NOT_FOUND"),
        (Account(SOL), "INVALID_ADDRESS_LOOKUP_TABLE_OWNER"),
        (replace(table(ADDRESSES), owner=SYSTEM), "INVALID_ADDRESS_LOOKUP_TABLE_OWNER"),
        (Account(SOL, ADDRESS_LOOKUP_TABLE), "INVALID_ADDRESS_LOOKUP_TABLE_DATA"),
        (cut(table(ADDRESSES), 55), "INVALID_ADDRESS_LOOKUP_TABLE_DATA"),
        (cut(table(ADDRESSES), 56), "INVALID_ADDRESS_LOOKUP_TABLE_INDEX"),
        (cut(table(ADDRESSES), 56 + 31), "INVALID_ADDRESS_LOOKUP_TABLE_DATA"),
        (cut(table(ADDRESSES), 56 + 33), "INVALID_ADDRESS_LOOKUP_TABLE_DATA"),
        (replace(table(ADDRESSES), data=bytes(88)), "INVALID_ADDRESS_LOOKUP_TABLE_DATA"),
        (replace(table(ADDRESSES), data=b"\x02" + table(ADDRESSES).data[1:]), "INVALID_ADDRESS_LOOKUP_TABLE_DATA"),
        (
            replace(table(ADDRESSES), data=table(ADDRESSES).data[:21] + b"\x02" + table(ADDRESSES).data[22:]),
            "INVALID_ADDRESS_LOOKUP_TABLE_DATA",
        ),
    ],
)
def test_each_defect(account: Account | None, code: str) -> None:
    assert resolve(account, 0) == code


def test_a_table_whose_authority_is_gone() -> None:
    assert resolve(table(ADDRESSES, authority=False), 3) == (ADDRESSES[3],)


def test_an_extension_shows_from_the_next_slot_on() -> None:
    extended = table(ADDRESSES, extended=5, start=3)
    assert resolve(extended, 2, slot=5) == (ADDRESSES[2],)
    assert resolve(extended, 3, slot=5) == "INVALID_ADDRESS_LOOKUP_TABLE_INDEX"
    assert resolve(extended, 3, slot=4) == "INVALID_ADDRESS_LOOKUP_TABLE_INDEX"
    assert resolve(extended, 3, slot=6) == (ADDRESSES[3],)
    assert resolve(table(ADDRESSES, extended=5, start=9), 0, slot=5) == "INVALID_ADDRESS_LOOKUP_TABLE_DATA"
    assert resolve(table(ADDRESSES, extended=5, start=9), 0, slot=6) == (ADDRESSES[0],)


def test_a_deactivated_table_serves_while_its_slot_is_remembered() -> None:
    deactivated = table(ADDRESSES, deactivated=1)
    assert resolve(deactivated, 0, slot=1) == (ADDRESSES[0],)
    assert resolve(deactivated, 0, slot=2) == (ADDRESSES[0],)
    assert resolve(deactivated, 0, slot=3, skipped=1) == (ADDRESSES[0],)
    # Slot 1 had no block, so that SlotHashes never heard of it; and slot 9 is yet to come.
    assert resolve(deactivated, 0, slot=2, skipped=1) == "ADDRESS_LOOKUP_TABLE_NOT_FOUND"
    assert resolve(table(ADDRESSES, deactivated=9), 0, slot=2) == "ADDRESS_LOOKUP_TABLE_NOT_FOUND"


def test_it_serves_for_512_blocks() -> None:
    chain = SmallChain({TABLE: table(ADDRESSES, deactivated=1)})
    hashes = SlotHashes(())
    for slot in range(1, 513):
        hashes = hashes.with_parent(slot, bytes(32))
    assert hashes.entries[-1][0] == 1
    assert hashes.with_parent(513, bytes(32)).entries[-1][0] == 2
    block = chain.block([signed(message((TABLE, (0,), ())), 1)])
    for parent, code in ((512, None), (513, "ADDRESS_LOOKUP_TABLE_NOT_FOUND")):
        constants = dict(block.constants)
        sysvar = next(address for address in constants if address != TABLE)
        constants[sysvar] = Account(1, SYSTEM, False, hashes.encode())
        later = replace(block, slot=parent + 1, parent_slot=parent, constants=constants)
        try:
            resolve_lookups(later, block.entries[0].transactions[0].message)
            found = None
        except Rejection as rejection:
            found = rejection.code.name
        assert found == code
        hashes = hashes.with_parent(parent, bytes(32))


def test_a_table_that_the_block_itself_empties_serves_to_its_end() -> None:
    """Lookups take what was there before the block: the account of a table is no dependency."""
    chain = SmallChain({**RICH, TABLE: table([key(2)])})
    content = message_of((key(1), SYSTEM), [(1, (0, 2), transfer_data(5))], version=0, lookups=[(TABLE, (0,), ())])
    result = chain.add([signed(content, 1)])
    assert TABLE not in result.steps[1].reads
    assert result.receipts[0].loaded_size == 8_248 + 64 + 64 + 64 + len(SYSTEM_ACCOUNT.data)


def test_a_block_made_for_another_state_is_seen() -> None:
    chain = SmallChain({**RICH, TABLE: table([key(2)])})
    block = chain.block([signed(message((TABLE, (0,), ())), 1)])
    with pytest.raises(ValueError, match="made for another state"):
        chain.apply(replace(block, constants={**block.constants, TABLE: table([key(3)])}))
