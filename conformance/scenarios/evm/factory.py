"""The factory that every chain has (EIP-7997): contracts that it creates for others."""

from __future__ import annotations

from samestate.conformance.generating.system_contracts import FACTORY
from samestate.conformance.scenarios.assembler import REVERT, code, deploying, store, words
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.forks import AMSTERDAM

INITCODE = deploying(code(store(0, "CALLER")))
SALT = words(5)


def factory(block: BlockBuilder) -> NamedAccount:
    """The factory, which is in the state since Amsterdam."""
    return block.at("deployment factory", FACTORY)


def made_by_factory(block: BlockBuilder, name: str, initcode: bytes, salt: bytes = SALT) -> NamedAccount:
    """The account that the factory makes of initialization code."""
    return block.at(name, salted_address(FACTORY, salt, initcode))


@scenario(hazards="H29 H35", forks=(AMSTERDAM,))
def created_for_others(block: BlockBuilder) -> None:
    """One transaction has the factory create a contract, and the next calls it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    child = made_by_factory(block, "child", INITCODE)
    block.call(alice, factory(block), data=SALT + INITCODE, gas=500_000)
    block.call(bob, child)
    block.expect_success()
    block.expect_slot(child, 0, bob)


@scenario(hazards="H29", forks=(AMSTERDAM,))
def created_twice_by_the_factory(block: BlockBuilder) -> None:
    """Two people have the factory create the same: the second finds it there, and the factory reverts."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    child = made_by_factory(block, "child", INITCODE)
    other = made_by_factory(block, "other", INITCODE, salt=words(6))
    block.call(alice, factory(block), data=SALT + INITCODE, gas=500_000)
    block.call(bob, factory(block), data=SALT + INITCODE, gas=500_000)
    block.call(bob, factory(block), data=words(6) + INITCODE, gas=500_000)
    block.expect_success(True, False, True)
    block.expect_nonce(child, 1)
    block.expect_nonce(other, 1)
    block.expect_nonce(factory(block), 3)


@scenario(hazards="H139", forks=(AMSTERDAM,))
def endowed_by_the_factory(block: BlockBuilder) -> None:
    """Value for the factory goes on to what it creates: two moves, two logs."""
    alice = block.account("alice", ETHER)
    child = made_by_factory(block, "child", INITCODE)
    block.call(alice, factory(block), value=7, data=SALT + INITCODE, gas=500_000)
    block.expect_success()
    block.expect_logs([(alice, factory(block), 7), (factory(block), child, 7)])
    block.expect_balance(child, 7)


@scenario(hazards="H55 H136", forks=(AMSTERDAM,))
def initialization_that_fails_in_the_factory(block: BlockBuilder) -> None:
    """Initialization code reverts, so the factory does: no state is left or counted, and what follows is created."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    failing = code(store(0, 1), REVERT)
    child = made_by_factory(block, "child", INITCODE)
    block.call(alice, factory(block), value=7, data=SALT + failing, gas=500_000)
    block.call(bob, factory(block), data=SALT + INITCODE, gas=500_000)
    block.expect_success(False, True)
    block.expect_logs([], [])
    block.expect_nonce(child, 1)
    block.expect_nonce(factory(block), 2)


@scenario(hazards="H61", forks=(AMSTERDAM,))
def strangers_at_the_factory(block: BlockBuilder) -> None:
    """People who know nothing of each other create by the factory: its nonce is all that they share."""
    for number in range(3):
        sender = block.account(f"sender {number}", ETHER)
        block.call(sender, factory(block), data=words(number) + INITCODE, gas=500_000)
    block.expect_success()
    block.expect_nonce(factory(block), 4)
