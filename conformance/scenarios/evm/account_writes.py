"""What authorizations cost since Amsterdam: accesses, writes, new accounts, new delegations (EIP-8037, EIP-8038)."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.scenarios.amsterdam_gas import (
    ACCOUNT_WRITE,
    AUTHORIZATION,
    BASE,
    CALL,
    COLD_ACCOUNT,
    EXECUTION_CAP,
    NEW_ACCOUNT,
    NEW_DELEGATION,
    PUSH,
    TRANSFER,
    VALUE,
    WARM,
)
from samestate.conformance.scenarios.assembler import REVERT, code, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.delegation import DESIGNATOR
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.signature import CURVE_ORDER

ONE = CALL + AUTHORIZATION
"""What a transaction with one authorization costs before it executes, to another account and without value."""


def idle(block: BlockBuilder, name: str = "target") -> NamedAccount:
    """A contract that does nothing, to delegate to."""
    return block.contract(name, code("STOP"))


def delegated(block: BlockBuilder, name: str, target: NamedAccount) -> NamedAccount:
    """An account with a key that has delegated before the block, and has signed nothing else."""
    account = block.nobody(name)
    block.place_contract(account, DESIGNATOR + target.address, balance=ETHER)
    return account


@scenario(hazards="H37 H51", forks=(AMSTERDAM,))
def sender_as_authority(block: BlockBuilder) -> None:
    """The sender is written anyway: its own authorization pays for no write, that of another account does."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = idle(block)
    block.delegate(alice, {alice: target}, to=target)
    block.delegate(alice, {bob: target}, to=target)
    block.expect_success()
    block.expect_counted((ONE, NEW_DELEGATION), (ONE + ACCOUNT_WRITE, NEW_DELEGATION))


@scenario(hazards="H34 H51", forks=(AMSTERDAM,))
def authority_twice(block: BlockBuilder) -> None:
    """An account delegates twice in one transaction: one write and one new delegation are paid, and two accesses."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    first, second = idle(block, "first"), block.contract("second", code(store(0, 1)))
    block.delegate(
        alice,
        [block.authorization(bob, first), block.authorization(bob, second)],
        to=first,
        comment="alice brings two delegations of bob",
    )
    block.call(alice, bob)
    block.expect_success()
    block.expect_paid(
        CALL + 2 * AUTHORIZATION + ACCOUNT_WRITE + NEW_DELEGATION,
        CALL + COLD_ACCOUNT + 2 * PUSH + 2_100 + 10_000 + 97_920,
    )
    block.expect_slot(bob, 0, 1)
    block.expect_nonce(bob, 2)


@scenario(hazards="H34 H51", forks=(AMSTERDAM,))
def recipient_as_authority(block: BlockBuilder) -> None:
    """The recipient of value is written anyway: its authorization pays for no write. Without value it does."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    target = idle(block)
    block.delegate(alice, {bob: target}, to=bob, value=7)
    block.delegate(alice, {carol: target}, to=carol)
    block.expect_success()
    block.expect_counted(
        (ONE + VALUE + COLD_ACCOUNT, NEW_DELEGATION), (ONE + ACCOUNT_WRITE + COLD_ACCOUNT, NEW_DELEGATION)
    )


@scenario(hazards="H19 H126", forks=(AMSTERDAM,))
def authority_without_an_account(block: BlockBuilder) -> None:
    """An authority that isn't there pays for an account, a write and a delegation; later it is there, and delegated."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    target, other = idle(block), idle(block, "other")
    block.delegate(alice, {bob: target}, to=target)
    block.delegate(alice, {bob: other}, to=target)
    block.expect_success()
    block.expect_counted((ONE + ACCOUNT_WRITE, NEW_ACCOUNT + NEW_DELEGATION), (ONE + ACCOUNT_WRITE, 0))
    block.expect_code(bob, DESIGNATOR + other.address)


@scenario(hazards="H19 H126 H138", forks=(AMSTERDAM,))
def authority_made_by_a_transfer(block: BlockBuilder) -> None:
    """An earlier transaction pays the authority: its account is there, and what remains new is the delegation."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    target = idle(block)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER + NEW_ACCOUNT)
    block.delegate(alice, {bob: target}, to=target, gas=ONE + ACCOUNT_WRITE + NEW_DELEGATION)
    block.expect_success()
    block.expect_counted((TRANSFER, NEW_ACCOUNT), (ONE + ACCOUNT_WRITE, NEW_DELEGATION))
    block.expect_code(bob, DESIGNATOR + target.address)


@scenario(hazards="H12 H13 H126", forks=(AMSTERDAM,))
def authority_made_by_a_fee(block: BlockBuilder) -> None:
    """The coinbase is the authority: the first fee makes its account, and that of its own transaction is too late."""
    alice, miner = block.accounts(alice=ETHER, miner=0)
    block.mined_by(miner)
    target = idle(block)
    block.transfer(alice, to=target, value=0)
    block.delegate(alice, {miner: target}, to=target)
    block.expect_success()
    block.expect_counted((CALL, 0), (ONE + ACCOUNT_WRITE, NEW_DELEGATION))
    block.next_block()
    other = block.nobody("other miner")
    block.mined_by(other)
    block.delegate(alice, {other: target}, to=target)
    block.expect_success()
    block.expect_counted((ONE + ACCOUNT_WRITE, NEW_ACCOUNT + NEW_DELEGATION))


@scenario(hazards="H39 H51", forks=(AMSTERDAM,))
def cleared_and_set_again(block: BlockBuilder) -> None:
    """A delegation from before the block is cleared and set in one transaction: no new state, and one write."""
    alice = block.account("alice", ETHER)
    target, other = idle(block), idle(block, "other")
    wallet = delegated(block, "wallet", target)
    block.delegate(
        alice,
        [block.authorization(wallet, None), block.authorization(wallet, other)],
        to=target,
        comment="alice brings two delegations of wallet",
    )
    block.expect_success()
    block.expect_counted((CALL + 2 * AUTHORIZATION + ACCOUNT_WRITE, 0))
    block.expect_code(wallet, DESIGNATOR + other.address)


@scenario(hazards="H39 H51", forks=(AMSTERDAM,))
def set_and_cleared_and_set_again(block: BlockBuilder) -> None:
    """An account delegates, stops, and delegates again in one transaction: the delegation is new once."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    target = idle(block)
    words = [block.authorization(bob, place) for place in (target, None, target)]
    block.delegate(alice, words, to=target, comment="alice brings three delegations of bob")
    words = [block.authorization(carol, place) for place in (target, None)]
    block.delegate(alice, words, to=target, comment="alice brings two delegations of carol, the last to nobody")
    block.expect_success()
    block.expect_counted(
        (CALL + 3 * AUTHORIZATION + ACCOUNT_WRITE, NEW_DELEGATION),
        (CALL + 2 * AUTHORIZATION + ACCOUNT_WRITE, NEW_DELEGATION),
    )
    block.expect_code(carol, b"")


@scenario(hazards="H34 H39", forks=(AMSTERDAM,))
def cleared_by_an_earlier_transaction(block: BlockBuilder) -> None:
    """One transaction clears a delegation, the next sets it: what was there before the block does not count."""
    alice = block.account("alice", ETHER)
    target = idle(block)
    wallet = delegated(block, "wallet", target)
    block.delegate(alice, {wallet: None}, to=target)
    block.delegate(alice, {wallet: target}, to=target)
    block.delegate(alice, {wallet: None}, to=wallet)
    block.expect_success()
    block.expect_counted((ONE + ACCOUNT_WRITE, 0), (ONE + ACCOUNT_WRITE, NEW_DELEGATION), (ONE + ACCOUNT_WRITE, 0))
    block.expect_code(wallet, b"")


@scenario(hazards="H131", forks=(AMSTERDAM,))
def words_that_cost_their_base(block: BlockBuilder) -> None:
    """Authorizations that do not hold cost 7,816 gas each and no more, be they signed wrongly or of nobody."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=1, carol=0)
    target = idle(block)
    right = block.authorization(bob, target, nonce=0)
    words = [
        block.authorization(bob, target, nonce=5),
        block.authorization(carol, target, nonce=1),
        block.authorization(bob, target, nonce=0, chain_id=7),
        block.authorization(target, target, nonce=1),
        replace(right, y_parity=2),
        replace(right, y_parity=1 - right.y_parity, s=CURVE_ORDER - right.s),
    ]
    block.delegate(alice, words, to=target, comment="alice brings six authorizations that do not hold")
    block.expect_success()
    block.expect_counted((CALL + 6 * AUTHORIZATION, 0))
    block.expect_nonce(bob, 0)
    block.expect_gone(carol)
    block.expect_listed(carol)


@scenario(hazards="H55 H136", forks=(AMSTERDAM,))
def delegations_outlast_a_failure(block: BlockBuilder) -> None:
    """The code that a transaction calls reverts, then halts: the delegations hold, and their state gas is paid."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=0, carol=0)
    target = idle(block)
    reverting = block.contract("reverting", code(store(0, 1), REVERT))
    halting = block.contract("halting", code(store(0, 1), "INVALID"))
    block.delegate(alice, {bob: target}, to=reverting)
    block.delegate(alice, {carol: target}, to=halting, gas=500_000)
    block.expect_success(False, False)
    state = NEW_ACCOUNT + NEW_DELEGATION
    block.expect_counted((ONE + ACCOUNT_WRITE + 2 * PUSH + 2_100 + 10_000 + 2 * PUSH, state), (500_000 - state, state))
    block.expect_code(bob, DESIGNATOR + target.address)
    block.expect_code(carol, DESIGNATOR + target.address)


@scenario(hazards="H136 H143", forks=(AMSTERDAM,))
def reservoir_after_delegations(block: BlockBuilder) -> None:
    """Delegations take a part of the reservoir for good; what the code takes comes back as it halts."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    target = idle(block)
    halting = block.contract("halting", code(store(0, 1), "INVALID"))
    state = NEW_ACCOUNT + NEW_DELEGATION
    block.delegate(alice, {bob: target}, to=halting, gas=EXECUTION_CAP + state + 97_920)
    block.expect_success(False)
    block.expect_paid(EXECUTION_CAP + state)
    block.expect_counted((EXECUTION_CAP, state))


@scenario(hazards="H02 H138", forks=(AMSTERDAM,))
def sender_made_valid_by_its_authorization(block: BlockBuilder) -> None:
    """A transaction has nonce 1, which its sender's account has only since an earlier one brought its authorization."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    target = idle(block)
    block.delegate(alice, {bob: target}, to=target)
    block.transfer(bob, to=shop, value=7, nonce=1)
    block.expect_success()
    block.expect_nonce(bob, 2)


@scenario(hazards="H54", forks=(AMSTERDAM,))
def authority_becomes_warm(block: BlockBuilder) -> None:
    """An authority is warm for the code that its transaction calls, whether or not its authorization holds."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    looker = block.contract("looker", code(f"PUSH {bob} BALANCE PUSH {carol} BALANCE"))
    words = [block.authorization(bob, looker), block.authorization(carol, looker, nonce=5)]
    block.delegate(alice, words, to=looker, comment="alice brings delegations of bob and carol")
    block.call(alice, looker)
    block.expect_success()
    block.expect_counted(
        (CALL + 2 * AUTHORIZATION + ACCOUNT_WRITE + 2 * (PUSH + WARM), NEW_DELEGATION),
        (CALL + 2 * (PUSH + COLD_ACCOUNT), 0),
    )


@scenario(hazards="H37", forks=(AMSTERDAM,))
def delegated_to_oneself(block: BlockBuilder) -> None:
    """A transaction to its own sender delegates the sender: base and authorization, access to the delegate, no more."""
    alice = block.account("alice", ETHER)
    target = idle(block)
    block.delegate(alice, {alice: target}, value=7)
    block.expect_success()
    block.expect_counted((BASE + AUTHORIZATION + COLD_ACCOUNT, NEW_DELEGATION))
    block.expect_logs([])
