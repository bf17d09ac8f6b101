"""Storage: every kind of conflict between transactions that use the same slots."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import (
    REVERT,
    add_to_slot,
    argument,
    call,
    code,
    load,
    store,
    when,
    words,
)
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since, throughout
from samestate.spec.evm.forks import BERLIN, LONDON, PARIS, SHANGHAI

STORES_ITS_ARGUMENT = code(store(0, argument(0)))
"""Slot 0 becomes the first word of the call's data."""

COPIES = code(store(1, load(0)))
"""Slot 1 becomes what slot 0 holds."""

COUNTS = code(add_to_slot(0, 1))
"""Slot 0 grows by one."""

EITHER = code(when("CALLDATASIZE", "set"), store(1, load(0)), "STOP", "set:", store(0, argument(0)))
"""With data slot 0 becomes its first word, without data slot 1 becomes what slot 0 holds."""


@scenario(hazards="H51", forks=throughout(BERLIN))
def read_after_write(block: BlockBuilder) -> None:
    """A transaction reads the slot that the one before it wrote."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", EITHER, storage={0: 1})
    block.call(alice, cell, data=words(7))
    block.call(bob, cell)
    block.expect_success()
    block.expect_slot(cell, 1, 7)


@scenario(hazards="H51", forks=since(PARIS))
def write_after_read(block: BlockBuilder) -> None:
    """A transaction reads a slot, and a later one writes it: the first must not see the later value."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", EITHER, storage={0: 1})
    block.call(alice, cell)
    block.call(bob, cell, data=words(7))
    block.expect_success()
    block.expect_slot(cell, 1, 1)
    block.expect_slot(cell, 0, 7)


@scenario(hazards="H51", forks=since(PARIS))
def write_after_write(block: BlockBuilder) -> None:
    """Three transactions write the same slot: the last one's value stays, and each pays for the value it found."""
    cell = block.contract("cell", STORES_ITS_ARGUMENT)
    for name, value in (("alice", 5), ("bob", 0), ("carol", 9)):
        block.call(block.account(name, ETHER), cell, data=words(value))
    block.expect_success()
    block.expect_slot(cell, 0, 9)


@scenario(hazards="H67", forks=since(PARIS))
def write_that_leaves_the_value(block: BlockBuilder) -> None:
    """Storing what a slot already holds is no write: whoever reads it later depends on nobody."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", EITHER, storage={0: 7})
    block.call(alice, cell, data=words(7))
    block.call(bob, cell)
    block.expect_success()
    block.expect_slot(cell, 1, 7)


@scenario(hazards="H22", forks=since(PARIS))
def there_and_back(block: BlockBuilder) -> None:
    """A slot changes and changes back: its reader depends on who changed it last, equal value or not."""
    cell = block.contract("cell", EITHER, storage={0: 1})
    block.call(block.account("alice", ETHER), cell, data=words(2))
    block.call(block.account("bob", ETHER), cell, data=words(1))
    block.call(block.account("carol", ETHER), cell)
    block.expect_success()
    block.expect_slot(cell, 1, 1)


@scenario(hazards="H67", forks=since(PARIS))
def there_and_back_at_once(block: BlockBuilder) -> None:
    """A transaction changes a slot and changes it back: it has read the slot, and written nothing."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, 2), store(0, 1)), storage={0: 1})
    block.call(alice, cell)
    block.call(bob, cell)
    block.expect_success()
    block.expect_slot(cell, 0, 1)


@scenario(hazards="H55", forks=throughout(PARIS))
def reverted_write(block: BlockBuilder) -> None:
    """A transaction writes a slot and reverts: a later reader sees, and depends on, what was there before."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    setting = code(when("CALLDATASIZE", "set"), store(1, load(0)), "STOP", "set:", store(0, argument(0)), REVERT)
    cell = block.contract("cell", setting, storage={0: 1})
    block.call(alice, cell, data=words(7))
    block.call(bob, cell)
    block.expect_success(False, True)
    block.expect_slot(cell, 1, 1)


@scenario(hazards="H36 H70", forks=since(PARIS))
def read_in_a_reverted_frame(block: BlockBuilder) -> None:
    """A frame reads a slot and reverts: what it read still decided what happened, so it stays on record."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(when("CALLDATASIZE", "set"), load(0), REVERT, "set:", store(0, argument(0))))
    asker = block.contract("asker", code(store(0, f"{call(cell)} PUSH 1 ADD")))
    block.call(alice, cell, data=words(7))
    block.call(bob, asker)
    block.expect_success()
    block.expect_slot(asker, 0, 1)


@scenario(hazards="H55 H70", forks=since(PARIS))
def write_in_a_reverted_frame(block: BlockBuilder) -> None:
    """A frame writes a slot and reverts, then its caller reads the slot: from before, not from the lost write."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract(
        "cell",
        code(
            when("CALLER ADDRESS EQ", "inner"),
            when("CALLDATASIZE", "set"),
            f"{call('ADDRESS')} POP",
            store(1, load(0)),
            "STOP",
            "inner:",
            store(0, 99),
            REVERT,
            "set:",
            store(0, argument(0)),
        ),
        storage={0: 1},
    )
    block.call(alice, cell, data=words(7))
    block.call(bob, cell)
    block.expect_success()
    block.expect_slot(cell, 1, 7)


@scenario(hazards="H51 H61", forks=throughout(LONDON))
def counter(block: BlockBuilder) -> None:
    """Five senders count on one counter: the longest chain is the whole block."""
    count = block.contract("counter", COUNTS)
    for name in ("alice", "bob", "carol", "dave", "erin"):
        block.call(block.account(name, ETHER), count)
    block.expect_success()
    block.expect_slot(count, 0, 5)


@scenario(forks=(PARIS,))
def slots_of_their_own(block: BlockBuilder) -> None:
    """Senders who use one contract, but each a slot of their own, depend on nothing."""
    ledger = block.contract("ledger", code(add_to_slot("CALLER", 1)))
    for name in ("alice", "bob", "carol"):
        block.call(block.account(name, ETHER), ledger)
    block.expect_success()


@scenario(hazards="H63", forks=since(SHANGHAI))
def slot_found_in_a_slot(block: BlockBuilder) -> None:
    """Which slot a transaction reads depends on a slot that an earlier one wrote: stale reads lead elsewhere."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    pointer = code(when("CALLDATASIZE", "set"), store(1, load(load(0))), "STOP", "set:", store(0, argument(0)))
    cell = block.contract("cell", pointer, storage={0: 10, 10: 100, 20: 200})
    block.call(alice, cell, data=words(20))
    block.call(bob, cell)
    block.expect_success()
    block.expect_slot(cell, 1, 200)


@scenario(hazards="H58 H63", forks=since(SHANGHAI))
def loop_that_would_never_end(block: BlockBuilder) -> None:
    """A transaction loops as often as a slot says, which an earlier one has lowered: a stale read runs out of gas."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    looping = code(
        when("CALLDATASIZE", "set"),
        load(0),
        "again:",
        when("DUP1 ISZERO", "end"),
        "PUSH 1 SWAP1 SUB PUSH @again JUMP",
        "end:",
        store(1, 1),
        "STOP",
        "set:",
        store(0, argument(0)),
    )
    loop = block.contract("loop", looping, storage={0: 2**255})
    block.call(alice, loop, data=words(3))
    block.call(bob, loop)
    block.expect_success()
    block.expect_slot(loop, 1, 1)


@scenario(hazards="H58", forks=(PARIS,))
def speculation_that_would_fail(block: BlockBuilder) -> None:
    """A transaction reverts unless the one before it has opened the door."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    door = block.contract(
        "door", code(when("CALLDATASIZE", "open"), when(load(0), "enter"), REVERT, "enter:", store(1, "CALLER"),
                     "STOP", "open:", store(0, 1)),
    )  # fmt: skip
    block.call(alice, door, data=words(1))
    block.call(bob, door)
    block.expect_success()
    block.expect_slot(door, 1, bob)


@scenario(hazards="H51", forks=since(BERLIN))
def clearing_earns_once(block: BlockBuilder) -> None:
    """Clearing a slot earns a refund: which of two transactions gets it depends on their order."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, 0)), storage={0: 1})
    block.call(alice, cell)
    block.call(bob, cell)
    block.expect_success()
    block.expect_slot(cell, 0, 0)
