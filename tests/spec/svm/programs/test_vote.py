"""The Vote program, as far as it goes: votes that say nothing new."""

from __future__ import annotations

import struct

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import NATIVE_LOADER, SYSTEM, VOTE
from samestate.spec.svm.programs.vote import UnknownVote, newest_proposed_slot, newest_voted_slot
from tests.spec.svm.execution import Meta, Sent, run
from tests.spec.svm.real_blocks import facts

ACCOUNT = b"\x01" * 32
PROGRAM = {VOTE: Account(1, NATIVE_LOADER, True)}
NO_ROOT = 2**64 - 1


def varint(number: int) -> bytes:
    content = b""
    while number >= 0x80:
        content += bytes([number & 0x7F | 0x80])
        number >>= 7
    return content + bytes([number])


def tower(*distances: int, root: int = NO_ROOT, tag: int = 14) -> bytes:
    votes = b"".join(varint(distance) + b"\x01" for distance in distances)
    return struct.pack("<IQ", tag, root) + varint(len(distances)) + votes + bytes(65)


def vote_account(*slots: int, version: int = 2) -> bytes:
    latency = b"" if version == 1 else b"\x01"
    head = version.to_bytes(4, "little") + bytes({1: 65, 2: 65, 3: 140}[version])
    head += b"\x00" if version == 3 else b""
    votes = b"".join(latency + struct.pack("<QI", slot, 1) for slot in slots)
    return head + struct.pack("<Q", len(slots)) + votes + bytes(100)


def vote(data: bytes, account: bytes, owner: bytes = VOTE) -> str:
    held = Account(10**9, owner, False, account)
    outcome, _ = run(Sent(VOTE, data, (Meta(ACCOUNT),)), accounts={**PROGRAM, ACCOUNT: held})
    assert outcome.units == 2_100
    return str(outcome.error)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("data", [tower(1, 99), tower(100), tower(50, 49, root=1), tower(30, root=0)])
def test_a_tower_whose_newest_slot_was_voted_for_is_too_old(version: int, data: bytes) -> None:
    assert vote(data, vote_account(7, 100, version=version)) == "InstructionError(0, Custom(0))"


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("slots", [(5,), (5, 2**40), (1, 2, 3, 2**64 - 1)])
def test_the_newest_slot_of_an_account_is_its_last(version: int, slots: tuple[int, ...]) -> None:
    account = vote_account(*slots, version=version)
    assert newest_voted_slot(account[:4] + b"\x07" * 32 + account[36:]) == slots[-1]


@pytest.mark.parametrize(
    ("distances", "root", "newest"),
    [((0,), 0, 0), ((127,), 1, 128), ((128,), 0, 128), ((300, 2**40, 1), 2**33, 2**33 + 2**40 + 301)],
)
def test_the_newest_slot_of_a_tower_is_the_sum(distances: tuple[int, ...], root: int, newest: int) -> None:
    assert newest_proposed_slot(tower(*distances, root=root)) == newest


def test_a_tower_without_root_begins_at_slot_0() -> None:
    assert newest_proposed_slot(tower(5, 6)) == 11


def test_a_key_for_bls_may_stand_before_the_votes() -> None:
    account = vote_account(100, version=3)
    with_key = account[:144] + b"\x01" + bytes(48) + account[145:]
    assert newest_voted_slot(with_key) == newest_voted_slot(account) == 100


@pytest.mark.parametrize(
    ("data", "account"),
    [
        (tower(101), vote_account(100)),
        (tower(1, 100), vote_account(100)),
        (tower(), vote_account(100)),
        (tower(1), vote_account()),
        (tower(1, tag=13), vote_account(100)),
        (tower(1)[:13], vote_account(100)),
        (b"", vote_account(100)),
        (tower(1), (4).to_bytes(4, "little") + vote_account(100)[4:]),
        (tower(1), vote_account(100)[:80]),
    ],
)
def test_all_other_votes_are_not_specified(data: bytes, account: bytes) -> None:
    with pytest.raises(Rejection) as raised:
        vote(data, account)
    assert raised.value.code.name == "BYTECODE_NOT_SPECIFIED"


def test_an_account_of_another_program() -> None:
    assert vote(tower(1), vote_account(100), SYSTEM) == "InstructionError(0, InvalidAccountOwner)"


def test_no_account() -> None:
    outcome, _ = run(Sent(VOTE, tower(1)), accounts=PROGRAM)
    assert str(outcome.error) == "InstructionError(0, MissingAccount)" and outcome.units == 2_100


@pytest.mark.fixtures
@pytest.mark.parametrize("name", ["v2", "v3", "v4"])
def test_real_accounts_have_voted(name: str) -> None:
    data = bytes.fromhex(facts("vote-accounts")["accounts"][name])
    newest = newest_voted_slot(data)
    assert newest is not None and data.count(struct.pack("<QI", newest, 1)) == 1


def test_an_unknown_instruction_has_no_slots() -> None:
    with pytest.raises(UnknownVote):
        newest_proposed_slot(tower(1, tag=15))
