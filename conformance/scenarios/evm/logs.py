"""Logs: what they say about balances and storage, and what becomes of them when frames fail."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import (
    REVERT,
    add_to_slot,
    argument,
    balance,
    call,
    code,
    load,
    log,
    words,
)
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since, throughout
from samestate.spec.evm.forks import BERLIN, PARIS


@scenario(hazards="H13 H33", forks=since(PARIS))
def balances_in_logs(block: BlockBuilder) -> None:
    """A log's data holds a balance that an earlier transaction changed: only the receipt tells."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    teller = block.contract("teller", code(log(0xB0, balance(shop)), log(0xB1, balance("COINBASE"))))
    block.transfer(alice, to=shop, value=7)
    block.call(bob, teller)
    block.transfer(alice, to=shop, value=7)
    block.call(bob, teller)
    block.expect_success()


@scenario(hazards="H50 H51 H53", forks=throughout(BERLIN))
def logs_of_many(block: BlockBuilder) -> None:
    """Logs of several transactions and contracts: the block's bloom is all of them together."""
    counting = code(add_to_slot(0, 1), log(load(0), "CALLER"))
    first, second = block.contract("first", counting), block.contract("second", counting)
    both = block.contract("both", code(call(first), call(second), log(argument(0), 1)))
    for name in ("alice", "bob", "carol"):
        block.call(block.account(name, ETHER), both, data=words(0xABC))
    block.expect_success()
    block.expect_slot(first, 0, 3)


@scenario(hazards="H51 H55", forks=(PARIS,))
def logs_of_failures(block: BlockBuilder) -> None:
    """Logs of a frame that fails are dropped, those of its caller stay; a transaction that fails has none."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    failing = block.contract("failing", code(log(1, 1), REVERT))
    outer = block.contract("outer", code(log(2, 2), call(failing), log(3, 3)))
    block.call(alice, outer)
    block.call(bob, failing)
    block.expect_success(True, False)
