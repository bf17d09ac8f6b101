"""Blocks that are hard to schedule: late writers, long chains, many readers, and work that is done in vain.

What comes out is what executing one at a time gives, as ever; these make an engine abort, wake and run again as often
as it can. Which orders of steps they lead to is up to the engine; every order is driven by the explorer, on the toy.
"""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.assembler import (
    REVERT,
    add_to_slot,
    argument,
    balance,
    call,
    code,
    create,
    deploying,
    load,
    log,
    store,
    when,
    words,
)
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.evm.self_destruct import nest
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import created_address
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, PRAGUE, SHANGHAI
from samestate.spec.evm.rejections import Invalid

LONG: Final = 400
"""How often a long transaction hashes before it writes."""


def looping(times: int) -> str:
    """Code that takes its time in a loop: it leaves nothing on the stack."""
    return f"PUSH {times} again: PUSH 32 PUSH 0 KECCAK256 PUSH 0 MSTORE PUSH 1 SWAP1 SUB DUP1 PUSH @again JUMPI POP"


@scenario(hazards="H57 H59", forks=(BERLIN, PRAGUE, AMSTERDAM))
def first_one_writes_late(block: BlockBuilder) -> None:
    """The first transaction works long and then writes what five short ones have read by then: all run again."""
    late = block.contract(
        "cell",
        code(when("CALLDATASIZE", "late"), store("CALLER", load(0)), "STOP", "late:", looping(LONG), store(0, 7)),
        storage={0: 1},
    )  # fmt: skip
    block.call(block.account("slow", ETHER), late, data=words(1))
    quick = [block.account(f"quick {index}", ETHER) for index in range(5)]
    for sender in quick:
        block.call(sender, late)
        block.expect_slot(late, sender.as_number, 7)
    block.expect_success()


@scenario(hazards="H57 H59 H62", forks=(BERLIN, PRAGUE, AMSTERDAM))
def each_works_less_than_the_one_before(block: BlockBuilder) -> None:
    """Six transactions add to one slot, each quicker than the one before: the last has read first, and writes last."""
    counter = block.contract("counter", code(argument(0), "again: PUSH 32 PUSH 0 KECCAK256 PUSH 0 MSTORE",
        "PUSH 1 SWAP1 SUB DUP1 PUSH @again JUMPI POP", store(0, f"{load(0)} PUSH 3 MUL PUSH 1 ADD")))  # fmt: skip
    expected = 0
    for index, times in enumerate((300, 150, 75, 35, 15, 1)):
        block.call(block.account(f"sender {index}", ETHER), counter, data=words(times))
        expected = expected * 3 + 1
    block.expect_success()
    block.expect_slot(counter, 0, expected)


@scenario(hazards="H60", forks=(BERLIN, PRAGUE, AMSTERDAM))
def last_one_reads_what_all_wrote(block: BlockBuilder) -> None:
    """The last of ten transactions reads a slot that each before it writes: it may run ten times, and is valid."""
    cell = block.contract(
        "cell", code(when("CALLDATASIZE", "write"), store(1, load(0)), "STOP", "write:", store(0, argument(0)))
    )
    for index in range(9):
        block.call(block.account(f"sender {index}", ETHER), cell, data=words(100 + index))
    block.call(block.account("reader", ETHER), cell)
    block.expect_success()
    block.expect_slot(cell, 1, 108)


@scenario(hazards="H60 H62", forks=(LONDON, AMSTERDAM))
def every_slot_by_somebody_else(block: BlockBuilder) -> None:
    """The last transaction reads six slots, each by another writer, and each leads it to the next."""
    following = " ".join(["SLOAD"] * 6)
    cell = block.contract(
        "cell",
        code(when("CALLDATASIZE", "write"), store(99, f"PUSH 1 {following}"), "STOP", "write:",
             store(argument(0), argument(1))),
        storage=dict.fromkeys(range(1, 7), 77),
    )  # fmt: skip
    for index in range(1, 7):
        block.call(block.account(f"sender {index}", ETHER), cell, data=words(index, index + 1))
    block.call(block.account("reader", ETHER), cell)
    block.expect_success()
    block.expect_slot(cell, 99, 7)


@scenario(hazards="H62", forks=(BERLIN, SHANGHAI, AMSTERDAM))
def value_that_does_not_change_what_follows(block: BlockBuilder) -> None:
    """A reader in the middle runs again and writes the same as before: those behind it need not, and nobody is lost."""
    first = code(when("CALLDATASIZE", "write"), store(1, f"{load(0)} ISZERO ISZERO"), "STOP", "write:", looping(100),
                 store(0, argument(0)))  # fmt: skip
    cell = block.contract("cell", first, storage={0: 5})
    last = block.contract("last", code(store("CALLER", f"PUSH {cell} BALANCE ISZERO")))
    block.call(block.account("alice", ETHER), cell, data=words(6))
    block.call(block.account("bob", ETHER), cell)
    block.call(block.account("carol", ETHER), cell, data=words(7))
    block.call(block.account("dave", ETHER), cell)
    block.call(block.account("erin", ETHER), last)
    block.expect_success()
    block.expect_slot(cell, 1, 1)
    block.expect_slot(cell, 0, 7)


@scenario(hazards="H64", forks=(BERLIN, PRAGUE, AMSTERDAM))
def all_at_one_account(block: BlockBuilder) -> None:
    """Six senders pay one account, read its balance, write slots of one contract and create accounts."""
    shop = block.account("shop", 1)
    busy = block.contract(
        "busy", code(call(shop, value=1), "POP", store("CALLER", balance(shop)), create(b""), "POP", add_to_slot(0, 1)),
        balance=ETHER,
    )  # fmt: skip
    for index in range(6):
        sender = block.account(f"sender {index}", ETHER)
        block.call(sender, busy, tip=GWEI)
        block.expect_slot(busy, sender.as_number, index + 2)
    block.expect_success()
    block.expect_slot(busy, 0, 6)
    block.expect_nonce(busy, 7)


@scenario(hazards="H33 H56", forks=(BERLIN, PRAGUE, AMSTERDAM))
def balances_told_by_everybody(block: BlockBuilder) -> None:
    """Transactions move value among three accounts and log the balances that they find: what those before left."""
    teller = block.contract(
        "teller",
        code(call(argument(0), value=argument(1)), "POP", log(1, balance(argument(0))), log(2, "SELFBALANCE")),
        balance=100,
    )
    ledger = {"first": 10, "second": 20}
    accounts = {name: block.account(name, wei) for name, wei in ledger.items()}
    left = 100
    for index, (name, wei) in enumerate((("first", 5), ("second", 6), ("first", 7), ("second", 0), ("first", 90))):
        sender = block.account(f"sender {index}", ETHER)
        block.call(sender, teller, data=words(accounts[name], wei))
        if wei <= left:
            ledger[name] += wei
            left -= wei
    block.expect_success()
    for name, wei in ledger.items():
        block.expect_balance(accounts[name], wei)
    block.expect_balance(teller, left)


@scenario(hazards="H58 H65", forks=(LONDON, PRAGUE, AMSTERDAM))
def work_in_vain(block: BlockBuilder) -> None:
    """Behind a transaction that may not be in the block others write what those before it read: it is rejected."""
    cell = block.contract("cell", code(when("CALLDATASIZE", "write"), store(1, load(0)), "STOP", "write:", store(0, 7)))
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    block.call(alice, cell)
    block.transfer(bob, to=alice, value=2 * ETHER)
    block.call(carol, cell, data=words(1))
    block.call(alice, cell)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)
    block.next_block()
    block.call(carol, cell, data=words(1), nonce=0)
    block.call(alice, cell, nonce=0)
    block.expect_success()
    block.expect_slot(cell, 1, 7)


@scenario(hazards="H58 H63", forks=(LONDON, CANCUN, AMSTERDAM))
def door_that_closes_and_opens(block: BlockBuilder) -> None:
    """Senders revert, loop out of gas or pass, by what a slot says that changes with every second transaction."""
    door = block.contract(
        "door",
        code(
            when("CALLDATASIZE", "set"),
            when(f"{load(0)} PUSH 1 EQ", "closed"),
            when(f"{load(0)} PUSH 2 EQ", "endless"),
            store("CALLER", 1),
            "STOP",
            "endless: PUSH @endless JUMP",
            "closed:",
            REVERT,
            "set:",
            store(0, argument(0)),
        ),
        storage={0: 2},
    )
    outcomes = []
    for index, state in enumerate((1, 2, 3, 1, 3)):
        block.call(block.account(f"keeper {index}", ETHER), door, data=words(state))
        guest = block.account(f"guest {index}", ETHER)
        block.call(guest, door, gas=150_000)
        outcomes += [True, state == 3]
        block.expect_slot(door, guest.as_number, int(state == 3))
    block.expect_success(*outcomes)


@scenario(hazards="H35 H49", forks=(BERLIN, PRAGUE, AMSTERDAM))
def code_of_a_block_that_was_rejected(block: BlockBuilder) -> None:
    """A rejected block has put code at an address; the next one puts other code there, and it runs, not the first."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    child = block.at("child", created_address(alice.address, 0))
    caller = block.contract("caller", code(store(0, f"{call(child)} POP PUSH {child} EXTCODESIZE"), store(1, 1)))
    block.create(alice, "child", deploying(code(store(0, 1), "PUSH @end JUMP end:")), nonce=0)
    block.call(bob, child, nonce=0)
    block.transfer(bob, to=alice, value=7, nonce=5)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=2)
    block.next_block()
    other = code("PUSH 0 PUSH @end JUMPI", store(0, 2), store(1, 3), "end:")
    block.create(alice, "child", deploying(other), nonce=0)
    block.call(bob, caller, nonce=0)
    block.expect_success()
    block.expect_slot(child, 0, 2)
    block.expect_slot(child, 1, 3)
    block.expect_slot(caller, 0, len(other))


@scenario(hazards="H35 H49", forks=(BERLIN, SHANGHAI))
def other_code_in_the_next_block(block: BlockBuilder) -> None:
    """A contract runs and is destroyed in one block; in the next other code is made at its address, and runs."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    first = code("PUSH @end JUMP", store(0, 9), "end:", "CALLER SELFDESTRUCT")
    second = code("PUSH @end JUMP", "end:", store(0, 2), store(1, "CODESIZE"))
    factory, child = nest(block, deploying(second), first)
    block.call(alice, child)
    block.expect_success()
    block.expect_gone(child)
    block.next_block()
    block.call(bob, factory)
    block.call(carol, child)
    block.expect_success()
    block.expect_slot(child, 0, 2)
    block.expect_slot(child, 1, len(second))
