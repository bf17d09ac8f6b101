"""Locks: how many accounts a transaction may name, which of them it may write, and who waits for whom."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.generating.svm.instructions import (
    AccountUse,
    ProgramCall,
    assign,
    create_account,
    read,
    transfer,
    unit_limit,
    unit_price,
    written,
)
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, SOL
from samestate.spec.svm.addresses import (
    CLOCK,
    COMPUTE_BUDGET,
    INCINERATOR,
    LOADER_V3,
    RECENT_BLOCKHASHES,
    SLOT_HISTORY,
    STAKE,
    SYSTEM,
    VOTE,
)
from samestate.spec.svm.rejections import Invalid


def add_key_count(keys: int, is_right: bool) -> None:
    """A message of version 0 that takes so many keys, most of them from a table."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        others = [bytes([0xA0, index]) + bytes(30) for index in range(keys - 3)]
        table = block.lookup_table("table", *others)
        block.send(
            payer, transfer(payer.address, shop.address, 5), tables=[table], more_keys=[read(each) for each in others]
        )
        if is_right:
            block.expect_success(True)
            block.expect_lamports(shop, 10 * SOL + 5)
        else:
            block.expect(Invalid.TOO_MANY_ACCOUNT_LOCKS, 0)

    add_svm_scenario(__name__, f"keys_{keys}", f"A transaction locks {keys} accounts; 64 are allowed.", story)


add_key_count(64, True)
add_key_count(65, False)


@svm_scenario(hazards="H81")
def an_account_twice(block: SvmBlockBuilder) -> None:
    """A message has an address twice: a scheduler that locks both waits for itself; the block is invalid."""
    payer, shop = block.wallets("payer", "shop")
    block.send(
        payer,
        transfer(payer.address, shop.address, 2),
        change=lambda message: replace(message, keys=(message.keys[0], message.keys[0], *message.keys[2:])),
    )
    block.expect(Invalid.ACCOUNT_LOADED_TWICE, 0)


@svm_scenario(hazards="H81")
def an_account_of_a_table_twice(block: SvmBlockBuilder) -> None:
    """A message names an account by itself, and takes it from a table too."""
    payer, shop, other = block.wallets("payer", "shop", "other")
    table = block.lookup_table("table", other, shop)
    block.send(
        payer,
        transfer(payer.address, shop.address, 2),
        tables=[table],
        more_keys=[read(other.address)],
        change=lambda message: replace(message, keys=(*message.keys, shop.address)),
    )
    block.expect(Invalid.ACCOUNT_LOADED_TWICE, 0)


@svm_scenario(hazards="H81")
def an_account_twice_in_an_instruction(block: SvmBlockBuilder) -> None:
    """An instruction names one account twice, which is one lock: it pays itself, and nothing moves."""
    (payer,) = block.wallets("payer")
    block.send(payer, transfer(payer.address, payer.address, SOL))
    block.expect_success(True)
    block.expect_lamports(payer, 10 * SOL - FEE)


def add_reserved(name: str, address: bytes) -> None:
    """A reserved key that is asked for to be written."""

    def story(block: SvmBlockBuilder) -> None:
        payer, other = block.wallets("payer", "other")
        block.send(payer, transfer(payer.address, address, SOL), comment=f"to {name}")
        block.send(other, transfer(other.address, address, SOL), comment=f"to {name}")
        block.expect_errors(*["InstructionError(0, ReadonlyLamportChange)"] * 2)
        block.expect_lamports(payer, 10 * SOL - FEE)
        # both locks are paid for: what was asked for counts
        block.expect_numbers("cost", 1481, 1481)
        block.expect_critical_path(1)

    sentence = f"Two transactions ask to write {name}, which is reserved: they read it, side by side, and each fails."
    add_svm_scenario(__name__, f"reserved_{name.lower().replace(' ', '_')}", sentence, story, hazards="H112")


for title, key in (("the clock", CLOCK), ("the vote program", VOTE), ("the stake program", STAKE)):
    add_reserved(title, key)


@svm_scenario(hazards="H112")
def the_program_of_an_instruction_is_not_written(block: SvmBlockBuilder) -> None:
    """A message asks to write the program that it calls: it may not."""
    payer, shop = block.wallets("payer", "shop")
    to_system = ProgramCall(SYSTEM, (AccountUse(payer.address, True, True), written(SYSTEM)), transfer_data(5))
    block.send(payer, transfer(payer.address, shop.address, 1), to_system)
    block.expect_errors("InstructionError(1, ReadonlyLamportChange)")
    block.expect_lamports(shop, 10 * SOL)


def transfer_data(lamports: int) -> bytes:
    """The data of a transfer."""
    return (2).to_bytes(4, "little") + lamports.to_bytes(8, "little")


@svm_scenario()
def a_program_beside_its_loader_is_written(block: SvmBlockBuilder) -> None:
    """The upgradeable loader is among the keys: what is called keeps its lock for writing, unless it is reserved."""
    (payer,) = block.wallets("payer")
    called = block.account("called", SOL)
    call = ProgramCall(called.address, (written(called.address),), b"")
    block.send(payer, call, more_keys=[read(LOADER_V3)])
    block.send(payer, call)
    block.expect_statuses("fees-only", "fees-only")
    block.expect_errors("InvalidProgramForExecution", "InvalidProgramForExecution")
    block.expect_critical_path(2)


@svm_scenario()
def readers_do_not_wait(block: SvmBlockBuilder) -> None:
    """Four transactions read one account and write others: none waits for another."""
    common = block.wallet("common")
    for name in ("first", "second", "third", "fourth"):
        payer = block.wallet(name)
        shop = block.wallet(f"{name} shop")
        block.send(payer, transfer(payer.address, shop.address, 5), more_keys=[read(common.address)])
    block.expect_success(True, True, True, True)
    block.expect_critical_path(1)


@svm_scenario(hazards="H84")
def a_writer_between_readers(block: SvmBlockBuilder) -> None:
    """One transaction of an entry writes what those around it read: the later reader sees it, the earlier does not."""
    early, writer, late, common, shop = block.wallets("early", "writer", "late", "common", "shop")
    block.send(early, transfer(early.address, block.wallet("shop a").address, 5), more_keys=[read(common.address)])
    block.send(writer, transfer(writer.address, common.address, 7))
    block.send(late, transfer(late.address, shop.address, 5), more_keys=[read(common.address)])
    block.expect_sources(0, common)
    block.expect_sources(2, common, 1)
    block.expect_critical_path(2)


@svm_scenario()
def a_lock_for_writing_that_is_not_used(block: SvmBlockBuilder) -> None:
    """A transaction locks an account for writing and leaves it: the next one that reads it depends on nobody."""
    payer, other, shop, common = block.wallets("payer", "other", "shop", "common")
    block.send(payer, transfer(payer.address, shop.address, 5), more_keys=[written(common.address)])
    block.send(other, transfer(other.address, block.wallet("stall").address, 5), more_keys=[read(common.address)])
    block.expect_writes(0, payer, shop)
    block.expect_sources(1, common)
    block.expect_critical_path(1)


@svm_scenario()
def everybody_pays_one(block: SvmBlockBuilder) -> None:
    """Eight wallets pay one shop: each transaction waits for the one before it."""
    shop = block.wallet("shop")
    for index in range(8):
        payer = block.wallet(f"payer {'abcdefgh'[index]}")
        block.send(payer, transfer(payer.address, shop.address, index + 1))
    block.expect_critical_path(8)
    block.expect_lamports(shop, 10 * SOL + 36)


@svm_scenario(hazards="H118")
def nobody_pays_another(block: SvmBlockBuilder) -> None:
    """Eight pairs of wallets have nothing to do with one another, and whatever is summed over them has one order."""
    for index in range(8):
        letter = "abcdefgh"[index]
        payer, shop = block.wallets(f"payer {letter}", f"shop {letter}")
        if index % 3 == 0:
            block.entry()
        block.send(payer, transfer(payer.address, shop.address, index + 1))
    block.expect_critical_path(1)
    block.expect_field("signature_count", "8")


@svm_scenario(hazards="H92 H108")
def closed_and_made_again(block: SvmBlockBuilder) -> None:
    """An account gives all that it has away, and is created anew with data in the next transaction of the entry."""
    payer, shop = block.wallets("payer", "shop")
    room = block.wallet("room", SOL)
    block.send(payer, transfer(room.address, shop.address, SOL), comment="room is gone")
    block.send(payer, create_account(payer.address, room.address, 2 * SOL, 16, STAKE), comment="room is there again")
    block.send(payer, transfer(payer.address, room.address, 5))
    block.expect_success(True, True, True)
    block.expect_sources(1, room, 0)
    block.expect_sources(2, room, 1)


@svm_scenario(hazards="H92 H117")
def made_given_away_and_closed(block: SvmBlockBuilder) -> None:
    """An account is created, changes its owner and is emptied in one entry: its lattice counts the last of all."""
    payer, shop = block.wallets("payer", "shop")
    room = block.nobody("room")
    block.send(payer, transfer(payer.address, room.address, SOL))
    block.send(payer, transfer(room.address, shop.address, SOL), comment="room is gone")
    block.send(payer, transfer(payer.address, room.address, 2 * SOL))
    block.send(payer, assign(room.address, STAKE))
    block.expect_success(True, True, True, True)


@svm_scenario(hazards="H112")
def the_incinerator(block: SvmBlockBuilder) -> None:
    """Somebody pays the incinerator: what is there burns at the end of the block, and is in no sum."""
    (payer,) = block.wallets("payer")
    ashes = block.at("incinerator", INCINERATOR)
    block.send(payer, transfer(payer.address, INCINERATOR, SOL))
    block.expect_success(True)
    block.expect_lamports(ashes, 0)


@svm_scenario(hazards="H112")
def the_incinerator_leads(block: SvmBlockBuilder) -> None:
    """The incinerator leads: the fees that it receives burn in the same step, and leave no trace in its record."""
    payer, shop = block.wallets("payer", "shop")
    ashes = block.at("incinerator", INCINERATOR)
    block.builtin(COMPUTE_BUDGET, "compute_budget_program")
    block.led_by(ashes)
    block.send(payer, unit_price(10**9), unit_limit(1000), transfer(payer.address, shop.address, 5))
    block.expect_success(True)
    block.expect_fees(deposited=1_002_500, burnt=2500)
    block.expect_account(ashes, None)
    block.expect_writes(1, RECENT_BLOCKHASHES, SLOT_HISTORY)


@svm_scenario()
def budget_calls_only(block: SvmBlockBuilder) -> None:
    """A transaction calls the compute budget program alone: reading it is no conflict."""
    block.builtin(COMPUTE_BUDGET, "compute_budget_program")
    for name in ("first", "second"):
        payer = block.wallet(name)
        block.send(payer, ProgramCall(COMPUTE_BUDGET, (), b"\x02" + (1000).to_bytes(4, "little")))
    block.expect_success(True, True)
    block.expect_critical_path(1)
