"""Limits of blocks: what transactions cost, and that a block over a limit is invalid."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.generating.svm.instructions import allocate, create_account, read, system, transfer, written
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import SOL
from samestate.spec.svm.addresses import STAKE
from samestate.spec.svm.rejections import Invalid

TRANSFER = 1481
"""What a plain transfer costs."""
MEGABYTE = 2**20


def add_block_limit(spare: int) -> None:
    """Three transfers in a block that has room for them, or one unit less."""

    def story(block: SvmBlockBuilder) -> None:
        block.with_limits(block=3 * TRANSFER + spare)
        for index in range(3):
            payer, shop = block.wallets(f"payer {'abc'[index]}", f"shop {'abc'[index]}")
            block.send(payer, transfer(payer.address, shop.address, 5))
        if spare < 0:
            block.expect(Invalid.WOULD_EXCEED_MAX_BLOCK_COST_LIMIT, 2)
        else:
            block.expect_success(True, True, True)
            block.expect_field("block_cost", str(3 * TRANSFER))

    name = {-1: "block_one_unit_too_few", 0: "block_just_full", 1: "block_with_a_unit_left"}[spare]
    sentence = f"Three transfers cost {3 * TRANSFER} units, and the block may cost {3 * TRANSFER + spare}."
    add_svm_scenario(__name__, name, sentence, story, hazards="H99 H100")


for spare in (-1, 0, 1):
    add_block_limit(spare)


def add_account_limit(spare: int) -> None:
    """Three transfers to one account, which has room for them, or one unit less."""

    def story(block: SvmBlockBuilder) -> None:
        block.with_limits(account=3 * TRANSFER + spare)
        shop = block.wallet("shop")
        for index in range(3):
            payer = block.wallet(f"payer {'abc'[index]}")
            block.send(payer, transfer(payer.address, shop.address, 5))
        if spare < 0:
            block.expect(Invalid.WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT, 2)
        else:
            block.expect_success(True, True, True)

    name = "account_just_full" if spare == 0 else "account_one_unit_too_few"
    sentence = f"Three transfers to one account cost {3 * TRANSFER}; it may have {3 * TRANSFER + spare}."
    add_svm_scenario(__name__, name, sentence, story, hazards="H99 H100")


add_account_limit(0)
add_account_limit(-1)


@svm_scenario(hazards="H100")
def one_transaction_above_the_limit_of_an_account(block: SvmBlockBuilder) -> None:
    """A transaction alone costs more than one account may have."""
    block.with_limits(account=TRANSFER - 1)
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 5))
    block.expect(Invalid.WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT, 0)


@svm_scenario(hazards="H100")
def who_only_reads_costs_an_account_nothing(block: SvmBlockBuilder) -> None:
    """Two transactions read an account, and a third writes it: only that counts for the account."""
    block.with_limits(account=TRANSFER + 1)
    common = block.wallet("common")
    for name in ("first", "second"):
        payer, shop = block.wallets(name, f"{name} shop")
        block.send(payer, transfer(payer.address, shop.address, 5), more_keys=[read(common.address)])
    payer = block.wallet("third")
    block.send(payer, transfer(payer.address, common.address, 5))
    block.expect_success(True, True, True)


@svm_scenario(hazards="H100")
def a_lock_that_is_not_granted_costs_all_the_same(block: SvmBlockBuilder) -> None:
    """A transaction asks to write a program and may not: the lock is paid for, and the program is not full."""
    block.with_limits(account=2 * TRANSFER)
    for name in ("first", "second", "third"):
        payer = block.wallet(name)
        block.send(payer, transfer(payer.address, STAKE, 5))
    block.expect_success(False, False, False)
    block.expect_numbers("cost", TRANSFER, TRANSFER, TRANSFER)


@svm_scenario(hazards="H98")
def allocation_of_a_failed_transaction(block: SvmBlockBuilder) -> None:
    """A transaction that fails has asked for its bytes all the same: another does not fit."""
    block.with_limits(allocation=1000)
    payer, shop = block.wallets("payer", "shop")
    new, other = block.nobody("new"), block.nobody("other")
    block.send(payer, create_account(payer.address, new.address, 100 * SOL, 600, STAKE), comment="not so much is there")
    block.send(shop, create_account(shop.address, other.address, 5 * SOL, 600, STAKE))
    block.expect(Invalid.WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT, 1)


@svm_scenario(hazards="H98")
def allocation_just_fits(block: SvmBlockBuilder) -> None:
    """Two transactions ask for 600 and 400 bytes of a thousand."""
    block.with_limits(allocation=1000)
    payer = block.wallet("payer")
    new, other = block.nobody("new"), block.nobody("other")
    block.send(payer, create_account(payer.address, new.address, SOL, 600, STAKE))
    block.send(payer, create_account(payer.address, other.address, SOL, 400, STAKE))
    block.expect_success(True, True)


@svm_scenario(hazards="H98")
def allocation_of_what_cannot_be_decoded(block: SvmBlockBuilder) -> None:
    """One of a transaction's System instructions cannot be decoded: it counts as asking for nothing at all."""
    block.with_limits(allocation=1000)
    payer, shop = block.wallets("payer", "shop")
    new, other = block.nobody("new"), block.nobody("other")
    block.send(payer, create_account(payer.address, new.address, SOL, 900, STAKE), system(99, b""))
    block.send(shop, create_account(shop.address, other.address, SOL, 1000, STAKE))
    block.expect_success(False, True)


@svm_scenario(hazards="H98")
def allocation_that_is_too_large_for_any_account(block: SvmBlockBuilder) -> None:
    """One of a transaction's instructions asks for more than an account may have: nothing is counted, and it fails."""
    block.with_limits(allocation=1000)
    payer, shop = block.wallets("payer", "shop")
    new, other = block.nobody("new"), block.nobody("other")
    block.send(
        payer,
        create_account(payer.address, new.address, SOL, 900, STAKE),
        allocate(payer.address, 10 * MEGABYTE + 1),
    )
    block.send(shop, create_account(shop.address, other.address, SOL, 1000, STAKE))
    block.expect_success(False, True)


@svm_scenario(hazards="H97")
def what_only_pays_costs(block: SvmBlockBuilder) -> None:
    """A fees-only transaction costs its signature, its locks and what it loaded: the block is full of it."""
    block.with_limits(block=1325 + TRANSFER - 1)
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, replace(transfer(payer.address, shop.address, 5), program=block.nobody("missing").address))
    block.expect_statuses("fees-only")
    block.next_block()
    block.send(payer, replace(transfer(payer.address, shop.address, 6), program=block.nobody("missing").address))
    block.send(payer, transfer(payer.address, shop.address, 5))
    block.expect(Invalid.WOULD_EXCEED_MAX_BLOCK_COST_LIMIT, 1)


@svm_scenario(hazards="H100")
def locks_cost(block: SvmBlockBuilder) -> None:
    """A transaction locks two accounts for writing that it leaves alone: each costs 300."""
    payer, shop, one, two = block.wallets("payer", "shop", "one", "two")
    block.send(payer, transfer(payer.address, shop.address, 5), more_keys=[written(one.address), written(two.address)])
    block.expect_numbers("cost", TRANSFER + 600)


@svm_scenario(hazards="H100")
def loaded_pages_cost(block: SvmBlockBuilder) -> None:
    """What a transaction loads costs 8 for each 32 KiB that it begins."""
    payer, shop, other = block.wallets("payer", "shop", "other")
    small = block.account("small", SOL, bytes(32 * 1024 - 21 - 4 * 64))
    large = block.account("large", SOL, bytes(32 * 1024 - 21 - 4 * 64 + 1))
    block.send(payer, transfer(payer.address, shop.address, 5), more_keys=[read(small.address)])
    block.send(other, transfer(other.address, shop.address, 5), more_keys=[read(large.address)])
    block.expect_numbers("cost", TRANSFER, TRANSFER + 8)


@svm_scenario()
def a_block_of_shorter_slots(block: SvmBlockBuilder) -> None:
    """Slots last 300 milliseconds: all is as it was, but for limits that nobody reaches."""
    block.with_slot_time(300)
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 5))
    block.expect_success(True)
