"""Creations at addresses that have storage alone, which collide with nothing since Amsterdam has no EIP-7610."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    BASE,
    COLD_SLOT,
    CREATION,
    INITCODE_WORD,
    NEW_ACCOUNT,
    NEW_SLOT,
    OTHER_BYTE,
    PUSH,
    SLOT_WRITE,
    WARM,
)
from samestate.conformance.scenarios.assembler import add_to_slot, code, create2, deploying, load, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import created_address, salted_address
from samestate.spec.evm.forks import AMSTERDAM

READING = code(store(1, f"{load(5)} PUSH 1 ADD"))
ADDING = code(add_to_slot(5, 1))


@scenario(hazards="H21 H29 H31", forks=(AMSTERDAM,))
def created_over_storage_alone(block: BlockBuilder) -> None:
    """CREATE2 goes to an address with a slot and nothing else: it succeeds, and the next transaction finds it zero."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = deploying(READING)
    maker = block.contract("maker", code(store(0, create2(initcode))))
    child = block.at("child", salted_address(maker.address, bytes(32), initcode))
    block.orphan_storage(child, {5: 6})
    block.call(alice, maker, gas=600_000)
    block.call(bob, child)
    block.expect_success()
    block.expect_slot(maker, 0, child)
    block.expect_slot(child, 5, 0)
    block.expect_slot(child, 1, 1)


@scenario(hazards="H29 H31 H136", forks=(AMSTERDAM,))
def transaction_creates_over_storage_alone(block: BlockBuilder) -> None:
    """A creating transaction goes to an address with a slot and nothing else: both are new, and paid for."""
    alice = block.account("alice", ETHER)
    child = block.at("child", created_address(alice.address, 0))
    block.orphan_storage(child, {5: 6})
    block.create(alice, "child", ADDING)
    block.expect_success()
    block.expect_nonce(child, 1)
    block.expect_slot(child, 5, 1)
    intrinsic = BASE + CREATION + INITCODE_WORD + len(ADDING) * OTHER_BYTE
    block.expect_counted((intrinsic + 4 * PUSH + COLD_SLOT + WARM + SLOT_WRITE, NEW_ACCOUNT + NEW_SLOT))
