"""The most gas that a transaction may have: 2^24 for execution, 2^32 - 1 for execution and state (EIP-8037)."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    CALL,
    EXECUTION_CAP,
    FLOOR_BYTE,
    LISTED_ADDRESS,
    NEW_SLOT,
    STORE,
    TOTAL_CAP,
    TRANSFER,
    ZERO_BYTE,
)
from samestate.conformance.scenarios.assembler import code, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.rejections import Invalid

RICH = 100 * ETHER
ADDRESSES = 4_000
ZEROS = (EXECUTION_CAP - CALL - ADDRESSES * LISTED_ADDRESS) // ZERO_BYTE
"""With so many listed addresses and so many zeros the intrinsic gas is 2^24."""
FLOOR_BYTES = (EXECUTION_CAP - CALL) // FLOOR_BYTE
"""The floor of so many bytes is at most 2^24, and that of one more is over it."""


@scenario(hazards="H09 H136", forks=(AMSTERDAM,))
def more_than_may_be_executed_with(block: BlockBuilder) -> None:
    """A transaction declares 2^24 + 1 gas: it may, and executes with 2^24 of them, which GAS shows."""
    alice = block.account("alice", ETHER)
    cell = block.contract("cell", code(store(0, "GAS")))
    block.call(alice, cell, gas=EXECUTION_CAP + 1)
    block.expect_success()
    block.expect_slot(cell, 0, EXECUTION_CAP - CALL - 2)
    block.expect_counted((CALL + STORE - 1, NEW_SLOT))


@scenario(hazards="H09 H144", forks=(AMSTERDAM,))
def just_the_total_cap(block: BlockBuilder) -> None:
    """A transaction declares 2^32 - 1 gas, the most that is allowed, in a block of just that."""
    alice, bob = block.accounts(alice=RICH, bob=ETHER)
    block.set_environment(gas_limit=TOTAL_CAP)
    block.transfer(alice, to=bob, value=7, gas=TOTAL_CAP)
    block.transfer(bob, to=alice, value=7)
    block.expect_success()
    block.expect_paid(TRANSFER, TRANSFER)


@scenario(hazards="H09 H144", forks=(AMSTERDAM,))
def one_over_the_total_cap(block: BlockBuilder) -> None:
    """A transaction declares 2^32 gas, for which the block has room."""
    alice, bob = block.accounts(alice=RICH, bob=ETHER)
    block.set_environment(gas_limit=2**34)
    block.transfer(bob, to=alice, value=7)
    block.transfer(alice, to=bob, value=7, gas=TOTAL_CAP + 1)
    block.expect(Invalid.TOTAL_GAS_LIMIT_EXCEEDED, transaction=1)


@scenario(hazards="H09 H63", forks=(AMSTERDAM,), size_limit=230_000)
def just_the_cap_before_execution(block: BlockBuilder) -> None:
    """Listed addresses and data cost 2^24 gas before execution: nothing is left to execute with, and nothing needed."""
    alice, bob = block.accounts(alice=RICH, bob=ETHER)
    assert CALL + ADDRESSES * LISTED_ADDRESS + ZEROS * ZERO_BYTE == EXECUTION_CAP
    block.call(alice, bob, gas=EXECUTION_CAP + 1_000, data=bytes(ZEROS), access_list=ADDRESSES * [(bob, [])])
    block.expect_success()
    block.expect_paid(EXECUTION_CAP)


@scenario(hazards="H09 H65", forks=(AMSTERDAM,), size_limit=230_000)
def over_the_cap_before_execution(block: BlockBuilder) -> None:
    """The same with one byte of data more."""
    alice, bob = block.accounts(alice=RICH, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    block.call(alice, bob, gas=EXECUTION_CAP + 1_000, data=bytes(ZEROS + 1), access_list=ADDRESSES * [(bob, [])])
    block.expect(Invalid.INTRINSIC_GAS_OVER_LIMIT, transaction=1)


@scenario(hazards="H11 H65", forks=(AMSTERDAM,), size_limit=560_000)
def over_the_cap_by_the_floor(block: BlockBuilder) -> None:
    """The floor of much data is 24 gas over 2^24, and the intrinsic gas far below it."""
    alice, bob = block.accounts(alice=RICH, bob=ETHER)
    assert EXECUTION_CAP < CALL + (FLOOR_BYTES + 1) * FLOOR_BYTE < EXECUTION_CAP + FLOOR_BYTE
    block.transfer(bob, to=alice, value=7)
    block.call(alice, bob, gas=EXECUTION_CAP + 1_000, data=bytes(FLOOR_BYTES + 1))
    block.expect(Invalid.FLOOR_GAS_OVER_LIMIT, transaction=1)
