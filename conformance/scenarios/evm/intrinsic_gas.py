"""What a transaction costs before it executes, since Amsterdam (EIP-2780, EIP-7976, EIP-7981)."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    BASE,
    CALL,
    CREATION,
    FLOOR_BYTE,
    INITCODE_WORD,
    LISTED_ADDRESS,
    LISTED_SLOT,
    NEW_ACCOUNT,
    NEW_SLOT,
    OTHER_BYTE,
    PUSH,
    STORE,
    TRANSFER,
    WARM,
    ZERO_BYTE,
)
from samestate.conformance.scenarios.assembler import balance, code, load, store
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import created_address
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.rejections import Invalid

ZEROS = bytes(300)
ONES = b"\x01" * 300


@scenario(hazards="H01 H51", forks=(AMSTERDAM,))
def to_oneself(block: BlockBuilder) -> None:
    """A sender sends itself something, nothing, and something again: 12,000 gas each time, and no more is declared."""
    alice = block.account("alice", ETHER)
    for value in (7, 0, 8):
        block.transfer(alice, to=alice, value=value, gas=BASE)
    block.expect_success()
    block.expect_paid(BASE, BASE, BASE)
    block.expect_logs([], [], [])


@scenario(hazards="H51", forks=(AMSTERDAM,))
def with_and_without_value(block: BlockBuilder) -> None:
    """A call costs 15,000 gas, and 21,000 with value, whoever is called."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=0, gas=CALL)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.transfer(bob, to=alice, value=0, gas=CALL)
    block.expect_success()
    block.expect_paid(CALL, TRANSFER, CALL)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def to_oneself_with_too_little(block: BlockBuilder) -> None:
    """One gas less than a transaction to oneself costs."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=alice, value=7, gas=BASE - 1)
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def call_with_too_little(block: BlockBuilder) -> None:
    """One gas less than a call without value costs."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=0, gas=CALL - 1)
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def transfer_with_too_little(block: BlockBuilder) -> None:
    """One gas less than a transfer costs."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER - 1)
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H19 H51 H58", forks=(AMSTERDAM,))
def account_made_by_an_earlier_transfer(block: BlockBuilder) -> None:
    """The first transfer pays for the account that it makes; the second has gas for an account that is there."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    block.transfer(alice, to=shop, value=7, gas=TRANSFER + NEW_ACCOUNT)
    block.transfer(bob, to=shop, value=8, gas=TRANSFER)
    block.expect_success()
    block.expect_paid(TRANSFER + NEW_ACCOUNT, TRANSFER)
    block.expect_counted((TRANSFER, NEW_ACCOUNT), (TRANSFER, 0))
    block.expect_balance(shop, 15)


@scenario(hazards="H13 H19 H58", forks=(AMSTERDAM,))
def account_made_by_a_fee(block: BlockBuilder) -> None:
    """The coinbase isn't there until the first transaction pays it: the second one's value makes no account."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.transfer(bob, to=block.coinbase, value=7, gas=TRANSFER)
    block.expect_success()
    block.expect_paid(TRANSFER, TRANSFER)
    block.expect_balance(block.coinbase, 7 + 2 * TRANSFER * GWEI)


@scenario(hazards="H13 H14 H19", forks=(AMSTERDAM,))
def coinbase_without_a_fee(block: BlockBuilder) -> None:
    """No fee makes the coinbase: value to it pays for an account, and the fee of that very transaction comes later."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7, tip=0)
    block.transfer(bob, to=block.coinbase, value=7, gas=TRANSFER + NEW_ACCOUNT)
    block.expect_success()
    block.expect_counted((TRANSFER, 0), (TRANSFER, NEW_ACCOUNT))


@scenario(hazards="H30 H51", forks=(AMSTERDAM,))
def empty_creation(block: BlockBuilder) -> None:
    """A creation without code pays for an account, unless value made it before: then it fits in less gas."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    second = block.at("second", created_address(bob.address, 0))
    block.create(alice, "first", b"", gas=BASE + CREATION + NEW_ACCOUNT)
    block.transfer(alice, to=second, value=7, gas=TRANSFER + NEW_ACCOUNT)
    block.create(bob, "second", b"", gas=BASE + CREATION)
    block.expect_success()
    block.expect_paid(BASE + CREATION + NEW_ACCOUNT, TRANSFER + NEW_ACCOUNT, BASE + CREATION)
    block.expect_nonce(second, 1)
    block.expect_balance(second, 7)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def creation_with_too_little(block: BlockBuilder) -> None:
    """One gas less than a creation with a word of initialization code costs, whatever its state costs."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cost = BASE + CREATION + INITCODE_WORD + 32 * ZERO_BYTE
    block.transfer(alice, to=bob, value=7)
    block.create(alice, "child", bytes(32), gas=cost - 1)
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H11 H51", forks=(AMSTERDAM,))
def floor_is_the_same_for_all_bytes(block: BlockBuilder) -> None:
    """Zeros and ones cost the same in the end: the floor of 64 gas a byte (EIP-7976), the recipient's part with it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    floor = len(ZEROS) * FLOOR_BYTE
    for data in (ZEROS, ONES):
        block.transfer(alice, to=bob, value=0, gas=300_000, data=data)
        block.transfer(alice, to=bob, value=7, gas=300_000, data=data)
        block.transfer(alice, to=alice, value=7, gas=300_000, data=data)
    block.expect_success()
    block.expect_paid(*2 * (CALL + floor, TRANSFER + floor, BASE + floor))


@scenario(hazards="H11", forks=(AMSTERDAM,))
def just_the_floor(block: BlockBuilder) -> None:
    """The gas limit covers the floor of the data and no gas more."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER + 300 * FLOOR_BYTE, data=ONES)
    block.expect_success()


@scenario(hazards="H11", forks=(AMSTERDAM,))
def one_below_the_floor(block: BlockBuilder) -> None:
    """The gas limit covers the intrinsic gas by far, and the floor of the data but for one gas."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER + 300 * FLOOR_BYTE - 1, data=ZEROS)
    block.expect(Invalid.FLOOR_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H11 H52 H136", forks=(AMSTERDAM,))
def floor_bounds_execution_gas_alone(block: BlockBuilder) -> None:
    """State gas lifts what is paid over the floor; what the block counts of execution is the floor all the same."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, "CALLER")))
    execution = CALL + len(ZEROS) * ZERO_BYTE + STORE - PUSH + 2
    block.call(alice, cell, data=ZEROS)
    block.call(bob, cell, data=ZEROS)
    block.expect_success()
    floor = CALL + len(ZEROS) * FLOOR_BYTE
    block.expect_paid(execution + NEW_SLOT, floor)
    block.expect_counted((floor, NEW_SLOT), (floor, 0))


@scenario(hazards="H11 H51 H52", forks=(AMSTERDAM,))
def floor_after_the_refund(block: BlockBuilder) -> None:
    """A slot is cleared: less than the floor is left after the refund, so that is paid; the block counts before it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    first, second = (block.contract(name, code(store(0, 0)), storage={0: 1}) for name in ("first", "second"))
    block.call(alice, first, data=ZEROS[:150])
    block.call(bob, second, data=ZEROS)
    block.expect_success()
    spent, floors = CALL + 150 * ZERO_BYTE + STORE, [CALL + size * FLOOR_BYTE for size in (150, 300)]
    assert spent - spent // 5 < floors[0] < spent < floors[1]
    block.expect_paid(*floors)
    block.expect_counted((spent, 0), (floors[1], 0))


@scenario(hazards="H54", forks=(AMSTERDAM,))
def list_costs_access_and_data(block: BlockBuilder) -> None:
    """What a transaction lists is paid for by access and by byte, twice where it is twice, and is warm for it alone."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    reader = block.contract("reader", code(load(0), balance(bob)), storage={0: 1})
    instructions = PUSH + WARM + PUSH + WARM
    block.call(alice, reader, access_list=[(reader, [0]), (bob, [])])
    block.call(alice, reader, access_list=[(reader, [0, 0]), (bob, []), (reader, [])])
    block.call(bob, reader)
    block.expect_success()
    block.expect_paid(
        CALL + 2 * LISTED_ADDRESS + LISTED_SLOT + instructions,
        CALL + 3 * LISTED_ADDRESS + 2 * LISTED_SLOT + instructions,
        CALL + PUSH + 2_100 + PUSH + WARM,
    )


@scenario(hazards="H11 H54", forks=(AMSTERDAM,))
def list_is_part_of_the_floor(block: BlockBuilder) -> None:
    """The bytes of an access list count for the floor as data do (EIP-7981); what accesses cost does not."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    floor = TRANSFER + (300 + 20 + 2 * 32) * FLOOR_BYTE
    block.transfer(alice, to=bob, value=7, gas=floor, data=ONES, access_list=[(bob, [1, 2])])
    block.expect_success()
    block.expect_paid(floor)


@scenario(hazards="H11 H65", forks=(AMSTERDAM,))
def one_below_the_floor_of_a_list(block: BlockBuilder) -> None:
    """The same with one gas less."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    floor = TRANSFER + (300 + 20 + 2 * 32) * FLOOR_BYTE
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=7, gas=floor - 1, data=ONES, access_list=[(bob, [1, 2])])
    block.expect(Invalid.FLOOR_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def list_with_too_little(block: BlockBuilder) -> None:
    """One gas less than a call with one address and two slots listed costs."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    cost = CALL + OTHER_BYTE + LISTED_ADDRESS + 2 * LISTED_SLOT
    block.transfer(alice, to=bob, value=0, gas=cost - 1, data=b"\x01", access_list=[(bob, [1, 2])])
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)
