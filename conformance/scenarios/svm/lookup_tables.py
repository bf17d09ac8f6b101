"""Lookup tables: which are tables, which of their addresses may be taken, and when a change of one shows."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from samestate.conformance.generating.svm.instructions import transfer, written
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FIRST_SLOT, SOL, SvmAccount
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import SLOT_HASHES, SYSVAR
from samestate.spec.svm.message import TableLookup
from samestate.spec.svm.rejections import Invalid

SLOT: Final = FIRST_SLOT + 1
"""That of the first block."""


@svm_scenario()
def a_key_from_a_table(block: SvmBlockBuilder) -> None:
    """A transaction pays an account that it takes from a table; the table counts as loaded, and is not read."""
    payer, shop = block.wallets("payer", "shop")
    table = block.lookup_table("table", shop)
    block.send(payer, transfer(payer.address, shop.address, 5), tables=[table])
    block.expect_success(True)
    block.expect_lamports(shop, 10 * SOL + 5)
    block.expect_numbers("loaded_size", 8248 + 3 * 64 + 21)
    block.expect_reads(0, payer, shop, bytes(32))


@svm_scenario()
def keys_of_two_tables_in_their_order(block: SvmBlockBuilder) -> None:
    """Two lookups bring keys to write and to read: first all that are written, table by table, then all others."""
    payer, shop, stall = block.wallets("payer", "shop", "stall")
    seen, watched = block.wallets("seen", "watched")
    first = block.lookup_table("first table", seen, shop)
    second = block.lookup_table("second table", stall, watched)
    block.send(
        payer,
        transfer(payer.address, shop.address, 5),
        transfer(payer.address, stall.address, 6),
        tables=[first, second],
        more_keys=[written(watched.address)],
    )
    block.expect_success(True)
    block.expect_lamports(stall, 10 * SOL + 6)


@dataclass(frozen=True, slots=True)
class TableDefect:
    """A table that cannot be used, or is none."""

    name: str
    sentence: str
    spoil: Callable[[SvmBlockBuilder, SvmAccount, Account], None]
    code: Invalid


def with_data(change: Callable[[bytes], bytes]) -> Callable[[SvmBlockBuilder, SvmAccount, Account], None]:
    """Other data."""
    return lambda block, table, content: block.put(table, replace(content, data=change(content.data)))


def absent(block: SvmBlockBuilder, table: SvmAccount, content: Account) -> None:
    """No table at all."""
    del block.accounts[table.address]


DEFECTS: Final = (
    TableDefect("absent", "A lookup names a table that is not there.", absent, Invalid.ADDRESS_LOOKUP_TABLE_NOT_FOUND),
    TableDefect(
        "of_another_owner",
        "A lookup names an account that the System program owns, though its data is that of a table.",
        lambda block, table, content: block.put(table, replace(content, owner=bytes(32))),
        Invalid.INVALID_ADDRESS_LOOKUP_TABLE_OWNER,
    ),
    TableDefect(
        "too_short",
        "A table has 55 bytes, and the head of a table 56.",
        with_data(lambda data: data[:55]),
        Invalid.INVALID_ADDRESS_LOOKUP_TABLE_DATA,
    ),
    TableDefect(
        "with_part_of_an_address",
        "A table ends in the middle of an address.",
        with_data(lambda data: data + b"\x01"),
        Invalid.INVALID_ADDRESS_LOOKUP_TABLE_DATA,
    ),
    TableDefect(
        "of_another_kind",
        "The head of a table says that it is uninitialized.",
        with_data(lambda data: struct.pack("<I", 0) + data[4:]),
        Invalid.INVALID_ADDRESS_LOOKUP_TABLE_DATA,
    ),
    TableDefect(
        "empty_data",
        "The account of a table has no data.",
        with_data(lambda data: b""),
        Invalid.INVALID_ADDRESS_LOOKUP_TABLE_DATA,
    ),
    TableDefect(
        "without_addresses",
        "A table has a head and no addresses, and index 0 is asked for.",
        with_data(lambda data: data[:56]),
        Invalid.INVALID_ADDRESS_LOOKUP_TABLE_INDEX,
    ),
)


def add_defect(defect: TableDefect) -> None:
    """A block whose second transaction uses the table."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        table = block.lookup_table("table", shop)
        defect.spoil(block, table, block.accounts[table.address])
        block.send(payer, transfer(payer.address, shop.address, 1))
        block.send(payer, transfer(payer.address, shop.address, 2), tables=[table])
        block.expect(defect.code, 1)

    add_svm_scenario(__name__, defect.name, defect.sentence, story)


for each in DEFECTS:
    add_defect(each)


@svm_scenario()
def an_index_past_the_end(block: SvmBlockBuilder) -> None:
    """A lookup asks for the third of two addresses."""
    payer, shop, other = block.wallets("payer", "shop", "other")
    table = block.lookup_table("table", shop, other)
    past = TableLookup(table.address, b"\x00\x02", b"")
    block.send(
        payer,
        transfer(payer.address, shop.address, 2),
        tables=[table],
        change=lambda message: replace(message, lookups=(past,)),
    )
    block.expect(Invalid.INVALID_ADDRESS_LOOKUP_TABLE_INDEX, 0)


@svm_scenario()
def a_lookup_of_nothing(block: SvmBlockBuilder) -> None:
    """A lookup asks for no address of its table: the message is not sane, whatever the table is."""
    payer, shop = block.wallets("payer", "shop")
    table = block.lookup_table("table")
    nothing = TableLookup(table.address, b"", b"")
    block.send(
        payer,
        transfer(payer.address, shop.address, 2),
        version=0,
        change=lambda message: replace(message, lookups=(nothing,)),
    )
    block.expect(Invalid.SANITIZE_FAILURE, 0)


def add_extension(extended: int, start: int, code: Invalid | None, name: str, sentence: str) -> None:
    """A table that was extended in a slot, the address that is asked for being the second of two."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop, other = block.wallets("payer", "shop", "other")
        table = block.lookup_table("table", other, shop, extended=extended, extension_start=start)
        block.send(payer, transfer(payer.address, shop.address, 2), tables=[table])
        if code is None:
            block.expect_success(True)
        else:
            block.expect(code, 0)

    add_svm_scenario(__name__, name, sentence, story, hazards="H106")


add_extension(
    SLOT - 1, 1, None, "extended_in_the_slot_before", "An address came to a table in the slot before: it may be taken."
)
add_extension(
    SLOT,
    1,
    Invalid.INVALID_ADDRESS_LOOKUP_TABLE_INDEX,
    "extended_in_this_slot",
    "An address comes to a table in the slot of the block: nobody may take it yet.",
)
add_extension(
    SLOT, 2, None, "extended_past_it_in_this_slot", "A table grows in the slot of the block, behind what is asked for."
)
add_extension(
    SLOT,
    3,
    Invalid.INVALID_ADDRESS_LOOKUP_TABLE_DATA,
    "extension_that_begins_past_the_end",
    "The last extension of a table begins behind its last address.",
)


def slot_hashes(*slots: int) -> Account:
    """SlotHashes with these slots, the newest first."""
    data = struct.pack("<Q", len(slots)) + b"".join(
        struct.pack("<Q", slot) + bytes([slot % 251]) * 32 for slot in slots
    )
    return Account(SOL, SYSVAR, False, data)


def add_deactivation(name: str, sentence: str, deactivated: int, known: tuple[int, ...], is_right: bool) -> None:
    """A table that was deactivated in a slot, where SlotHashes knows some."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        if known:
            block.at("slot hashes", SLOT_HASHES, slot_hashes(*known))
        table = block.lookup_table("table", shop, deactivated=deactivated)
        block.send(payer, transfer(payer.address, shop.address, 2), tables=[table])
        if is_right:
            block.expect_success(True)
        else:
            block.expect(Invalid.ADDRESS_LOOKUP_TABLE_NOT_FOUND, 0)

    add_svm_scenario(__name__, name, sentence, story, hazards="H106")


RECENT: Final = tuple(range(FIRST_SLOT - 1, FIRST_SLOT - 5, -1))
add_deactivation("deactivated_in_this_slot", "A table is deactivated in this slot: it is still used.", SLOT, (), True)
add_deactivation(
    "deactivated_in_the_parent", "A table was deactivated in the slot of the parent.", FIRST_SLOT, RECENT, True
)
add_deactivation(
    "deactivated_some_slots_ago",
    "A table was deactivated in a slot that SlotHashes knows.",
    FIRST_SLOT - 3,
    RECENT,
    True,
)
add_deactivation(
    "deactivated_before_all_known",
    "A table was deactivated before the oldest slot of SlotHashes.",
    FIRST_SLOT - 9,
    RECENT,
    False,
)
add_deactivation(
    "deactivated_in_a_skipped_slot",
    "A table was deactivated in a slot that SlotHashes does not know, between two that it knows: it is gone at once.",
    FIRST_SLOT - 2,
    (FIRST_SLOT - 1, FIRST_SLOT - 3),
    False,
)
add_deactivation(
    "deactivated_in_the_future",
    "A table will be deactivated in a later slot: it is gone already.",
    SLOT + 1,
    RECENT,
    False,
)


@svm_scenario(hazards="H106")
def cooled_down_on_the_way(block: SvmBlockBuilder) -> None:
    """A table is usable in the block of the slot of its deactivation, and after slots that were skipped no more."""
    payer, shop = block.wallets("payer", "shop")
    table = block.lookup_table("table", shop, deactivated=SLOT)
    block.send(payer, transfer(payer.address, shop.address, 2), tables=[table])
    block.next_block(SLOT + 1)
    block.send(payer, transfer(payer.address, shop.address, 3), tables=[table])
    block.next_block(SLOT + 3)
    block.send(payer, transfer(payer.address, shop.address, 4), tables=[table])
    block.expect_success(True)


@svm_scenario(hazards="H106")
def a_table_that_somebody_pays(block: SvmBlockBuilder) -> None:
    """The account of a table receives lamports in the entry in which it is used: what it says stays."""
    payer, shop = block.wallets("payer", "shop")
    table = block.lookup_table("table", shop)
    block.send(payer, transfer(payer.address, table.address, 5))
    block.send(payer, transfer(payer.address, shop.address, 2), tables=[table])
    block.expect_success(True, True)


@svm_scenario(hazards="H106")
def a_table_that_is_made_in_the_block(block: SvmBlockBuilder) -> None:
    """The account that a lookup names comes to be in the same block, by a transfer: before the block there is none."""
    payer, shop = block.wallets("payer", "shop")
    later = block.nobody("later")
    block.tables[later.address] = (shop.address,)
    block.send(payer, transfer(payer.address, later.address, SOL))
    block.send(payer, transfer(payer.address, shop.address, 2), tables=[later])
    block.expect(Invalid.ADDRESS_LOOKUP_TABLE_NOT_FOUND, 1)


@svm_scenario()
def a_frozen_table(block: SvmBlockBuilder) -> None:
    """A table has no authority any more: it is used as before."""
    payer, shop = block.wallets("payer", "shop")
    table = block.lookup_table("table", shop)
    content = block.accounts[table.address]
    block.put(table, replace(content, data=content.data[:21] + b"\x00" + content.data[22:]))
    block.send(payer, transfer(payer.address, shop.address, 2), tables=[table])
    block.expect_success(True)


@svm_scenario()
def tables_go_before_locks(block: SvmBlockBuilder) -> None:
    """A message names an account twice and a table that is not there: the table is named."""
    payer, shop = block.wallets("payer", "shop")
    missing = block.nobody("missing")
    block.tables[missing.address] = (shop.address,)
    block.send(
        payer,
        transfer(payer.address, shop.address, 2),
        tables=[missing],
        change=lambda message: replace(message, keys=(message.keys[0], message.keys[0])),
    )
    block.expect(Invalid.ADDRESS_LOOKUP_TABLE_NOT_FOUND, 0)
