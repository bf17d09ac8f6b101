"""The slot of a block on the consensus layer, as SLOTNUM gives it (EIP-7843)."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import CALL, COLD_SLOT, PUSH, SLOT_WRITE
from samestate.conformance.scenarios.assembler import add_to_slot, call, code, delegate_call, deploying, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM

ASKING = code("SLOTNUM PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN")


@scenario(hazards="H44", forks=(AMSTERDAM,))
def slot_of_each_block(block: BlockBuilder) -> None:
    """Three blocks with slots between them that stayed empty: each transaction sees the slot of its own block."""
    alice = block.account("alice", ETHER)
    asker = block.contract("asker", code(store("NUMBER", "SLOTNUM"), add_to_slot(0, "SLOTNUM")))
    total = 0
    for slot in (100, 103, 110):
        if slot != 100:
            block.next_block()
        block.set_environment(slot_number=slot)
        block.call(alice, asker)
        block.call(alice, asker)
        total += 2 * slot
        block.expect_success()
        block.expect_slot(asker, block.environment.number, slot)
        block.expect_slot(asker, 0, total)


@scenario(hazards="H63", forks=(AMSTERDAM,))
def largest_slot(block: BlockBuilder) -> None:
    """The slot is the largest number of 64 bits: what is computed with it has 256."""
    alice = block.account("alice", ETHER)
    asker = block.contract("asker", code(add_to_slot(0, "SLOTNUM")), storage={0: 1})
    block.set_environment(slot_number=2**64 - 1)
    block.call(alice, asker)
    block.call(alice, asker)
    block.expect_success()
    block.expect_slot(asker, 0, 2**65 - 1)


@scenario(hazards="H43", forks=(AMSTERDAM,))
def slot_zero(block: BlockBuilder) -> None:
    """The slot is zero, and no default for a field that is missing."""
    alice = block.account("alice", ETHER)
    asker = block.contract("asker", code(store(0, "SLOTNUM ISZERO")))
    block.set_environment(slot_number=0)
    block.call(alice, asker)
    block.expect_success()
    block.expect_slot(asker, 0, 1)


@scenario(hazards="H40 H44", forks=(AMSTERDAM,))
def slot_in_every_frame(block: BlockBuilder) -> None:
    """The slot is the same in a call, a static call, a delegated call, initialization code and code that it deploys."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    asker = block.contract("asker", ASKING)
    keeping = code(add_to_slot(7, "SLOTNUM"))
    keeper = block.contract("keeper", keeping)
    returned = "PUSH 0 MLOAD"
    static = f"PUSH 32 PUSH 0 PUSH 0 PUSH 0 PUSH {asker} GAS STATICCALL POP"
    outer = block.contract(
        "outer", code(static, store(1, returned), f"{call(keeper)} POP", f"{delegate_call(keeper)} POP")
    )
    child = block.create(bob, "child", deploying(keeping, store(7, "SLOTNUM")))
    block.call(alice, outer, gas=500_000)
    block.call(alice, child)
    block.set_environment(slot_number=77)
    block.expect_success()
    block.expect_slot(outer, 1, 77)
    block.expect_slot(outer, 7, 77)
    block.expect_slot(keeper, 7, 77)
    block.expect_slot(child, 7, 2 * 77)


@scenario(hazards="H51", forks=(AMSTERDAM,))
def price_of_the_slot(block: BlockBuilder) -> None:
    """SLOTNUM costs 2 gas: a transaction with just enough for it succeeds, and one with a gas less fails."""
    alice = block.account("alice", ETHER)
    asker = block.contract("asker", code(store(0, "SLOTNUM")), storage={0: 1})
    enough = CALL + 2 + PUSH + COLD_SLOT + SLOT_WRITE
    block.call(alice, asker, gas=enough - 1)
    block.call(alice, asker, gas=enough)
    block.expect_success(False, True)
    block.expect_paid(enough - 1, enough)
