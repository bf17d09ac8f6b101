"""What stays of accounts that are created and destroyed within transactions, and what block access lists say of it."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import add_to_slot, balance, call, code, create2, store, when
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, BPO2_ACCESS_LISTS, CANCUN, PRAGUE, SHANGHAI

SINCE_CANCUN = (CANCUN, PRAGUE, BPO2_ACCESS_LISTS, AMSTERDAM)
LISTED = (BPO2_ACCESS_LISTS, AMSTERDAM)
GAS = 1_500_000


def maker(block: BlockBuilder, initcode: bytes) -> tuple[NamedAccount, NamedAccount]:
    """A contract that creates at one address, with the value that it is called with, and the account that it makes."""
    making = block.contract("maker", code(store("CALLER", create2(initcode, value="CALLVALUE"))))
    return making, block.at("child", salted_address(making.address, bytes(32), initcode))


def has_lists(block: BlockBuilder) -> bool:
    """Whether the block's fork has access lists."""
    return block.fork in LISTED


@scenario(hazards="H20 H128 H135", forks=SINCE_CANCUN)
def funded_and_destroyed_twice(block: BlockBuilder) -> None:
    """An address with a balance is created, written and destroyed for another by two transactions."""
    alice, bob, carol, shop = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER, shop=1)
    making, child = maker(block, code(add_to_slot(0, 1), store(1, "SELFBALANCE"), f"PUSH {shop} SELFDESTRUCT"))
    block.fund(child, 5)
    block.call(alice, making, gas=GAS)
    block.transfer(carol, to=child, value=7)
    block.call(bob, making, value=2, gas=GAS)
    block.expect_success()
    block.expect_gone(child)
    block.expect_balance(shop, 15)
    block.expect_slot(making, alice.as_number, child)
    block.expect_slot(making, bob.as_number, child)
    if has_lists(block):
        block.expect_entry(
            child,
            balance_changes=((1, 0), (2, 7), (3, 0)),
            nonce_changes=(),
            code_changes=(),
            storage_changes=(),
            storage_reads=(0, 1),
        )


@scenario(hazards="H32 H128", forks=SINCE_CANCUN)
def destroyed_for_itself_twice(block: BlockBuilder) -> None:
    """An account is created and destroyed for itself by two transactions: burnt, or kept since Amsterdam."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    making, child = maker(block, code(add_to_slot(0, 1), "ADDRESS SELFDESTRUCT"))
    block.call(alice, making, value=3, gas=GAS)
    block.call(bob, making, value=4, gas=GAS)
    block.call(bob, block.contract("looker", code(store(0, f"{balance(child)} PUSH 1 ADD"))))
    block.expect_success()
    block.expect_balance(child, 7 if block.fork is AMSTERDAM else 0)
    block.expect_slot(block.nobody("looker"), 0, 8 if block.fork is AMSTERDAM else 1)


@scenario(hazards="H22 H128 H135", forks=SINCE_CANCUN)
def destroyed_and_then_alive(block: BlockBuilder) -> None:
    """The same address is created twice and destroyed, and a third time not, since a slot has changed in between."""
    alice, bob, carol, shop = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER, shop=1)
    switch = block.contract(
        "switch",
        code(when("CALLVALUE", "set"), "PUSH 0 SLOAD PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN", "set:", store(0, 1)),
    )
    initcode = code(
        add_to_slot(0, 1),
        f"PUSH 32 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH {switch} GAS CALL POP",
        when("PUSH 0 MLOAD", "live"),
        f"PUSH {shop} SELFDESTRUCT",
        "live:",
        "PUSH 1 PUSH 31 RETURN",
    )
    making, child = maker(block, initcode)
    block.call(alice, making, value=3, gas=GAS)
    block.call(bob, making, value=4, gas=GAS)
    block.call(bob, switch, value=1)
    block.call(carol, making, value=5, gas=GAS)
    block.expect_success()
    block.expect_balance(shop, 8)
    block.expect_balance(child, 5)
    block.expect_slot(child, 0, 1)
    block.expect_code(child, b"\x01")
    if has_lists(block):
        block.expect_entry(child, balance_changes=((4, 5),), nonce_changes=((4, 1),), code_changes=((4, b"\x01"),))


@scenario(hazards="H134", forks=LISTED)
def beneficiary_of_nothing(block: BlockBuilder) -> None:
    """Contracts without a balance destroy themselves for accounts that are there and that are not: both are listed."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    absent = block.nobody("absent")
    block.call(alice, block.contract("for shop", code(f"PUSH {shop} SELFDESTRUCT")))
    block.call(bob, block.contract("for absent", code(f"PUSH {absent} SELFDESTRUCT")))
    block.expect_success()
    block.expect_listed(shop, absent)
    block.expect_gone(absent)
    block.expect_entry(shop, balance_changes=())
    block.expect_entry(absent, balance_changes=(), nonce_changes=(), code_changes=())


@scenario(hazards="H26 H134", forks=(BERLIN, SHANGHAI, PRAGUE, AMSTERDAM))
def destruction_in_a_frame_that_fails(block: BlockBuilder) -> None:
    """A contract sends value, and destroys itself in a frame that is reverted: the first stays, and so does it."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    mortal = block.contract("mortal", code(f"PUSH {shop} SELFDESTRUCT"), balance=5, storage={0: 7})
    failing = block.contract("failing", code(f"{call(mortal)} POP PUSH 0 PUSH 0 REVERT"))
    outer = block.contract("outer", code(call(mortal, value=2, gas=0), "POP", call(failing), "POP"), balance=9)
    block.call(alice, outer)
    block.call(bob, failing)
    block.expect_success(True, False)
    block.expect_slot(mortal, 0, 7)
    block.expect_balance(shop, 1)
