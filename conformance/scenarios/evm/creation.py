"""Creations: addresses that an earlier transaction took, paid or made."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import REVERT, call, code, create, create2, deploying, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.address import created_address, salted_address
from samestate.spec.evm.forks import BERLIN, BPO2_ACCESS_LISTS, LONDON, PARIS, SHANGHAI

CHILD = code(store(0, "SELFBALANCE"))
INITCODE = deploying(CHILD)
ENOUGH = 3_000_000
"""A collision burns all gas but a 64th: of so much a store is left."""


@scenario(hazards="H35 H40", forks=since(BERLIN))
def created_then_called(block: BlockBuilder) -> None:
    """A transaction creates a contract, and the next one runs it: before the block there is no code."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    child = block.create(alice, "child", INITCODE)
    block.call(bob, child, value=7)
    block.expect_success()
    block.expect_code(child, CHILD)
    block.expect_slot(child, 0, 7)


@scenario(hazards="H29", forks=since(PARIS))
def created_twice(block: BlockBuilder) -> None:
    """Two transactions create at one address: the second collides with the first and burns its gas."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    factory = block.contract("factory", code(store("CALLER", create2(INITCODE))))
    child = block.at("child", salted_address(factory.address, bytes(32), INITCODE))
    block.call(alice, factory)
    block.call(bob, factory, gas=ENOUGH)
    block.expect_success()
    block.expect_slot(factory, alice.as_number, child)
    block.expect_slot(factory, bob.as_number, 0)
    block.expect_nonce(factory, 3)


@scenario(hazards="H30", forks=since(PARIS))
def created_where_value_lies(block: BlockBuilder) -> None:
    """Value came to an address before the contract: the contract has it from its first instruction."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = deploying(CHILD, store(1, "SELFBALANCE"))
    factory = block.contract("factory", code(create2(initcode, value="CALLVALUE")))
    child = block.at("child", salted_address(factory.address, bytes(32), initcode))
    block.transfer(alice, to=child, value=5)
    block.call(bob, factory, value=2)
    block.expect_success()
    block.expect_slot(child, 1, 7)
    block.expect_balance(child, 7)


@scenario(hazards="H30", forks=(LONDON,))
def created_by_transaction_where_value_lies(block: BlockBuilder) -> None:
    """The same, created by a transaction of its own."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    child = block.at("child", created_address(bob.address, 0))
    block.transfer(alice, to=child, value=5)
    block.create(bob, "child", INITCODE, value=2)
    block.expect_success()
    block.expect_balance(child, 7)


@scenario(hazards="H29", forks=(PARIS, BPO2_ACCESS_LISTS))
def created_over_storage(block: BlockBuilder) -> None:
    """An address has storage, but neither nonce nor code: a creation there collides (EIP-7610), and reads no slot."""
    alice = block.account("alice", ETHER)
    factory = block.contract("factory", code(store(0, f"{create2(INITCODE)} PUSH 1 ADD")))
    child = block.at("child", salted_address(factory.address, bytes(32), INITCODE))
    block.orphan_storage(child, {5: 6}, balance=1)
    block.call(alice, factory, gas=ENOUGH)
    block.expect_success()
    block.expect_slot(factory, 0, 1)
    block.expect_slot(child, 5, 6)


@scenario(hazards="H29", forks=(LONDON,))
def transaction_creates_over_code(block: BlockBuilder) -> None:
    """A creating transaction finds code at its address: it fails, and all its gas is used."""
    alice = block.account("alice", ETHER)
    child = block.at("child", created_address(alice.address, 0))
    block.place_contract(child, b"\x00")
    block.create(alice, "child", INITCODE)
    block.expect_success(False)
    block.expect_nonce(alice, 1)


@scenario(hazards="H55", forks=(PARIS,))
def creation_that_fails(block: BlockBuilder) -> None:
    """Initialization code reverts: the creator's nonce has moved, so the next creation is at another address."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    failing = code(store(0, 1), REVERT)
    maker = block.contract("maker", code(f"{create(failing)} POP", store("CALLER", create(INITCODE))))
    block.call(alice, maker)
    block.call(bob, maker)
    block.expect_success()
    block.expect_slot(maker, alice.as_number, block.at("first", created_address(maker.address, 2)))
    block.expect_slot(maker, bob.as_number, block.at("second", created_address(maker.address, 4)))


@scenario(hazards="H77", forks=since(BERLIN))
def code_that_may_not_be(block: BlockBuilder) -> None:
    """Code that begins with 0xEF is deployed in Berlin, and by no later fork (EIP-3541)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(store(0, create(deploying(b"\xef\x00")))))
    block.call(alice, maker)
    block.call(bob, block.at("first", created_address(maker.address, 1)))
    block.expect_success(True, block.fork.name != "Berlin")


@scenario(hazards="H19", forks=since(SHANGHAI))
def nonce_of_the_creator(block: BlockBuilder) -> None:
    """Two transactions create by CREATE: the second one's address depends on the nonce that the first has left."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(store("CALLER", create(INITCODE))))
    caller = block.contract("caller", code(call(maker)))
    block.call(alice, maker)
    block.call(bob, caller)
    block.expect_success()
    block.expect_slot(maker, caller.as_number, block.at("second", created_address(maker.address, 2)))
