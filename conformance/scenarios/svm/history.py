"""Proof of history: entries, ticks, and what a block must have of both."""

from __future__ import annotations

from collections.abc import Callable

from samestate.conformance.generating.svm.instructions import transfer
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import SOL, SvmAccount
from samestate.spec.svm.rejections import Invalid


def pay(block: SvmBlockBuilder, amount: int) -> SvmAccount:
    """A transfer of an amount in the entry that was begun."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, amount))
    return shop


@svm_scenario()
def entries_and_ticks(block: SvmBlockBuilder) -> None:
    """Two entries and two ticks, with four hashes from tick to tick: the last hash is the blockhash."""
    block.with_history(hashes_per_tick=4, ticks=2)
    block.entry(hashes=1)
    pay(block, 1)
    block.entry(hashes=2)
    pay(block, 2)
    shop = pay(block, 3)
    block.tick(hashes=1)
    block.tick(hashes=4)
    block.expect_success(True, True, True)
    block.expect_lamports(shop, 10 * SOL + 6)


@svm_scenario()
def ticks_alone(block: SvmBlockBuilder) -> None:
    """A slot in which nothing happens has its ticks."""
    block.with_history(hashes_per_tick=3, ticks=3)
    for _ in range(3):
        block.tick(hashes=3)
    block.expect_field("signature_count", "0")


@svm_scenario()
def an_odd_number_of_signatures(block: SvmBlockBuilder) -> None:
    """An entry has three signatures: the third is hashed with itself."""
    block.with_history(hashes_per_tick=2, ticks=1)
    block.entry(hashes=1)
    for amount in (1, 2, 3):
        pay(block, amount)
    block.tick(hashes=1)
    block.expect_success(True, True, True)


@svm_scenario()
def an_entry_of_many_signatures(block: SvmBlockBuilder) -> None:
    """An entry has a transaction of two signatures and four of one: the tree is over all six."""
    block.with_history(hashes_per_tick=2, ticks=1)
    payer, other, shop = block.wallets("payer", "other", "shop")
    block.entry(hashes=1)
    block.send(payer, transfer(other.address, shop.address, 9))
    for amount in (1, 2, 3, 4):
        block.send(payer, transfer(payer.address, shop.address, amount))
    block.tick(hashes=1)
    block.expect_success(True, True, True, True, True)


def add_wrong(name: str, sentence: str, build: Callable[[SvmBlockBuilder], None], code: Invalid) -> None:
    """A block whose entries are not those of a slot."""

    def story(block: SvmBlockBuilder) -> None:
        block.with_history(hashes_per_tick=4, ticks=2)
        build(block)
        block.expect(code)

    add_svm_scenario(__name__, name, sentence, story)


def too_few(block: SvmBlockBuilder) -> None:
    """One tick of two."""
    block.entry(hashes=1)
    pay(block, 1)
    block.tick(hashes=3)


def too_many(block: SvmBlockBuilder) -> None:
    """Three ticks of two."""
    for _ in range(3):
        block.tick(hashes=4)


def trailing(block: SvmBlockBuilder) -> None:
    """Transactions behind the last tick."""
    block.tick(hashes=4)
    block.tick(hashes=4)
    block.entry(hashes=1)
    pay(block, 1)


def one_hash_less(block: SvmBlockBuilder) -> None:
    """Three hashes before a tick, where there must be four."""
    block.entry(hashes=1)
    pay(block, 1)
    block.tick(hashes=2)
    block.tick(hashes=4)


def one_hash_more(block: SvmBlockBuilder) -> None:
    """Five hashes before the second tick."""
    block.tick(hashes=4)
    block.entry(hashes=2)
    pay(block, 1)
    block.tick(hashes=3)


def tick_of_nothing(block: SvmBlockBuilder) -> None:
    """A tick right behind another, after no hash."""
    block.tick(hashes=4)
    block.tick(hashes=0)


def wrong_hash(block: SvmBlockBuilder) -> None:
    """An entry says another hash than it has."""
    block.entry(hashes=1, hash=b"\x07" * 32)
    pay(block, 1)
    block.tick(hashes=3)
    block.tick(hashes=4)


def wrong_last_hash(block: SvmBlockBuilder) -> None:
    """The last tick says another hash than it has."""
    block.tick(hashes=4)
    block.tick(hashes=4, hash=b"\x07" * 32)


def no_hash_for_transactions(block: SvmBlockBuilder) -> None:
    """An entry with transactions says that it comes after no hash, and another hash than after one."""
    block.entry(hashes=0, hash=b"\x09" * 32)
    pay(block, 1)
    block.tick(hashes=4)
    block.tick(hashes=4)


for name, sentence, build, code in (
    ("too_few_ticks", "A slot has one tick of two.", too_few, Invalid.TOO_FEW_TICKS),
    ("too_many_ticks", "A slot has three ticks of two.", too_many, Invalid.TOO_MANY_TICKS),
    ("trailing_entry", "Transactions come after the last tick.", trailing, Invalid.TRAILING_ENTRY),
    ("one_hash_less", "A tick comes a hash too early.", one_hash_less, Invalid.INVALID_TICK_HASH_COUNT),
    ("one_hash_more", "A tick comes a hash too late.", one_hash_more, Invalid.INVALID_TICK_HASH_COUNT),
    ("a_tick_of_no_hash", "A tick comes after no hash.", tick_of_nothing, Invalid.INVALID_TICK_HASH_COUNT),
    ("a_wrong_hash", "An entry says another hash than it has.", wrong_hash, Invalid.INVALID_ENTRY_HASH),
    ("a_wrong_last_hash", "The last tick says another hash than it has.", wrong_last_hash, Invalid.INVALID_ENTRY_HASH),
    (
        "transactions_after_no_hash",
        "An entry with transactions comes after no hash, and has a hash of its own.",
        no_hash_for_transactions,
        Invalid.INVALID_ENTRY_HASH,
    ),
):
    add_wrong(name, sentence, build, code)


@svm_scenario()
def history_goes_before_transactions(block: SvmBlockBuilder) -> None:
    """A block has a wrong hash and a transaction that may not be there: the hash is named."""
    block.with_history(hashes_per_tick=4, ticks=1)
    poor, shop = block.nobody("poor"), block.wallet("shop")
    block.entry(hashes=1, hash=b"\x07" * 32)
    block.send(poor, transfer(poor.address, shop.address, 1))
    block.tick(hashes=3)
    block.expect(Invalid.INVALID_ENTRY_HASH)


@svm_scenario()
def two_slots_of_history(block: SvmBlockBuilder) -> None:
    """The second block's history goes on from the first one's blockhash, over a slot that was skipped."""
    block.with_history(hashes_per_tick=2, ticks=1)
    block.entry(hashes=1)
    pay(block, 1)
    block.tick(hashes=1)
    block.next_block(1003)
    block.entry(hashes=1)
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 2), blockhash=block.blockhash())
    block.tick(hashes=1)
    block.expect_success(True)
