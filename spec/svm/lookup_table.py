"""Address lookup tables: accounts that hold addresses, from which messages take keys by index."""

# source: Solana SDK, address-lookup-table-interface/src/state.rs; Agave, runtime/src/bank/address_lookup_table.rs

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import ADDRESS_BYTES, ADDRESS_LOOKUP_TABLE, SLOT_HASHES, base58
from samestate.spec.svm.block import Block
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.sysvars import SlotHashes

HEAD_BYTES: Final = 56
NEVER: Final = 2**64 - 1
"""The deactivation slot of a table that is active."""
_TABLE: Final = 1
_HEAD: Final = struct.Struct("<IQQBB")


@dataclass(frozen=True, slots=True)
class LookupTable:
    """What the account of a table says. Addresses from ``start_of_extension`` on came in ``last_extended_slot``."""

    deactivation_slot: int
    last_extended_slot: int
    start_of_extension: int
    addresses: tuple[bytes, ...]


def decode_table(data: bytes) -> LookupTable:
    """The table that an account's data is. Raises Rejection where it is none."""
    if len(data) < HEAD_BYTES or (len(data) - HEAD_BYTES) % ADDRESS_BYTES != 0:
        # rule: svm.lookup.length
        raise Rejection(Invalid.INVALID_ADDRESS_LOOKUP_TABLE_DATA, f"{len(data)} bytes")
    kind, deactivation_slot, last_extended_slot, start_of_extension, has_authority = _HEAD.unpack_from(data)
    if kind != _TABLE or has_authority > 1:
        # rule: svm.lookup.no-table
        raise Rejection(Invalid.INVALID_ADDRESS_LOOKUP_TABLE_DATA, "its head is not that of a table")
    places = range(HEAD_BYTES, len(data), ADDRESS_BYTES)
    addresses = tuple(data[place : place + ADDRESS_BYTES] for place in places)
    return LookupTable(deactivation_slot, last_extended_slot, start_of_extension, addresses)


def resolve_lookups(block: Block, message: TransactionMessage) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The writable and the readonly keys that the lookups of a message bring. Raises Rejection.

    From the tables as they were before the block: what a block does to one cannot show within it.
    """
    writable: list[bytes] = []
    readonly: list[bytes] = []
    for lookup in message.lookups:
        addresses = active_addresses(block, find_table(block, lookup.table))
        # rule: svm.lookup.order-of-keys
        writable += take(addresses, lookup.writable)
        readonly += take(addresses, lookup.readonly)
    return tuple(writable), tuple(readonly)


def find_table(block: Block, address: bytes) -> LookupTable:
    """The table under an address. Raises Rejection where there is none."""
    account: Account | None = block.constants[address]
    if account is None:
        # rule: svm.lookup.absent
        raise Rejection(Invalid.ADDRESS_LOOKUP_TABLE_NOT_FOUND, base58(address))
    if account.owner != ADDRESS_LOOKUP_TABLE:
        # rule: svm.lookup.owner
        raise Rejection(Invalid.INVALID_ADDRESS_LOOKUP_TABLE_OWNER, base58(address))
    return decode_table(account.data)


def active_addresses(block: Block, table: LookupTable) -> tuple[bytes, ...]:
    """The addresses of a table that may be taken in this slot. Raises Rejection where the table may not be used."""
    if table.deactivation_slot not in (NEVER, block.slot) and table.deactivation_slot not in recent_slots(block):
        # rule: svm.lookup.deactivated
        raise Rejection(Invalid.ADDRESS_LOOKUP_TABLE_NOT_FOUND, f"deactivated in slot {table.deactivation_slot}")
    if block.slot > table.last_extended_slot:
        # rule: svm.lookup.whole-table
        return table.addresses
    if table.start_of_extension > len(table.addresses):
        # rule: svm.lookup.extension-past-end
        raise Rejection(Invalid.INVALID_ADDRESS_LOOKUP_TABLE_DATA, "its last extension begins after its end")
    # rule: svm.lookup.extended-in-this-slot
    return table.addresses[: table.start_of_extension]


def recent_slots(block: Block) -> frozenset[int]:
    """The slots of SlotHashes once the block is opened."""
    opened = SlotHashes.read(block.constants[SLOT_HASHES]).with_parent(block.parent_slot, block.parent_hash)
    return frozenset(slot for slot, _ in opened.entries)


def take(addresses: tuple[bytes, ...], indices: bytes) -> list[bytes]:
    """The addresses of these indices. Raises Rejection where one is beyond the end."""
    if indices and max(indices) >= len(addresses):
        # rule: svm.lookup.index
        raise Rejection(
            Invalid.INVALID_ADDRESS_LOOKUP_TABLE_INDEX, f"index {max(indices)} of {len(addresses)} addresses"
        )
    return [addresses[index] for index in indices]
