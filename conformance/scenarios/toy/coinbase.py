"""The coinbase and its fees: credits that nobody waits for, until somebody looks."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import WEALTH, noop, store
from samestate.spec.toy.keys import balance_key, nonce_key


@toy_scenario(hazards="H13")
def strangers_share_a_coinbase(block: ToyBlockBuilder) -> None:
    """All pay fees to one coinbase, and none depends on another for that; the coinbase, sending last, does on all."""
    alice, bob, carol, dave, miner = block.accounts("alice", "bob", "carol", "dave", miner=0)
    block.mined_by(miner)
    for place, person in enumerate((alice, bob, carol, dave)):
        block.send(person, store(place, 1), price=3)
    block.send(miner, noop(), gas=4 * 22_100, price=3)
    block.expect_success()
    block.expect_critical_path(2)
    block.expect_sources(4, balance_key(miner.address), 0, 1, 2, 3)
    block.expect_balance(miner, 4 * 3 * 22_100)


@toy_scenario(hazards="H12 H13")
def coinbase_sends_in_mid_chain(block: ToyBlockBuilder) -> None:
    """The coinbase sends in the middle of a block: it has the fees of all before it, and none of those after it."""
    alice, bob, carol, miner = block.accounts("alice", "bob", "carol", miner=1_000)
    block.mined_by(miner)
    block.send(alice, noop(), price=7)
    block.send(bob, noop(), price=11)
    block.send(miner, noop(), price=0)
    block.send(carol, noop(), price=13)
    block.expect_success()
    block.expect_sources(2, balance_key(miner.address), 0, 1)
    block.expect_balance(miner, 1_031)
    block.expect_nonce(miner, 1)


@toy_scenario(hazards="H12 H16")
def coinbase_pays_itself(block: ToyBlockBuilder) -> None:
    """The coinbase pays itself: what it has does not change, so it writes its nonce and nothing else."""
    miner = block.account("miner")
    block.mined_by(miner)
    block.send(miner, noop(), price=5)
    block.expect_success()
    block.expect_writes(0, nonce_key(miner.address))
    block.expect_balance(miner, WEALTH)


@toy_scenario(hazards="H12 H16")
def coinbase_pays_itself_between_others(block: ToyBlockBuilder) -> None:
    """A net-zero fee in mid-block is no write: who reads the balance later depends on the credits alone."""
    alice, bob, miner = block.accounts("alice", "bob", "miner")
    block.mined_by(miner)
    block.send(alice, noop(), price=5)
    block.send(miner, noop(), price=5)
    block.send(bob, noop(), price=5)
    block.send(miner, noop(), price=5)
    block.expect_success()
    block.expect_sources(1, balance_key(miner.address), 0)
    block.expect_sources(3, balance_key(miner.address), 0, 2)
    block.expect_balance(miner, WEALTH + 10)


@toy_scenario(hazards="H12 H19")
def coinbase_sends_first(block: ToyBlockBuilder) -> None:
    """The coinbase sends first, for all that it has: that comes back in the step that gives it its first nonce."""
    alice, miner = block.accounts("alice", miner=9)
    block.mined_by(miner)
    block.send(miner, noop(), gas=1, price=9)
    block.send(alice, noop(), price=9)
    block.send(miner, noop(), gas=1, price=18)
    block.expect_success()
    block.expect_writes(0, nonce_key(miner.address))
    block.expect_sources(2, balance_key(miner.address), 1)
    block.expect_balance(miner, 18)
    block.expect_nonce(miner, 2)


@toy_scenario(hazards="H12 H13")
def coinbase_sends_always(block: ToyBlockBuilder) -> None:
    """Every second transaction is the coinbase's: each reads what the block's fees have come to."""
    alice, miner = block.accounts("alice", miner=10)
    block.mined_by(miner)
    for price in range(1, 6):
        block.send(alice, noop(), price=price)
        block.send(miner, noop(), price=2, gas=1)
    block.expect_success()
    block.expect_balance(miner, 10 + 1 + 2 + 3 + 4 + 5)


@toy_scenario(hazards="H14")
def no_fee_to_an_absent_coinbase(block: ToyBlockBuilder) -> None:
    """A fee of zero leaves the coinbase absent: it is touched, and neither read nor credited."""
    alice = block.account("alice")
    block.send(alice, noop(), price=0)
    block.send(alice, gas=0)
    block.expect_success()
    block.expect_balance(block.nobody("coinbase"), 0)


@toy_scenario(hazards="H13 H14")
def fees_of_some(block: ToyBlockBuilder) -> None:
    """Only some transactions pay a fee: those that do not are no sources of the coinbase's balance."""
    alice, bob, carol, miner = block.accounts("alice", "bob", "carol", miner=0)
    block.mined_by(miner)
    block.send(alice, noop(), price=0)
    block.send(bob, noop(), price=4)
    block.send(carol, noop(), price=0)
    block.send(miner, noop(), gas=1)
    block.expect_success()
    block.expect_sources(3, balance_key(miner.address), 1)


@toy_scenario(hazards="H13 H55")
def fee_of_a_failure(block: ToyBlockBuilder) -> None:
    """A transaction that runs out of gas pays for its whole gas limit, and the coinbase can spend it."""
    alice, miner = block.accounts("alice", miner=0)
    block.mined_by(miner)
    block.send(alice, store(1, 1), gas=22_099)
    block.send(miner, store(1, 1), gas=22_099)
    block.expect_success(False, False)
    block.expect_balance(miner, 22_099)


@toy_scenario(hazards="H18 H46")
def coinbase_receives_a_withdrawal(block: ToyBlockBuilder) -> None:
    """Fees and a withdrawal add up."""
    alice, miner = block.accounts("alice", miner=1)
    block.mined_by(miner)
    block.send(alice, noop(), price=10)
    block.withdrawal(miner, 100)
    block.expect_success()
    block.expect_balance(miner, 111)


@toy_scenario(hazards="H12 H13 H44")
def two_coinbases(block: ToyBlockBuilder) -> None:
    """The coinbase of one block is a mere sender in the next, where another is paid."""
    alice, first, second = block.accounts("alice", first=0, second=0)
    block.mined_by(first)
    block.send(alice, noop(), price=100)
    block.expect_success()
    block.next_block()
    block.mined_by(second)
    block.send(first, noop(), gas=50, price=2)
    block.send(second, noop(), gas=2)
    block.expect_success()
    block.expect_balance(first, 98)
    block.expect_balance(second, 2)


@toy_scenario(hazards="H13 H15")
def largest_balance_grows(block: ToyBlockBuilder) -> None:
    """The coinbase has the most that an account may have before a block, and fees carry it beyond 128 bits.

    The block's access list has what it has after each step.
    """
    alice, miner = block.accounts("alice", miner=2**128 - 1)
    block.mined_by(miner)
    block.send(alice, noop())
    block.send(miner, noop(), price=0)
    block.carry_access_list()
    block.expect_success()
    block.expect_balance(miner, 2**128)
