"""Votes and loaders: as far as they can be told without executing them."""

from __future__ import annotations

import struct

from samestate.conformance.generating.svm.instructions import ProgramCall, only_signing, read, transfer, written
from samestate.conformance.scenarios.scenario import svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import SOL, SvmAccount
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import CLOCK, LOADER_V1, LOADER_V2, LOADER_V3, SLOT_HASHES, SYSVAR, VOTE
from samestate.spec.svm.rejections import Invalid


def tower_sync(account: SvmAccount, voter: SvmAccount, *slots: int) -> ProgramCall:
    """A vote for slots: a tower as validators send it (TowerSync), from a root that is none."""
    root = 2**64 - 1
    lockouts = b""
    before = 0
    for place, slot in enumerate(slots):
        offset = slot - before
        encoded = b""
        while offset >= 0x80:
            encoded += bytes([offset & 0x7F | 0x80])
            offset >>= 7
        lockouts += encoded + bytes([offset]) + bytes([len(slots) - place])
        before = slot
    data = struct.pack("<IQ", 14, root) + bytes([len(slots)]) + lockouts + bytes(32) + b"\x00" + bytes(32)
    return ProgramCall(VOTE, (written(account.address), only_signing(voter.address)), data)


def vote_account(block: SvmBlockBuilder, *slots: int) -> SvmAccount:
    """An account whose newest vote is for the last of these slots (state of version 3)."""
    voter = block.nobody("voter").address
    votes = b"".join(struct.pack("<BQI", 0, slot, len(slots) - place) for place, slot in enumerate(slots))
    data = struct.pack("<I32s32sBQ", 2, voter, voter, 0, len(slots)) + votes
    no_root, voters = b"\x00", struct.pack("<QQ32s", 1, 0, voter)
    prior_voters = bytes(32 * 48) + struct.pack("<QB", 31, 1)
    credits, last_timestamp = struct.pack("<Q", 0), bytes(16)
    data += no_root + voters + prior_voters + credits + last_timestamp
    return block.account("vote account", SOL, data.ljust(3762, b"\x00"), VOTE)


@svm_scenario()
def a_vote_that_is_too_old(block: SvmBlockBuilder) -> None:
    """A tower's newest slot is one that the account has voted for already."""
    block.builtin(VOTE, "vote_program")
    voter = block.wallet("voter")
    account = vote_account(block, 990, 991)
    block.send(voter, tower_sync(account, voter, 990, 991))
    block.expect_errors("InstructionError(0, Custom(0))")
    block.expect_numbers("units", 2100)


@svm_scenario()
def a_vote_that_counts(block: SvmBlockBuilder) -> None:
    """A tower's newest slot is newer than all of the account: what it does is not specified here."""
    block.builtin(VOTE, "vote_program")
    voter = block.wallet("voter")
    account = vote_account(block, 990, 991)
    block.send(voter, tower_sync(account, voter, 990, 992))
    block.expect(Invalid.BYTECODE_NOT_SPECIFIED, 0)


@svm_scenario()
def a_vote_of_a_wallet(block: SvmBlockBuilder) -> None:
    """The account of a vote is not the vote program's."""
    block.builtin(VOTE, "vote_program")
    voter, wallet = block.wallets("voter", "wallet")
    block.send(voter, tower_sync(wallet, voter, 990))
    block.expect_errors("InstructionError(0, InvalidAccountOwner)")


@svm_scenario()
def another_instruction_of_votes(block: SvmBlockBuilder) -> None:
    """An instruction of the vote program that is no tower is not specified here."""
    block.builtin(VOTE, "vote_program")
    voter = block.wallet("voter")
    account = vote_account(block, 990)
    block.send(voter, ProgramCall(VOTE, (written(account.address),), struct.pack("<I", 3)))
    block.expect(Invalid.BYTECODE_NOT_SPECIFIED, 0)


@svm_scenario()
def the_first_loader(block: SvmBlockBuilder) -> None:
    """The first loader is called: it has given up."""
    block.builtin(LOADER_V1, "solana_bpf_loader_deprecated_program")
    payer = block.wallet("payer")
    block.send(payer, ProgramCall(LOADER_V1, (), b""))
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")
    block.expect_numbers("units", 1140)


@svm_scenario()
def the_second_loader(block: SvmBlockBuilder) -> None:
    """The second loader is called: it manages nothing any more."""
    block.builtin(LOADER_V2, "solana_bpf_loader_program")
    payer = block.wallet("payer")
    block.send(payer, ProgramCall(LOADER_V2, (), b""))
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")
    block.expect_numbers("units", 570)


@svm_scenario()
def the_third_loader(block: SvmBlockBuilder) -> None:
    """The third loader is called, which manages code: that is not specified here."""
    block.builtin(LOADER_V3, "solana_bpf_loader_upgradeable_program")
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 5), ProgramCall(LOADER_V3, (), b""))
    block.expect(Invalid.BYTECODE_NOT_SPECIFIED, 0)


@svm_scenario()
def program_data_without_a_head(block: SvmBlockBuilder) -> None:
    """The account of a program's data is the loader's, and too short for its head."""
    payer = block.wallet("payer")
    code = block.account("code", SOL, struct.pack("<I", 3), LOADER_V3)
    program = block.account("program", SOL, struct.pack("<I", 2) + code.address, LOADER_V3, True)
    block.send(payer, ProgramCall(program.address, (), b""), more_keys=[read(code.address)])
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")


@svm_scenario(hazards="H111")
def slot_hashes_that_are_full(block: SvmBlockBuilder) -> None:
    """SlotHashes has 512 slots: the parent comes in front, and the oldest goes."""
    entries = b"".join(struct.pack("<Q", 999 - index) + bytes(32) for index in range(512))
    data = struct.pack("<Q", 512) + entries
    held = block.at("slot hashes", SLOT_HASHES, Account(SOL, SYSVAR, data=data))
    after = struct.pack("<QQ", 512, 1000) + block.bank.hash + entries[: 511 * 40]
    block.expect_account(held, Account(SOL, SYSVAR, data=after))


@svm_scenario()
def a_clock_that_does_not_go_back(block: SvmBlockBuilder) -> None:
    """The votes say a time before the clock's: it stays; in the next block they say a later one."""
    clock = block.at("clock", CLOCK, Account(SOL, SYSVAR, data=struct.pack("<QqQQq", 1000, 5, 0, 1, 1_790_000_000)))
    block.at_time(1_789_999_999)
    block.expect_account(clock, Account(SOL, SYSVAR, data=struct.pack("<QqQQq", 1001, 5, 0, 1, 1_790_000_000)))
    block.next_block()
    block.at_time(1_790_000_001)
    block.expect_account(clock, Account(SOL, SYSVAR, data=struct.pack("<QqQQq", 1002, 5, 0, 1, 1_790_000_001)))


@svm_scenario()
def the_first_block_of_an_epoch(block: SvmBlockBuilder) -> None:
    """A block is in another epoch than its parent: what happens between is not specified here."""
    block.next_block(432_000)
    block.expect(Invalid.EPOCH_BOUNDARY_NOT_SPECIFIED)
