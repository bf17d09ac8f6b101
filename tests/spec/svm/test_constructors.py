"""What cannot be a block, a queue or a schedule is refused where it is made, and not in the middle of a block."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samestate.spec.svm.addresses import SYSTEM
from samestate.spec.svm.block import HardFork, HistoryEntry
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.transaction import transaction_of
from tests.spec.svm.small import RICH, SmallChain, key, message_of, transfer


def test_a_queue_has_a_blockhash() -> None:
    with pytest.raises(ValueError, match="one at least, as the hash of the genesis is"):
        BlockhashQueue({})


@pytest.mark.parametrize(
    ("hashes", "said"),
    [
        ({bytes(31): RegisteredHash(0, 5000)}, "each must have 32 bytes"),
        ({bytes(32): RegisteredHash(1, 5000), b"\x01" * 32: RegisteredHash(0, 5000)}, "their numbers must rise"),
        ({bytes(32): RegisteredHash(1, 5000), b"\x01" * 32: RegisteredHash(1, 5000)}, "their numbers must rise"),
    ],
)
def test_a_queue_is_in_order(hashes: dict[bytes, RegisteredHash], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        BlockhashQueue(hashes)


def test_an_epoch_has_slots() -> None:
    with pytest.raises(ValueError, match="an epoch has one slot at least"):
        EpochSchedule(slots_per_epoch=0)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"slot": 0}, "slot 0 does not come after its parent, 0"),
        ({"slot": 2**64}, f"slot: {2**64} does not fit 64 bits"),
        ({"parent_slot": -1}, "parent_slot: -1 does not fit"),
        ({"lamports_per_signature": 2**64}, "lamports_per_signature"),
        ({"lamports_per_byte": -1}, "lamports_per_byte"),
        ({"leader": b"\x01" * 20}, "leader: has 20 bytes, and must have 32"),
        ({"parent_hash": b""}, "parent_hash: has 0 bytes"),
        ({"blockhash": bytes(33)}, "blockhash: has 33 bytes"),
        ({"unix_timestamp": 2**63}, "unix_timestamp: .* one of them the sign"),
        ({"has_history": True, "entries": ()}, "has an entry at least"),
        ({"entries": (HistoryEntry(-1, bytes(32)),)}, "no less than no hashes"),
        ({"entries": (HistoryEntry(1, bytes(31)),)}, "a hash of 32 bytes"),
        ({"hard_forks": (HardFork(2**64, 1),)}, "hard_forks: their slots must fit 64 bits"),
    ],
)
def test_what_no_block_can_have_is_named(fields: dict[str, Any], said: str) -> None:
    block = SmallChain(RICH).block([transfer(1, key(2), 5)])
    with pytest.raises(ValueError, match=said):
        replace(block, **fields)


@pytest.mark.parametrize(
    "fields",
    [{"keys": (key(1), b"\x02" * 20, SYSTEM)}, {"blockhash": b""}, {"lookups": [(b"\x03" * 31, (), ())], "version": 0}],
)
def test_a_message_of_keys_that_are_none_has_no_bytes(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="keys, tables and blockhashes have 32 bytes, and not"):
        transaction_of(message_of(**{"keys": (key(1), SYSTEM), **fields}), ())
