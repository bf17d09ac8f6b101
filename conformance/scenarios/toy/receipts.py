"""Receipts: logs, gas, errors, and what a failure leaves."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import WEALTH, add, hash_of, load, noop, store
from samestate.spec.evm.hashing import keccak256
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key


@toy_scenario(hazards="H50")
def logs_are_counted_through_the_block(block: ToyBlockBuilder) -> None:
    """Each receipt says how many logs the block had before: transactions without any stand between."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, hash_of(b"one"), hash_of(b"two"))
    block.send(bob, noop())
    block.send(alice, hash_of(b"three"))
    block.send(bob)
    block.send(bob, hash_of(b"four"))
    block.expect_success()
    block.expect_first_logs(0, 2, 2, 3, 3)


@toy_scenario(hazards="H50 H44")
def logs_begin_anew_in_each_block(block: ToyBlockBuilder) -> None:
    """The second block counts its logs from zero."""
    alice = block.account("alice")
    block.send(alice, hash_of(b"one"), hash_of(b"two"))
    block.expect_success()
    block.next_block()
    block.send(alice, hash_of(b"three"))
    block.send(alice, hash_of(b"four"))
    block.expect_success()
    block.expect_first_logs(0, 1)


@toy_scenario(hazards="H50 H51 H55")
def logs_of_a_failure(block: ToyBlockBuilder) -> None:
    """A transaction logs and then runs out of gas: its logs are gone, and the next one's follow on those before."""
    alice = block.account("alice")
    block.send(alice, hash_of(b"one"))
    block.send(alice, hash_of(b"lost"), store(1, 1), gas=22_000)
    block.send(alice, hash_of(b"two"))
    block.expect_success(True, False, True)
    block.expect_logs([keccak256(b"one")], [], [keccak256(b"two")])
    block.expect_first_logs(0, 1, 1)


@toy_scenario(hazards="H51 H55")
def failure_undoes_its_stores(block: ToyBlockBuilder) -> None:
    """Stores of a transaction that runs out of gas are undone; its nonce and its fee stay, and its reads on record."""
    block.holding({1: 7, 2: 8})
    alice = block.account("alice")
    block.send(alice, store(1, 70), load(2), store(2, 80), store(3, 90), gas=30_000, price=2)
    block.expect_success(False)
    block.expect_gas(30_000)
    block.expect_reads(0, balance_key(alice.address), nonce_key(alice.address), *map(slot_key, (1, 2, 3)))
    block.expect_writes(0, balance_key(alice.address), nonce_key(alice.address))
    block.expect_balance(alice, WEALTH - 60_000)
    block.expect_slot(1, 7)


@toy_scenario(hazards="H54")
def slots_are_cold_again(block: ToyBlockBuilder) -> None:
    """What one transaction has warmed is cold for the next, of the same sender too, and after a failure."""
    block.holding({1: 7})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, load(1), load(1))
    block.send(alice, load(1), load(1), gas=2_199)
    block.send(alice, load(1))
    block.send(bob, load(1))
    block.expect_success(True, False, True, True)
    block.expect_gas(2_200, 2_199, 2_100, 2_100)


@toy_scenario(hazards="H51")
def cumulative_gas(block: ToyBlockBuilder) -> None:
    """Gas adds up in block order, failures with all of their limits."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(1, 1))
    block.send(bob, store(2, 1), gas=22_000)
    block.send(bob, noop())
    block.send(alice, store(1, 2))
    block.expect_success(True, False, True, True)
    block.expect_cumulative_gas(22_100, 44_100, 44_101, 49_101)


@toy_scenario(hazards="H51")
def equal_transactions_differ_by_place(block: ToyBlockBuilder) -> None:
    """The same operations three times cost differently, for what the ones before left: set, kept, kept."""
    people = block.accounts("alice", "bob", "carol")
    for person in people:
        block.send(person, store(1, 5))
    block.expect_success()
    block.expect_gas(22_100, 2_200, 2_200)
    block.expect_sources(2, slot_key(1), 0)


@toy_scenario(hazards="H51")
def digest_of_a_chain_of_values(block: ToyBlockBuilder) -> None:
    """A digest goes through slots of three transactions, and the fourth logs only if the third has stored its sum.

    It pays nothing and stores what is there: whoever runs it too early has the state right, and the receipt wrong.
    """
    alice, bob, carol, dave = block.accounts("alice", "bob", "carol", "dave")
    total = int.from_bytes(keccak256(b"seed"), "big") + 2
    block.send(alice, hash_of(b"seed"), store(1))
    block.send(bob, hash_of(b"other"), load(1), add(1), store(2))
    block.send(carol, load(2), add(1), store(3))
    block.send(dave, hash_of(b"there"), store(3, total), gas=2_236, price=0)
    block.expect_success()
    block.expect_logs([keccak256(b"seed")], [keccak256(b"other")], [], [keccak256(b"there")])
    block.expect_slot(3, total)


@toy_scenario(hazards="H51")
def many_logs(block: ToyBlockBuilder) -> None:
    """A transaction with forty logs, one of them twice, and one after it."""
    alice = block.account("alice")
    block.send(alice, *(hash_of(bytes([number % 39])) for number in range(40)))
    block.send(alice, hash_of(b""))
    block.expect_success()
    block.expect_first_logs(0, 40)
