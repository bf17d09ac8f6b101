"""Sysvars: accounts in which the chain tells programs of itself, and how blocks write them."""

# source: Agave, runtime/src/bank.rs, update_sysvar_account; Solana SDK, slot-hashes/src/lib.rs, slot-history/src/lib.rs

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from samestate.spec.machine import View
from samestate.spec.svm.account import Account, account_key, decode_account, encode_account
from samestate.spec.svm.addresses import (
    CLOCK,
    LAST_RESTART_SLOT,
    RECENT_BLOCKHASHES,
    SLOT_HASHES,
    SLOT_HISTORY,
    SYSVAR,
)
from samestate.spec.svm.block import Block
from samestate.spec.svm.blockhash_queue import BlockhashQueue
from samestate.spec.svm.rent import RentPrice

SLOT_HASHES_KEPT: Final = 512
RECENT_BLOCKHASHES_KEPT: Final = 150
SLOTS_OF_HISTORY: Final = 2**20

_CLOCK: Final = struct.Struct("<QqQQq")
_COUNT: Final = struct.Struct("<Q")
_SLOT_HASH: Final = struct.Struct("<Q32s")
_RECENT_BLOCKHASH: Final = struct.Struct("<32sQ")
_BITS_AHEAD: Final = struct.Struct("<BQ")
"""What stands in front of the bits of SlotHistory: that they are there, and how many words they have."""


def read_sysvar(view: View, address: bytes) -> Account | None:
    """The account of a sysvar."""
    return decode_account(view.get(account_key(address)))


def write_sysvar(view: View, block: Block, address: bytes, before: Account | None, data: bytes) -> None:
    """Give a sysvar its data. Its account holds no less than it did, and what its size takes."""
    minimum = RentPrice(block.lamports_per_byte).minimum_balance(len(data))
    # rule: svm.sysvar.balance
    lamports = max(0 if before is None else before.lamports, minimum)
    view.set(account_key(address), encode_account(Account(lamports, SYSVAR, False, data)))


# Clock


@dataclass(frozen=True, slots=True)
class Clock:
    """Which slot it is, and what time the votes say."""

    slot: int
    epoch_start_timestamp: int
    epoch: int
    leader_schedule_epoch: int
    unix_timestamp: int

    @classmethod
    def read(cls, account: Account | None) -> Self:
        """The clock that an account holds; at the beginning of time where there is none. Raises ValueError."""
        if account is None:
            return cls(0, 0, 0, 0, 0)
        if len(account.data) < _CLOCK.size:
            raise ValueError(f"{len(account.data)} bytes are no Clock")
        return cls(*_CLOCK.unpack_from(account.data))

    def encode(self) -> bytes:
        """Its bytes."""
        times = (self.slot, self.epoch_start_timestamp, self.epoch, self.leader_schedule_epoch, self.unix_timestamp)
        return _CLOCK.pack(*times)


def update_clock(view: View, block: Block) -> None:
    """Set the clock to the slot. Its time never goes back."""
    account = read_sysvar(view, CLOCK)
    before = Clock.read(account)
    timestamp = before.unix_timestamp
    if block.unix_timestamp is not None:
        # rule: svm.clock.timestamp
        timestamp = max(block.unix_timestamp, timestamp)
    clock = Clock(
        slot=block.slot,
        epoch_start_timestamp=before.epoch_start_timestamp,
        epoch=block.epoch,
        leader_schedule_epoch=block.epochs.leader_schedule_epoch(block.slot),
        unix_timestamp=timestamp,
    )
    # rule: svm.open.clock
    write_sysvar(view, block, CLOCK, account, clock.encode())


# SlotHashes


@dataclass(frozen=True, slots=True)
class SlotHashes:
    """The bank hashes of recent slots, newest first."""

    entries: tuple[tuple[int, bytes], ...]

    @classmethod
    def read(cls, account: Account | None) -> Self:
        """What an account holds; nothing where there is none. Raises ValueError where it is no such list."""
        if account is None:
            return cls(())
        (count,) = _COUNT.unpack_from(account.data.ljust(_COUNT.size, b"\x00"))
        content = account.data[_COUNT.size : _COUNT.size + count * _SLOT_HASH.size]
        if len(content) < count * _SLOT_HASH.size:
            raise ValueError(f"{len(account.data)} bytes are too few for {count} slot hashes")
        return cls(tuple(_SLOT_HASH.iter_unpack(content)))

    def with_parent(self, slot: int, bank_hash: bytes) -> Self:
        """The list once a slot has been added."""
        # rule: svm.slot-hashes.newest
        entries = sorted({**dict(self.entries), slot: bank_hash}.items(), reverse=True)
        return type(self)(tuple(entries[:SLOT_HASHES_KEPT]))

    def encode(self) -> bytes:
        """Its bytes, which are as many for every number of slots."""
        content = b"".join(_SLOT_HASH.pack(*entry) for entry in self.entries)
        return (_COUNT.pack(len(self.entries)) + content).ljust(
            _COUNT.size + SLOT_HASHES_KEPT * _SLOT_HASH.size, b"\x00"
        )


def update_slot_hashes(view: View, block: Block) -> None:
    """Add the parent."""
    account = read_sysvar(view, SLOT_HASHES)
    hashes = SlotHashes.read(account).with_parent(block.parent_slot, block.parent_hash)
    # rule: svm.open.slot-hashes
    write_sysvar(view, block, SLOT_HASHES, account, hashes.encode())


# LastRestartSlot


def update_last_restart_slot(view: View, block: Block) -> None:
    """Write the newest hard fork up to the slot, where that is not what is written."""
    account = read_sysvar(view, LAST_RESTART_SLOT)
    newest = max((fork.slot for fork in block.hard_forks if fork.slot <= block.slot), default=0)
    data = _COUNT.pack(newest)
    if account is None or account.data[: len(data)] != data:
        # rule: svm.open.last-restart-slot
        write_sysvar(view, block, LAST_RESTART_SLOT, account, data)


# RecentBlockhashes


def encode_recent_blockhashes(queue: BlockhashQueue) -> bytes:
    """The newest blockhashes of a queue, each with what a signature cost, in bytes that are always as many."""
    newest = sorted(queue.hashes.items(), key=lambda item: item[1].number, reverse=True)[:RECENT_BLOCKHASHES_KEPT]
    content = b"".join(_RECENT_BLOCKHASH.pack(key, entry.lamports_per_signature) for key, entry in newest)
    return (_COUNT.pack(len(newest)) + content).ljust(
        _COUNT.size + RECENT_BLOCKHASHES_KEPT * _RECENT_BLOCKHASH.size, b"\x00"
    )


def update_recent_blockhashes(view: View, block: Block, queue: BlockhashQueue) -> None:
    """Write the newest blockhashes, that of this block among them."""
    account = read_sysvar(view, RECENT_BLOCKHASHES)
    # rule: svm.close.recent-blockhashes
    write_sysvar(view, block, RECENT_BLOCKHASHES, account, encode_recent_blockhashes(queue))


# SlotHistory


@dataclass(frozen=True, slots=True)
class SlotHistory:
    """Which of the newest 2^20 slots had a block: a bit each, the low ones of a byte first."""

    bits: bytes
    next_slot: int

    @classmethod
    def read(cls, account: Account | None) -> Self:
        """What an account holds; the first slot alone where there is none. Raises ValueError where it is no history."""
        if account is None:
            return cls(bytes([1]).ljust(SLOTS_OF_HISTORY // 8, b"\x00"), 1)
        start, end = _BITS_AHEAD.size, _BITS_AHEAD.size + SLOTS_OF_HISTORY // 8
        if len(account.data) < end + 2 * _COUNT.size:
            raise ValueError(f"{len(account.data)} bytes are no SlotHistory")
        (next_slot,) = _COUNT.unpack_from(account.data, end + _COUNT.size)
        return cls(account.data[start:end], next_slot)

    def with_slot(self, slot: int) -> Self:
        """The history once a slot had a block, and those that it skipped had none."""
        bits = bytearray(self.bits)
        if slot >= self.next_slot + SLOTS_OF_HISTORY:
            # rule: svm.slot-history.all-skipped
            bits = bytearray(len(bits))
        _set(bits, range(max(self.next_slot, slot - SLOTS_OF_HISTORY), slot), False)
        # rule: svm.slot-history.slot
        _set(bits, [slot], True)
        return type(self)(bytes(bits), slot + 1)

    def encode(self) -> bytes:
        """Its bytes: the bits in words of 64, how many bits there are, and the slot that comes next."""
        ahead = _BITS_AHEAD.pack(1, len(self.bits) // 8)
        return ahead + self.bits + _COUNT.pack(len(self.bits) * 8) + _COUNT.pack(self.next_slot)


def _set(bits: bytearray, slots: Iterable[int], had_block: bool) -> None:
    for slot in slots:
        byte, bit = divmod(slot % SLOTS_OF_HISTORY, 8)
        bits[byte] = bits[byte] | 1 << bit if had_block else bits[byte] & ~(1 << bit)


def update_slot_history(view: View, block: Block) -> None:
    """Note that the slot had a block."""
    account = read_sysvar(view, SLOT_HISTORY)
    # rule: svm.close.slot-history
    write_sysvar(view, block, SLOT_HISTORY, account, SlotHistory.read(account).with_slot(block.slot).encode())
