"""Blocks of every size, and several in a row."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import add, load, noop, store
from samestate.spec.toy.rejections import Invalid

THOUSAND_SIZE = 2_000_000
"""A vector of a thousand transactions has a thousand steps on record, and that is what it is for."""


@toy_scenario()
def empty_block(block: ToyBlockBuilder) -> None:
    """No transaction, no withdrawal, and a state without anything: every root is that of an empty tree."""
    block.expect_success()


@toy_scenario()
def empty_block_on_a_state(block: ToyBlockBuilder) -> None:
    """No transaction: the state stays as it is."""
    block.account("alice")
    block.holding({1: 7})
    block.expect_success()
    block.expect_slot(1, 7)


@toy_scenario()
def one_transaction(block: ToyBlockBuilder) -> None:
    """One transaction, and fewer than any engine has workers."""
    block.send(block.account("alice"), load(1), add(1), store(1))
    block.expect_success()
    block.expect_slot(1, 1)


@toy_scenario(hazards="H65")
def nothing_but_failures(block: ToyBlockBuilder) -> None:
    """Every transaction of the block runs out of gas."""
    for name in ("alice", "bob", "carol"):
        block.send(block.account(name), store(1, 1), gas=22_000)
    block.expect_success(False, False, False)
    block.expect_slot(1, 0)


@toy_scenario(hazards="H44")
def blocks_in_a_row(block: ToyBlockBuilder) -> None:
    """Six blocks count up one slot, each in two transactions, and each reads what the last block left as old."""
    alice, bob = block.accounts("alice", "bob")
    for number in range(6):
        if number:
            block.next_block()
        block.send(alice, load(1), add(1), store(1))
        block.send(bob, load(1), add(1), store(1))
        block.expect_success()
        block.expect_critical_path(2)
    block.expect_slot(1, 12)


@toy_scenario(hazards="H44 H65")
def rejected_blocks_between(block: ToyBlockBuilder) -> None:
    """Valid, invalid and empty blocks take turns: an invalid one leaves nothing to the next."""
    alice = block.account("alice")
    block.send(alice, store(1, 1))
    block.expect_success()
    block.next_block()
    block.send(alice, store(1, 2), nonce=1)
    block.send(alice, store(1, 3), nonce=1)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=1)
    block.next_block()
    block.expect_success()
    block.next_block()
    block.send(alice, load(1), add(10), store(1))
    block.expect_success()
    block.expect_slot(1, 11)


@toy_scenario(hazards="H56 H60 H64", size_limit=THOUSAND_SIZE)
def thousand_transactions(block: ToyBlockBuilder) -> None:
    """A thousand transactions of ten senders, each a chain of nonces, and every tenth counts up one slot."""
    senders = [block.account(f"sender {chr(ord('a') + place)}") for place in range(10)]
    for place in range(1_000):
        if place % 10 == 0:
            block.send(senders[place // 10 % 10], load(0), add(1), store(0))
        else:
            block.send(senders[place % 10], noop())
    block.expect_success()
    block.expect_slot(0, 100)
