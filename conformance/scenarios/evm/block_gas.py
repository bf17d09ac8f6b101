"""Gas in two dimensions: what a block counts, and what it has room for (EIP-7778, EIP-8037)."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    CALL,
    CLEARED_SLOT,
    COLD_SLOT,
    EXECUTION_CAP,
    NEW_ACCOUNT,
    NEW_SLOT,
    PUSH,
    STORE,
    TRANSFER,
)
from samestate.conformance.scenarios.assembler import REVERT, code, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.rejections import Invalid

CLEARING = CALL + 4 * STORE
"""What a call costs that clears four slots, before the refund."""
REFUND = CLEARING // 5
ROOM = 10_000_000
"""A gas limit with room for much, but for less than a transaction may execute."""


def clearing(block: BlockBuilder, name: str = "clearing") -> NamedAccount:
    """A contract that clears four slots; the fifth part of the gas, which is less, comes back."""
    assert 4 * CLEARED_SLOT > REFUND
    return block.contract(name, code(*(store(slot, 0) for slot in range(4))), storage=dict.fromkeys(range(4), 1))


def setting(block: BlockBuilder, count: int) -> NamedAccount:
    """A contract that sets so many new slots."""
    return block.contract("setting", code(*(store(slot, 1) for slot in range(count))))


@scenario(hazards="H52", forks=(AMSTERDAM,))
def refunds_are_paid_back_and_counted(block: BlockBuilder) -> None:
    """What comes back to a sender is in its receipt's gas and not in the block's (EIP-7778)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    shop = clearing(block)
    block.call(alice, shop)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.call(bob, shop)
    block.expect_success()
    second = CALL + 4 * (2 * PUSH + COLD_SLOT)
    block.expect_paid(CLEARING - REFUND, TRANSFER, second)
    block.expect_counted((CLEARING, 0), (TRANSFER, 0), (second, 0))
    block.expect_gas_used(CLEARING + TRANSFER + second)


@scenario(hazards="H05 H52", forks=(AMSTERDAM,))
def refunds_leave_no_room(block: BlockBuilder) -> None:
    """The second transaction would fit only if what comes back to the first were room."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=CLEARING + TRANSFER - 1)
    block.call(alice, clearing(block), gas=CLEARING)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H05 H52", forks=(AMSTERDAM,))
def room_beside_refunds(block: BlockBuilder) -> None:
    """The same with one gas more in the block: it is full to the last gas, though less is paid for."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=CLEARING + TRANSFER)
    block.call(alice, clearing(block), gas=CLEARING)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.expect_success()
    block.expect_gas_used(CLEARING + TRANSFER)


@scenario(hazards="H06 H136", forks=(AMSTERDAM,))
def declared_gas_over_the_state_gas_left(block: BlockBuilder) -> None:
    """A transaction declares one gas more than the block has left for state, though it uses none of that."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=ROOM)
    block.call(alice, setting(block, 3), gas=400_000)
    block.transfer(bob, to=alice, value=7, gas=ROOM - 3 * NEW_SLOT + 1)
    block.expect(Invalid.STATE_GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H06 H136", forks=(AMSTERDAM,))
def declared_gas_as_the_state_gas_left(block: BlockBuilder) -> None:
    """The same with one gas less."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=ROOM)
    block.call(alice, setting(block, 3), gas=400_000)
    block.transfer(bob, to=alice, value=7, gas=ROOM - 3 * NEW_SLOT)
    block.expect_success()
    block.expect_counted((CALL + 3 * STORE, 3 * NEW_SLOT), (TRANSFER, 0))


@scenario(hazards="H05 H136", forks=(AMSTERDAM,))
def capped_gas_over_the_execution_gas_left(block: BlockBuilder) -> None:
    """Of much declared gas 2^24 may be executed with: the block lacks one gas of that, and none for state."""
    alice, bob = block.accounts(alice=10 * ETHER, bob=10 * ETHER)
    block.set_environment(gas_limit=EXECUTION_CAP + TRANSFER - 1)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.transfer(bob, to=alice, value=7, gas=EXECUTION_CAP + 1)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H05 H136", forks=(AMSTERDAM,))
def capped_gas_as_the_execution_gas_left(block: BlockBuilder) -> None:
    """The same with one gas more in the block: what is declared beyond 2^24 needs no room for execution."""
    alice, bob = block.accounts(alice=10 * ETHER, bob=10 * ETHER)
    block.set_environment(gas_limit=EXECUTION_CAP + TRANSFER)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.transfer(bob, to=alice, value=7, gas=EXECUTION_CAP + TRANSFER)
    block.expect_success()
    block.expect_paid(TRANSFER, TRANSFER)


@scenario(hazards="H136", forks=(AMSTERDAM,))
def full_of_state(block: BlockBuilder) -> None:
    """State has taken the block but for 21,000 gas: any number of transfers fits into that, as execution has room."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    block.set_environment(gas_limit=NEW_ACCOUNT + TRANSFER)
    block.transfer(alice, to=shop, value=7, gas=NEW_ACCOUNT + TRANSFER)
    for _ in range(3):
        block.transfer(bob, to=shop, value=7, gas=TRANSFER)
    block.expect_success()
    block.expect_gas_used(NEW_ACCOUNT)


@scenario(hazards="H06 H136", forks=(AMSTERDAM,))
def one_over_the_rest_of_state(block: BlockBuilder) -> None:
    """The same, but the last transfer declares one gas more."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    block.set_environment(gas_limit=NEW_ACCOUNT + TRANSFER)
    block.transfer(alice, to=shop, value=7, gas=NEW_ACCOUNT + TRANSFER)
    block.transfer(bob, to=shop, value=7, gas=TRANSFER)
    block.transfer(bob, to=shop, value=7, gas=TRANSFER + 1)
    block.expect(Invalid.STATE_GAS_ALLOWANCE_EXCEEDED, transaction=2)


@scenario(hazards="H05 H136", forks=(AMSTERDAM,))
def full_of_execution(block: BlockBuilder) -> None:
    """Execution has left just what the last transaction declares, most of which is for state: it fits."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    block.set_environment(gas_limit=4 * TRANSFER + NEW_ACCOUNT + TRANSFER)
    for _ in range(4):
        block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.transfer(bob, to=shop, value=7, gas=NEW_ACCOUNT + TRANSFER)
    block.expect_success()
    block.expect_gas_used(NEW_ACCOUNT)


@scenario(hazards="H05 H136", forks=(AMSTERDAM,))
def one_over_the_rest_of_execution(block: BlockBuilder) -> None:
    """The same in a block with one gas less: declared gas may be executed with, whatever it would be used for."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    block.set_environment(gas_limit=4 * TRANSFER + NEW_ACCOUNT + TRANSFER - 1)
    for _ in range(4):
        block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.transfer(bob, to=shop, value=7, gas=NEW_ACCOUNT + TRANSFER)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=4)


@scenario(hazards="H136", forks=(AMSTERDAM,))
def state_gas_of_a_failure_is_room(block: BlockBuilder) -> None:
    """A transaction sets slots and reverts: its state gas is not counted, and the next one fits because of that."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    failing = block.contract("failing", code(*(store(slot, 1) for slot in range(3)), REVERT))
    execution = CALL + 3 * STORE + 2 * PUSH
    block.set_environment(gas_limit=3 * NEW_SLOT + execution)
    block.call(alice, failing, gas=3 * NEW_SLOT + execution)
    block.transfer(bob, to=alice, value=7, gas=3 * NEW_SLOT)
    block.expect_success(False, True)
    block.expect_counted((execution, 0), (TRANSFER, 0))
    block.expect_paid(execution, TRANSFER)


@scenario(hazards="H52 H136", forks=(AMSTERDAM,))
def larger_dimension(block: BlockBuilder) -> None:
    """The header of one block has its state gas, that of the next its execution gas: each the larger sum."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    block.transfer(alice, to=shop, value=7, gas=TRANSFER + NEW_ACCOUNT)
    block.transfer(bob, to=shop, value=7, gas=TRANSFER)
    block.expect_success()
    block.expect_gas_used(NEW_ACCOUNT)
    block.next_block()
    for _ in range(9):
        block.transfer(alice, to=shop, value=7, gas=TRANSFER)
    block.call(bob, setting(block, 1))
    block.expect_success()
    block.expect_gas_used(9 * TRANSFER + CALL + STORE)


@scenario(hazards="H52 H136", forks=(AMSTERDAM,))
def receipts_beyond_the_gas_limit(block: BlockBuilder) -> None:
    """Both dimensions together come to more than the block's gas limit: the last receipt says so, and all is valid."""
    alice = block.account("alice", ETHER)
    shops = [block.nobody(f"shop {number}") for number in range(3)]
    limit = 2 * NEW_ACCOUNT + TRANSFER + NEW_ACCOUNT
    block.set_environment(gas_limit=limit)
    for shop in shops:
        block.transfer(alice, to=shop, value=7, gas=TRANSFER + NEW_ACCOUNT)
    block.expect_success()
    block.expect_gas_used(3 * NEW_ACCOUNT)


@scenario(hazards="H05 H06", forks=(AMSTERDAM,))
def both_dimensions_lack_room(block: BlockBuilder) -> None:
    """Neither dimension has room for the second transaction: execution gas is looked at first."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=ROOM)
    block.call(alice, setting(block, 3), gas=400_000)
    block.transfer(bob, to=alice, value=7, gas=ROOM)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)
