"""Fee payers: who may pay, what paying may leave, and what stays of it when nothing else does."""

from __future__ import annotations

import itertools

from samestate.conformance.generating.svm.instructions import (
    assign,
    ed25519,
    only_signing,
    transfer,
    unit_limit,
    unit_price,
)
from samestate.conformance.scenarios.scenario import BOTH_RULESETS, add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, RENT_EXEMPT, SOL
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import COMPUTE_BUDGET, ED25519, STAKE, SYSTEM, SYSVAR
from samestate.spec.svm.nonce import encode_nonce
from samestate.spec.svm.rejections import Invalid


@svm_scenario()
def who_is_not_there(block: SvmBlockBuilder) -> None:
    """The fee payer has no account."""
    shop = block.wallet("shop")
    payer = block.nobody("payer")
    block.send(payer, transfer(payer.address, shop.address, 5))
    block.expect(Invalid.ACCOUNT_NOT_FOUND, 0)


@svm_scenario()
def who_belongs_to_a_program(block: SvmBlockBuilder) -> None:
    """The fee payer is owned by another program than System."""
    payer = block.account("payer", SOL, owner=STAKE)
    block.send(payer)
    block.expect(Invalid.INVALID_ACCOUNT_FOR_FEE, 0)


@svm_scenario()
def who_has_data(block: SvmBlockBuilder) -> None:
    """The fee payer is the System program's and has data that is no nonce."""
    payer = block.account("payer", SOL, data=b"\x01")
    block.send(payer)
    block.expect(Invalid.INVALID_ACCOUNT_FOR_FEE, 0)


@svm_scenario()
def a_nonce_that_is_not_initialized(block: SvmBlockBuilder) -> None:
    """The fee payer has the 80 bytes of a nonce that nobody has initialized."""
    payer = block.account("payer", SOL, data=encode_nonce(None).ljust(80, b"\x00"))
    block.send(payer)
    block.expect(Invalid.INVALID_ACCOUNT_FOR_FEE, 0)


def add_funds(lamports: int, code: Invalid | None, name: str, sentence: str) -> None:
    """A fee payer with so many lamports."""

    def story(block: SvmBlockBuilder) -> None:
        payer = block.wallet("payer", lamports)
        block.send(payer)
        if code is None:
            block.expect_success(True)
            block.expect_lamports(payer, lamports - FEE)
        else:
            block.expect(code, 0)

    add_svm_scenario(__name__, name, sentence, story, rulesets=BOTH_RULESETS, hazards="H123")


add_funds(
    FEE - 1, Invalid.INSUFFICIENT_FUNDS_FOR_FEE, "one_too_few", "The fee payer has one lamport less than the fee."
)
add_funds(FEE, None, "all_that_it_has", "The fee takes all that the payer has: the account is gone.")
add_funds(
    FEE + RENT_EXEMPT - 1,
    Invalid.INSUFFICIENT_FUNDS_FOR_RENT,
    "one_below_the_minimum",
    "The fee leaves the payer one lamport less than the minimum for its size.",
)
add_funds(FEE + RENT_EXEMPT, None, "just_the_minimum", "The fee leaves the payer just the minimum for its size.")


def add_underfunded(name: str, ruleset: int, code: Invalid | None, sentence: str) -> None:
    """A payer that was below the minimum before."""

    def story(block: SvmBlockBuilder) -> None:
        payer = block.wallet("payer", RENT_EXEMPT - 1)
        block.send(payer)
        if code is None:
            block.expect_success(True)
        else:
            block.expect(code, 0)

    rules = (BOTH_RULESETS[ruleset],)
    add_svm_scenario(__name__, name, sentence, story, rulesets=rules, hazards="H95")


add_underfunded(
    "below_the_minimum_as_before", 0, None, "The payer was below the minimum before, and goes on like that."
)
add_underfunded(
    "below_the_minimum_and_less",
    1,
    Invalid.INSUFFICIENT_FUNDS_FOR_RENT,
    "The payer was below the minimum, and would have less.",
)


@svm_scenario(hazards="H93")
def what_failed_takes_back_all_but_the_fee(block: SvmBlockBuilder) -> None:
    """The first instruction moves lamports of the payer, the second fails: only the fee is gone."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, SOL), transfer(payer.address, shop.address, 100 * SOL))
    block.expect_errors("InstructionError(1, Custom(1))")
    block.expect_lamports(payer, 10 * SOL - FEE)
    block.expect_lamports(shop, 10 * SOL)
    block.expect_writes(0, payer)


@svm_scenario(hazards="H93")
def what_was_left_for_the_next(block: SvmBlockBuilder) -> None:
    """A payer's transaction fails, and its next spends what is left: the fees of both are gone."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 100 * SOL))
    block.send(payer, transfer(payer.address, shop.address, 10 * SOL - 2 * FEE))
    block.send(shop, transfer(shop.address, payer.address, SOL))
    block.expect_success(False, True, True)
    block.expect_lamports(payer, SOL)
    block.expect_sources(1, payer, 0)


@svm_scenario()
def a_chain_of_payers(block: SvmBlockBuilder) -> None:
    """Each payer has what it needs only because the one before has paid it: the block is valid in this order alone."""
    names = ["first", "second", "third", "fourth", "fifth"]
    payers = [block.wallet(names[0]), *(block.nobody(name) for name in names[1:])]
    amount = 9 * SOL
    for payer, successor in itertools.pairwise(payers):
        block.send(payer, transfer(payer.address, successor.address, amount))
        amount -= SOL
    block.expect_success(True, True, True, True)
    block.expect_critical_path(4)


@svm_scenario()
def the_chain_of_payers_in_the_wrong_order(block: SvmBlockBuilder) -> None:
    """The second payer's transaction stands before the one that funds it."""
    first, shop = block.wallets("first", "shop")
    second = block.nobody("second")
    block.send(second, transfer(second.address, shop.address, SOL))
    block.send(first, transfer(first.address, second.address, 2 * SOL))
    block.expect(Invalid.ACCOUNT_NOT_FOUND, 0)


@svm_scenario()
def who_spent_all_before(block: SvmBlockBuilder) -> None:
    """A payer gives all away, and its next transaction of the block has nobody to pay for it."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 10 * SOL - FEE))
    block.send(payer, transfer(payer.address, shop.address, 1))
    block.expect(Invalid.ACCOUNT_NOT_FOUND, 1)


@svm_scenario()
def whose_account_was_given_to_a_program(block: SvmBlockBuilder) -> None:
    """A payer assigns its own account to a program: it pays for that, and for nothing more in the block."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, assign(payer.address, STAKE))
    block.send(payer, transfer(payer.address, shop.address, 1))
    block.expect(Invalid.INVALID_ACCOUNT_FOR_FEE, 1)


@svm_scenario(hazards="H94")
def fees_reach_the_leader_once(block: SvmBlockBuilder) -> None:
    """Three transactions pay for five signatures, one with a priority: half of the first is burnt, all of the second
    is the leader's, and it has them when the block is closed.
    """
    block.builtin(COMPUTE_BUDGET, "compute_budget_program")
    payer, other, third, shop = block.wallets("payer", "other", "third", "shop")
    leader = block.wallet("leader", SOL)
    block.send(payer, transfer(payer.address, shop.address, 5))
    block.send(payer, transfer(other.address, shop.address, 5), transfer(third.address, shop.address, 5))
    block.send(other, unit_limit(1_000), unit_price(1_500_000), transfer(other.address, shop.address, 6))
    block.expect_success(True, True, True)
    block.expect_numbers("fee", 5000, 15000, 5000)
    block.expect_numbers("priority_fee", 0, 0, 1500)
    block.expect_fees(signatures=25_000, priority=1_500, deposited=14_000, burnt=12_500)
    block.expect_lamports(leader, SOL + 14_000)


@svm_scenario(hazards="H94")
def an_odd_fee(block: SvmBlockBuilder) -> None:
    """A signature costs an odd number of lamports: of the two halves the larger is the leader's."""
    block.with_bank(lamports_per_signature=5001)
    payer, shop = block.wallets("payer", "shop")
    block.wallet("leader", SOL)
    block.send(payer, transfer(payer.address, shop.address, 5))
    block.expect_fees(signatures=5001, deposited=2501, burnt=2500)


def add_leader(name: str, sentence: str, lamports: int, owner: bytes | None, deposited: int) -> None:
    """Another leader."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        leader = block.nobody("leader")
        if lamports:
            block.put(leader, Account(lamports, owner or SYSTEM))
        block.send(payer, transfer(payer.address, shop.address, 5))
        block.expect_fees(signatures=5000, deposited=deposited, burnt=5000 - deposited)
        block.expect_lamports(leader, lamports + deposited)

    add_svm_scenario(__name__, name, sentence, story, rulesets=(BOTH_RULESETS[0], BOTH_RULESETS[1]))


add_leader("a_leader_who_is_not_there", "The leader has no account, and the fee is too little for one.", 0, None, 0)
add_leader("a_leader_who_is_a_program", "The leader's account belongs to a program: the fee is burnt.", SOL, STAKE, 0)
add_leader("a_leader_who_is_a_sysvar", "The leader's account belongs to the sysvars.", SOL, SYSVAR, 0)
add_leader("a_leader_with_the_minimum", "The leader has just the minimum before.", RENT_EXEMPT, None, 2500)


def add_poor_leader(name: str, ruleset: int, deposited: int, sentence: str) -> None:
    """A leader that stays below the minimum even with the fee."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        leader = block.wallet("leader", 1000)
        block.send(payer, transfer(payer.address, shop.address, 5))
        block.expect_fees(deposited=deposited, burnt=5000 - deposited)
        block.expect_lamports(leader, 1000 + deposited)

    add_svm_scenario(__name__, name, sentence, story, rulesets=(BOTH_RULESETS[ruleset],))


add_poor_leader("a_poor_leader_gets_nothing", 0, 0, "The leader stays below the minimum with the fee: it is burnt.")
add_poor_leader(
    "a_poor_leader_is_paid", 1, 2500, "The leader was below the minimum, and has more with the fee: it may keep it."
)


@svm_scenario()
def the_leader_pays(block: SvmBlockBuilder) -> None:
    """The leader sends a transaction of its own: it pays the fee at once, and has its half back at the end."""
    leader, shop = block.wallets("leader", "shop")
    block.send(leader, transfer(leader.address, shop.address, SOL))
    block.expect_lamports(leader, 9 * SOL - FEE + FEE // 2)


@svm_scenario()
def a_block_without_fees(block: SvmBlockBuilder) -> None:
    """Nobody sends anything: the leader is not even looked at."""
    block.wallet("leader")
    block.entry()
    block.expect_fees(signatures=0, priority=0, deposited=0, burnt=0)


def add_priority(price: int, units: int, fee: int) -> None:
    """A price of units, and what it comes to."""

    def story(block: SvmBlockBuilder) -> None:
        block.builtin(COMPUTE_BUDGET, "compute_budget_program")
        payer, shop = block.wallets("payer", "shop")
        block.send(payer, unit_limit(units), unit_price(price), transfer(payer.address, shop.address, 5))
        block.expect_success(True)
        block.expect_numbers("priority_fee", fee)

    sentence = f"{price} millionths of a lamport for each of {units} units come to {fee} lamports, rounded up."
    add_svm_scenario(__name__, f"priority_{price}_for_{units}", sentence, story)


for price, units, fee in ((1, 450, 1), (1_000_000, 450, 450), (999_999, 451, 451), (2_000_000, 2_000_000, 2_800_000)):
    add_priority(price, units, fee)


@svm_scenario()
def signatures_of_a_precompile_are_paid(block: SvmBlockBuilder) -> None:
    """An instruction verifies a signature: it costs what one of the transaction's own costs."""
    block.builtin(ED25519, "ed25519_program")
    (payer,) = block.wallets("payer")
    assert payer.key is not None
    block.send(payer, ed25519(payer.key, b"message"))
    block.expect_success(True)
    block.expect_numbers("fee", 10_000)
    block.expect_field("signature_count", "1")


@svm_scenario()
def two_signers_pay_twice(block: SvmBlockBuilder) -> None:
    """A key signs that nobody writes to: its signature is paid by the first."""
    payer, witness, shop = block.wallets("payer", "witness", "shop")
    block.send(payer, transfer(payer.address, shop.address, 5), more_keys=[only_signing(witness.address)])
    block.expect_success(True)
    block.expect_numbers("fee", 10_000)
    block.expect_lamports(witness, 10 * SOL)
