"""Nonces: chains of one sender, gaps, repetitions and the last nonce."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import WEALTH, add, load, noop, store
from samestate.spec.toy.rejections import Invalid

LAST_NONCE = 2**64 - 1


@toy_scenario(hazards="H01")
def chain_of_one_sender(block: ToyBlockBuilder) -> None:
    """Six transactions of one sender are valid only in their order, although they have nothing else in common."""
    alice = block.account("alice")
    for slot in range(6):
        block.send(alice, store(slot, 1))
    block.expect_success()
    block.expect_nonce(alice, 6)
    block.expect_critical_path(6)


@toy_scenario(hazards="H01 H61")
def two_chains_interleaved(block: ToyBlockBuilder) -> None:
    """The chains of two senders take turns, and neither waits for the other."""
    alice, bob = block.accounts("alice", "bob")
    for slot in range(3):
        block.send(alice, store(slot, 1))
        block.send(bob, store(10 + slot, 1))
    block.expect_success()
    block.expect_critical_path(3)


@toy_scenario(hazards="H02 H03")
def gap_in_mid_block(block: ToyBlockBuilder) -> None:
    """A nonce is left out in the middle of a block: the block is invalid, and nothing waits for what never comes."""
    alice = block.account("alice")
    for nonce in (0, 1, 3, 4):
        block.send(alice, noop(), nonce=nonce)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=2)


@toy_scenario(hazards="H01")
def nonces_in_reverse(block: ToyBlockBuilder) -> None:
    """A sender's transactions come in reverse order: the first of them is too early, though all are there."""
    alice = block.account("alice")
    for nonce in (2, 1, 0):
        block.send(alice, noop(), nonce=nonce)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=0)


@toy_scenario(hazards="H01")
def nonce_used_twice(block: ToyBlockBuilder) -> None:
    """The second transaction with one nonce is invalid, although before the block it would not be."""
    alice = block.account("alice", nonce=7)
    block.send(alice, noop())
    block.send(alice, noop(), nonce=7)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=1)


@toy_scenario()
def one_too_low(block: ToyBlockBuilder) -> None:
    """A nonce one below that of its sender."""
    alice = block.account("alice", nonce=7)
    block.send(alice, noop(), nonce=6)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=0)


@toy_scenario(hazards="H63")
def as_high_as_can_be(block: ToyBlockBuilder) -> None:
    """The highest number there is as the nonce of a sender that has sent nothing is too high, and no last nonce."""
    alice = block.account("alice")
    block.send(alice, noop(), nonce=LAST_NONCE)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=0)


@toy_scenario(hazards="H03")
def nonce_without_successor(block: ToyBlockBuilder) -> None:
    """An account whose nonce is at its limit can send no more, and that is said before its poverty."""
    alice = block.account("alice", balance=0, nonce=LAST_NONCE)
    block.send(alice, noop())
    block.expect(Invalid.NONCE_IS_MAX, transaction=0)


@toy_scenario(hazards="H03")
def last_nonce_but_one(block: ToyBlockBuilder) -> None:
    """The last transaction that an account can send, and after it none."""
    alice = block.account("alice", nonce=LAST_NONCE - 1)
    block.send(alice, noop())
    block.expect_success()
    block.expect_nonce(alice, LAST_NONCE)
    block.next_block()
    block.send(alice, noop())
    block.expect(Invalid.NONCE_IS_MAX, transaction=0)


@toy_scenario()
def nonce_before_balance(block: ToyBlockBuilder) -> None:
    """A transaction with a wrong nonce that its sender cannot pay for is rejected for its nonce."""
    alice = block.account("alice", balance=0)
    block.send(alice, noop(), nonce=1)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=0)


@toy_scenario(hazards="H58")
def another_fault_when_it_is_early(block: ToyBlockBuilder) -> None:
    """Run too early, the second transaction has a nonce too high; in its turn that is right, and the money is gone."""
    (alice,) = block.accounts(alice=10)
    block.send(alice, noop(), gas=10)
    block.send(alice, noop(), gas=10)
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=1)


@toy_scenario(hazards="H58")
def first_fault_counts(block: ToyBlockBuilder) -> None:
    """Two transactions may not be in the block: it is rejected for the one that comes first."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, noop())
    block.send(bob, noop(), nonce=3)
    block.send(alice, noop(), nonce=0)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=1)


@toy_scenario(hazards="H03 H44")
def rejected_block_leaves_nothing(block: ToyBlockBuilder) -> None:
    """A block is rejected at its second transaction: the next one finds the state as if it had never been tried."""
    alice = block.account("alice")
    block.send(alice, load(1), add(1), store(1), nonce=0)
    block.send(alice, noop(), nonce=2)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=1)
    block.next_block()
    block.send(alice, load(1), add(1), store(1), nonce=0)
    block.expect_success()
    block.expect_slot(1, 1)
    block.expect_balance(alice, WEALTH - 22_103)


@toy_scenario(hazards="H55")
def failure_still_counts(block: ToyBlockBuilder) -> None:
    """A transaction that runs out of gas has used its nonce: the next one of its sender builds on that."""
    alice = block.account("alice")
    block.send(alice, store(1, 1), gas=22_099)
    block.send(alice, store(1, 1))
    block.expect_success(False, True)
    block.expect_nonce(alice, 2)
