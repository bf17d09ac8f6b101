"""Nonces: chains of one sender, gaps and repetitions."""

from __future__ import annotations

from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, throughout
from samestate.spec.evm.forks import BERLIN, LONDON, PARIS, SHANGHAI
from samestate.spec.evm.rejections import Invalid


@scenario(hazards="H01", forks=throughout(BERLIN))
def chain_of_one_sender(block: BlockBuilder) -> None:
    """Six transactions of one sender are valid only in their order."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    for _ in range(6):
        block.transfer(alice, to=bob, value=GWEI)
    block.expect_success()
    block.expect_nonce(alice, 6)


@scenario(hazards="H01 H61", forks=(PARIS,))
def two_chains_interleaved(block: BlockBuilder) -> None:
    """The chains of two senders take turns, and neither waits for the other."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    for _ in range(3):
        block.transfer(alice, to=shop, value=GWEI)
        block.transfer(bob, to=shop, value=GWEI)
    block.expect_success()


@scenario(hazards="H02 H03", forks=throughout(LONDON))
def gap_in_mid_block(block: BlockBuilder) -> None:
    """A nonce is left out in the middle of a block: the block is invalid, and nothing waits for what never comes."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    for nonce in (0, 1, 3, 4):
        block.transfer(alice, to=bob, value=GWEI, nonce=nonce)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=2)


@scenario(hazards="H01", forks=(LONDON,))
def nonce_used_twice(block: BlockBuilder) -> None:
    """The second transaction with one nonce is invalid, although before the block it would not be."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=0, carol=0)
    block.transfer(alice, to=bob, value=GWEI)
    block.transfer(alice, to=carol, value=GWEI, nonce=0)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=1)


@scenario(hazards="H03 H44", forks=(SHANGHAI,))
def rejected_block_leaves_nothing(block: BlockBuilder) -> None:
    """A block is rejected at its second transaction: the next one finds the state as if it had never been tried."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=GWEI, nonce=0)
    block.transfer(alice, to=bob, value=GWEI, nonce=2)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=1)
    block.next_block()
    block.transfer(alice, to=bob, value=GWEI, nonce=0)
    block.expect_success()
    block.expect_balance(bob, GWEI)


@scenario(hazards="H03", forks=(LONDON,))
def nonce_without_successor(block: BlockBuilder) -> None:
    """An account whose nonce is at its limit can send no more (EIP-2681)."""
    alice = block.account("alice", ETHER, nonce=2**64 - 1)
    block.transfer(alice, to=alice, value=0)
    block.expect(Invalid.NONCE_IS_MAX, transaction=0)


@scenario(hazards="H55", forks=(PARIS,))
def failure_still_counts(block: BlockBuilder) -> None:
    """A transaction that runs out of gas has used its nonce: the next one of its sender builds on that."""
    alice = block.account("alice", ETHER)
    trap = block.contract("trap", b"\xfe")
    block.call(alice, trap, gas=50_000)
    block.transfer(alice, to=trap, value=0, gas=50_000)
    block.expect_success(False, False)
    block.expect_nonce(alice, 2)
