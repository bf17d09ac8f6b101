"""Sysvars: their bytes, and what a block writes at its two ends."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import (
    CLOCK,
    LAST_RESTART_SLOT,
    RECENT_BLOCKHASHES,
    SLOT_HASHES,
    SLOT_HISTORY,
    SYSVAR,
)
from samestate.spec.svm.block import HardFork
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.sysvars import Clock, SlotHashes, SlotHistory
from tests.spec.svm.real_blocks import accounts_of
from tests.spec.svm.small import GENESIS_HASH, SmallChain

SIZES = {CLOCK: 40, SLOT_HASHES: 20_488, RECENT_BLOCKHASHES: 6_008, SLOT_HISTORY: 131_097, LAST_RESTART_SLOT: 8}


def blockhash(slot: int) -> bytes:
    return sha256(b"bh" + slot.to_bytes(8, "little")).digest()


def test_a_block_writes_five_of_them() -> None:
    chain = SmallChain({})
    result = chain.add()
    assert set(result.steps[0].writes) == {CLOCK, SLOT_HASHES, LAST_RESTART_SLOT}
    assert set(result.steps[-1].writes) == {RECENT_BLOCKHASHES, SLOT_HISTORY}
    for address, size in SIZES.items():
        account = chain.state.account(address)
        assert account is not None
        assert account == Account((128 + size) * 6960, SYSVAR, False, account.data)
        assert len(account.data) == size


def test_an_account_of_a_sysvar_keeps_what_it_has() -> None:
    chain = SmallChain({CLOCK: Account(10**12, SYSVAR, True, bytes(40))})
    chain.add()
    account = chain.state.account(CLOCK)
    assert account is not None
    assert (account.lamports, account.executable) == (10**12, False)


def clock_of(chain: SmallChain) -> Clock:
    return Clock.read(chain.state.account(CLOCK))


def test_the_clock() -> None:
    chain = SmallChain({CLOCK: Account(1, SYSVAR, False, Clock(0, 500, 0, 1, 1_000).encode())})
    chain.bank = replace(chain.bank, epochs=EpochSchedule(32, 32))
    chain.add()
    assert clock_of(chain) == Clock(1, 500, 0, 1, 1_000)
    chain.add(slot=7, unix_timestamp=1_003)
    assert clock_of(chain) == Clock(7, 500, 0, 1, 1_003)
    chain.add(unix_timestamp=900)
    assert clock_of(chain).unix_timestamp == 1_003
    assert Clock.read(Account(1, data=Clock(1, -2, 3, 4, -5).encode())) == Clock(1, -2, 3, 4, -5)
    with pytest.raises(ValueError, match="no Clock"):
        Clock.read(Account(1, data=bytes(39)))


def test_slot_hashes_are_the_parents_newest_first() -> None:
    chain = SmallChain({})
    first = chain.bank.hash
    chain.add()
    second = chain.bank.hash
    chain.add(slot=5)
    assert SlotHashes.read(chain.state.account(SLOT_HASHES)).entries == ((1, second), (0, first))
    with pytest.raises(ValueError, match="too few"):
        SlotHashes.read(Account(1, data=(3).to_bytes(8, "little") + bytes(119)))


def test_512_slot_hashes_are_kept() -> None:
    hashes = SlotHashes(tuple((slot, bytes(32)) for slot in range(600, 88, -1)))
    after = hashes.with_parent(601, b"\x01" * 32)
    assert (len(after.entries), after.entries[0], after.entries[-1]) == (512, (601, b"\x01" * 32), (90, bytes(32)))
    assert hashes.with_parent(5, bytes(32)) == hashes
    assert SlotHashes.read(Account(1, data=after.encode())) == after


def test_recent_blockhashes_have_that_of_the_block_itself() -> None:
    chain = SmallChain({})
    chain.add()
    account = chain.state.account(RECENT_BLOCKHASHES)
    assert account is not None
    price = (5_000).to_bytes(8, "little")
    expected = (2).to_bytes(8, "little") + blockhash(1) + price + GENESIS_HASH + price
    assert account.data == expected.ljust(6_008, b"\x00")
    for _ in range(160):
        chain.add()
    account = chain.state.account(RECENT_BLOCKHASHES)
    assert account is not None
    assert account.data[:48] == (150).to_bytes(8, "little") + blockhash(161) + price
    assert account.data[-40:] == blockhash(12) + price


def test_slot_history_sets_and_clears_bits() -> None:
    history = SlotHistory.read(None)
    assert (history.bits[0], history.next_slot) == (1, 1)
    history = history.with_slot(1).with_slot(10)
    assert (history.bits[:2], history.next_slot) == (b"\x03\x04", 11)
    encoded = history.encode()
    assert encoded[:9] == b"\x01" + (16_384).to_bytes(8, "little")
    assert encoded[-16:] == (2**20).to_bytes(8, "little") + (11).to_bytes(8, "little")
    assert SlotHistory.read(Account(1, data=encoded)) == history
    with pytest.raises(ValueError, match="no SlotHistory"):
        SlotHistory.read(Account(1, data=encoded[:-1]))


@pytest.mark.parametrize(
    ("slot", "still_there"), [(2**20 + 10, False), (2**20 + 11, False), (2**21, False), (2**20 + 9, True)]
)
def test_slot_history_goes_round(slot: int, still_there: bool) -> None:
    history = SlotHistory.read(None).with_slot(1).with_slot(10).with_slot(slot)
    bits = [number for number in range(2**20) if history.bits[number // 8] >> number % 8 & 1]
    assert bits == sorted({slot % 2**20, *({10} if still_there else set())})


@pytest.mark.fixtures
def test_the_real_ones_come_back_as_the_same_bytes() -> None:
    accounts = accounts_of("testnet-417955322")
    for address, kind in ((CLOCK, Clock), (SLOT_HASHES, SlotHashes), (SLOT_HISTORY, SlotHistory)):
        assert kind.read(accounts[address]).encode() == accounts[address].data  # type: ignore[attr-defined]


def test_the_last_restart_is_written_when_it_changes() -> None:
    chain = SmallChain({})
    chain.bank = replace(chain.bank, hard_forks=(HardFork(3, 1), HardFork(9, 2)))
    restarts = []
    for slot in (1, 2, 3, 4, 12):
        writes = chain.add(slot=slot).steps[0].writes
        value = writes.get(LAST_RESTART_SLOT)
        restarts.append(value and int.from_bytes(value[-8:], "little"))
    assert restarts == [0, None, 3, None, 9]


@pytest.mark.parametrize(
    ("schedule", "slot", "epoch", "leaders"),
    [
        (EpochSchedule(), 0, 0, 1),
        (EpochSchedule(), 431_999, 0, 1),
        (EpochSchedule(), 432_000, 1, 2),
        (EpochSchedule(32, 8), 31, 0, 1),
        (EpochSchedule(32, 8), 23, 0, 0),
        (EpochSchedule(432_000, 432_000, True, 14, 524_256), 0, 0, 1),
        (EpochSchedule(432_000, 432_000, True, 14, 524_256), 31, 0, 1),
        (EpochSchedule(432_000, 432_000, True, 14, 524_256), 32, 1, 2),
        (EpochSchedule(432_000, 432_000, True, 14, 524_256), 95, 1, 2),
        (EpochSchedule(432_000, 432_000, True, 14, 524_256), 96, 2, 3),
        (EpochSchedule(432_000, 432_000, True, 14, 524_256), 524_255, 13, 14),
        (EpochSchedule(432_000, 432_000, True, 14, 524_256), 524_256, 14, 15),
        (EpochSchedule(432_000, 432_000, True, 14, 524_256), 417_958_646, 980, 981),
    ],
)
def test_epochs(schedule: EpochSchedule, slot: int, epoch: int, leaders: int) -> None:
    assert schedule.epoch(slot) == epoch
    assert schedule.leader_schedule_epoch(slot) == leaders
