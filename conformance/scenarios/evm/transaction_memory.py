"""What a transaction remembers and the next one must not: transient storage, warm sets, refunds."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import REVERT, add_to_slot, balance, call, code, load, store, when
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.forks import BERLIN, CANCUN, LONDON, SHANGHAI


@scenario(hazards="H54", forks=since(CANCUN))
def transient_storage_ends(block: BlockBuilder) -> None:
    """What a transaction left in transient storage is zero for the next one."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    keeper = block.contract("keeper", code(store("CALLER", "PUSH 0 TLOAD PUSH 1 ADD"), "PUSH 7 PUSH 0 TSTORE"))
    block.call(alice, keeper)
    block.call(bob, keeper)
    block.expect_success()
    block.expect_slot(keeper, alice.as_number, 1)
    block.expect_slot(keeper, bob.as_number, 1)


@scenario(hazards="H54 H55", forks=(CANCUN,))
def transient_storage_of_a_reverted_frame(block: BlockBuilder) -> None:
    """What a reverted frame put into transient storage is undone, within one transaction."""
    alice = block.account("alice", ETHER)
    keeper = block.contract(
        "keeper",
        code(when("CALLER ADDRESS EQ", "inner"), "PUSH 1 PUSH 0 TSTORE", call("ADDRESS"), store(0, "PUSH 0 TLOAD"),
             "STOP", "inner:", "PUSH 2 PUSH 0 TSTORE", REVERT),
    )  # fmt: skip
    block.call(alice, keeper)
    block.expect_success()
    block.expect_slot(keeper, 0, 1)


@scenario(hazards="H54", forks=since(BERLIN))
def warm_set_ends(block: BlockBuilder) -> None:
    """Addresses and slots that were warm in one transaction are cold in the next: both use the same gas."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    toucher = block.contract("toucher", code(load(5), balance(shop), balance(shop), load(5)), storage={5: 1})
    block.call(alice, toucher)
    block.call(bob, toucher)
    block.expect_success()


@scenario(hazards="H54", forks=(LONDON,))
def access_list_warms_one_transaction(block: BlockBuilder) -> None:
    """An access list makes slots cheap for its own transaction and for no other."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    counter = block.contract("counter", code(add_to_slot(0, 1)), storage={0: 1})
    block.call(alice, counter, access_list=[(counter, [0])])
    block.call(bob, counter)
    block.expect_success()
    block.expect_slot(counter, 0, 3)


@scenario(hazards="H52 H54", forks=(BERLIN, LONDON, SHANGHAI))
def refunds_end(block: BlockBuilder) -> None:
    """Refunds of one transaction are none of the next: the second has nothing to clear, and gets nothing back."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    clearing = block.contract("clearing", code(store(0, 0), store(1, 0)), storage={0: 1, 1: 1})
    block.call(alice, clearing)
    block.call(bob, clearing)
    block.expect_success()
