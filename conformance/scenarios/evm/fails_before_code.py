"""Transactions that cannot pay for what the state asks before their code begins: in the block, and without effect."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    ACCOUNT_WRITE,
    AUTHORIZATION,
    BASE,
    CALL,
    COLD_ACCOUNT,
    CREATION,
    EXECUTION_CAP,
    NEW_ACCOUNT,
    NEW_DELEGATION,
    TRANSFER,
)
from samestate.conformance.scenarios.assembler import code, store
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import created_address
from samestate.spec.evm.delegation import DESIGNATOR
from samestate.spec.evm.forks import AMSTERDAM


@scenario(hazards="H51 H55", forks=(AMSTERDAM,))
def recipient_that_is_too_expensive(block: BlockBuilder) -> None:
    """One gas is lacking for the account that value would make: all gas is gone, the value is not, nobody is there."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    gas = TRANSFER + NEW_ACCOUNT - 1
    block.transfer(alice, to=shop, value=7, gas=gas)
    block.expect_success(False)
    block.expect_paid(gas)
    block.expect_counted((gas, 0))
    block.expect_logs([])
    block.expect_balance(alice, ETHER - 2 * GWEI * gas)
    block.expect_nonce(alice, 1)
    block.expect_gone(shop)
    block.expect_listed(shop)


@scenario(hazards="H04 H19 H58", forks=(AMSTERDAM,))
def too_little_until_another_pays(block: BlockBuilder) -> None:
    """The same transfer thrice: it fails, succeeds once another transaction has made the account, and again."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    block.transfer(alice, to=shop, value=7, gas=TRANSFER)
    block.transfer(bob, to=shop, value=8, gas=TRANSFER + NEW_ACCOUNT)
    block.transfer(alice, to=shop, value=7, gas=TRANSFER)
    block.transfer(alice, to=shop, value=7, gas=TRANSFER)
    block.expect_success(False, True, True, True)
    block.expect_logs([], [(bob, shop, 8)], [(alice, shop, 7)], [(alice, shop, 7)])
    block.expect_balance(shop, 22)


@scenario(hazards="H51 H136", forks=(AMSTERDAM,))
def creation_that_is_too_expensive(block: BlockBuilder) -> None:
    """One gas is lacking for the account of a creation: its sender's nonce has moved, and the next one is elsewhere."""
    alice = block.account("alice", ETHER)
    gas = BASE + CREATION + NEW_ACCOUNT
    first = block.create(alice, "first", b"", gas=gas - 1, value=7)
    second = block.create(alice, "second", b"", gas=gas)
    block.expect_success(False, True)
    block.expect_paid(gas - 1, gas)
    block.expect_counted((gas - 1, 0), (gas - NEW_ACCOUNT, NEW_ACCOUNT))
    block.expect_gone(first)
    block.expect_nonce(second, 1)
    block.expect_listed(first)


@scenario(hazards="H29 H136", forks=(AMSTERDAM,))
def creation_that_collides(block: BlockBuilder) -> None:
    """A creation finds a nonce at its address: all its gas is gone but for the reservoir, and nothing is for state."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    for sender in (alice, bob):
        block.place_contract(block.at(f"of {sender.name}", created_address(sender.address, 0)), b"", balance=1)
    block.create(alice, "of alice", code("STOP"), gas=300_000, value=7)
    block.create(bob, "of bob", code("STOP"), gas=EXECUTION_CAP + NEW_ACCOUNT)
    block.expect_success(False, False)
    block.expect_paid(300_000, EXECUTION_CAP)
    block.expect_counted((300_000, 0), (EXECUTION_CAP, 0))
    block.expect_balance(block.named["of alice"], 1)


@scenario(hazards="H36 H134", forks=(AMSTERDAM,))
def delegate_that_is_too_expensive(block: BlockBuilder) -> None:
    """One gas is lacking for access to the recipient's delegate: the delegate is not on the list."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = block.contract("target", code(store(0, 1)))
    wallet = block.nobody("wallet")
    block.place_contract(wallet, DESIGNATOR + target.address)
    block.transfer(alice, to=wallet, value=7, gas=TRANSFER + COLD_ACCOUNT - 1)
    block.expect_success(False)
    block.expect_logs([])
    block.expect_listed(wallet)
    block.expect_unlisted(target)
    block.next_block()
    block.call(bob, wallet, gas=CALL + COLD_ACCOUNT)
    block.expect_success(False)
    block.expect_listed(target)


@scenario(hazards="H55 H138", forks=(AMSTERDAM,))
def delegations_that_are_undone(block: BlockBuilder) -> None:
    """The second of two delegations is too expensive: neither holds, and the recipient isn't even looked at."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=0)
    target = block.contract("target", code(store(0, 1)))
    shop = block.contract("shop", code("STOP"))
    gas = CALL + 2 * (AUTHORIZATION + ACCOUNT_WRITE + NEW_DELEGATION) + NEW_ACCOUNT
    block.delegate(alice, {bob: target, carol: target}, to=shop, gas=gas - 1)
    block.expect_success(False)
    block.expect_paid(gas - 1)
    block.expect_counted((gas - 1, 0))
    block.expect_nonce(bob, 0)
    block.expect_code(bob, b"")
    block.expect_gone(carol)
    block.expect_listed(bob, carol)
    block.expect_unlisted(shop, target)


@scenario(hazards="H55 H138", forks=(AMSTERDAM,))
def delegations_undone_by_the_recipient(block: BlockBuilder) -> None:
    """Delegations are paid for, and the account of the recipient is not: they do not hold, and a call runs none."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    target = block.contract("target", code(store(0, 1)))
    gas = TRANSFER + AUTHORIZATION + ACCOUNT_WRITE + NEW_DELEGATION + NEW_ACCOUNT
    authorization = block.authorization(bob, target)
    block.delegate(alice, [authorization], to=shop, value=7, gas=gas - 1, comment="alice delegates bob in vain")
    block.call(alice, bob)
    block.delegate(alice, [authorization], to=shop, value=7, gas=gas, comment="alice brings the same with a gas more")
    block.expect_success(False, True, True)
    block.expect_counted((gas - 1, 0), (CALL, 0), (gas - NEW_DELEGATION - NEW_ACCOUNT, NEW_DELEGATION + NEW_ACCOUNT))
    block.expect_slot(bob, 0, 0)
    block.expect_nonce(bob, 1)
    block.expect_balance(shop, 7)


@scenario(hazards="H136 H143", forks=(AMSTERDAM,), size_limit=80_000)
def reservoir_that_is_refilled(block: BlockBuilder) -> None:
    """The first of many delegations empty the reservoir, a later one is too expensive: the reservoir comes back."""
    alice = block.account("alice", 10 * ETHER)
    target = block.contract("target", code("STOP"))
    state = NEW_ACCOUNT + NEW_DELEGATION
    count = EXECUTION_CAP // state + 2
    words = [block.authorization(block.nobody(f"authority {number}"), target) for number in range(count)]
    block.delegate(alice, words, to=target, gas=EXECUTION_CAP + state, comment=f"alice brings {count} delegations")
    block.expect_success(False)
    block.expect_paid(EXECUTION_CAP)
    block.expect_counted((EXECUTION_CAP, 0))
    block.expect_gone(block.nobody("authority 0"))
