"""The address that system calls come from, when transactions look at it, pay it or call it (EIP-4788, EIP-7928)."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import balance, call, code, load, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BPO2_ACCESS_LISTS, CANCUN, OSAKA, PRAGUE
from samestate.spec.evm.system_calls import BEACON_ROOTS, BLOCK_HASHES, CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS

LISTED = (BPO2_ACCESS_LISTS, AMSTERDAM)
FORKS = (CANCUN, PRAGUE, BPO2_ACCESS_LISTS, AMSTERDAM)


def system(block: BlockBuilder) -> NamedAccount:
    """The address that system calls come from."""
    return block.at("system", SYSTEM_ADDRESS)


@scenario(hazards="H48 H66", forks=FORKS)
def transaction_looks_at_it(block: BlockBuilder) -> None:
    """A transaction looks at the system's address: since it did, the address is on the list, and it has nothing."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    address = system(block)
    looker = block.contract("looker", code(store("CALLER", f"{balance(address)} PUSH 1 ADD")))
    block.call(alice, looker)
    block.call(bob, looker)
    block.expect_success()
    block.expect_slot(looker, alice.as_number, 1)
    block.expect_gone(address)
    if block.fork in LISTED:
        block.expect_entry(address, balance_changes=(), nonce_changes=(), code_changes=(), storage_reads=())
        block.expect_listed(address)


@scenario(hazards="H48 H67", forks=FORKS)
def transaction_pays_it(block: BlockBuilder) -> None:
    """A transaction pays the system's address: what it has then is its own, and the closing calls leave it alone."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    address = system(block)
    block.transfer(alice, to=address, value=7)
    block.transfer(bob, to=address, value=1)
    block.expect_success()
    block.expect_balance(address, 8)
    block.expect_nonce(address, 0)
    if block.fork in LISTED:
        block.expect_entry(address, balance_changes=((1, 7), (2, 8)), nonce_changes=())


@scenario(hazards="H48 H66", forks=FORKS)
def nobody_looks_at_it(block: BlockBuilder) -> None:
    """The address has a balance from before the block, and only system calls use it: it is not on the list."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    address = system(block)
    block.fund(address, 5)
    block.transfer(alice, to=bob, value=7)
    block.expect_success()
    block.expect_balance(address, 5)
    if block.fork in LISTED:
        block.expect_unlisted(address)


@scenario(hazards="H48 H66", forks=LISTED)
def look_that_could_not_be_paid(block: BlockBuilder) -> None:
    """A transaction looks at the address for a unit of gas too little, another one in a frame that reverts."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    address = system(block)
    before = 15_000 if block.fork is AMSTERDAM else 21_000
    cold = 3_000 if block.fork is AMSTERDAM else 2_600
    looker = block.contract("looker", code(balance(address)))
    block.call(alice, looker, gas=before + 3 + cold - 1)
    block.expect_success(False)
    block.expect_unlisted(address)
    block.next_block()
    reverting = block.contract("reverting", code(balance(address), "PUSH 0 PUSH 0 REVERT"))
    block.call(bob, block.contract("outer", code(call(reverting))))
    block.expect_success()
    block.expect_listed(address)


@scenario(hazards="H73", forks=FORKS)
def it_calls_what_transactions_call(block: BlockBuilder) -> None:
    """The beacon roots' contract has other code and counts its callers: the system first, then transactions."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    contract = block.at("beacon roots", BEACON_ROOTS)
    block.place_contract(contract, code(store("CALLER", f"{load(0)} PUSH 1 ADD"), store(0, f"{load(0)} PUSH 1 ADD")))
    block.call(alice, contract)
    block.call(bob, contract)
    block.expect_success()
    block.expect_slot(contract, int.from_bytes(SYSTEM_ADDRESS, "big"), 1)
    block.expect_slot(contract, bob.as_number, 3)
    block.expect_slot(contract, 0, 3)


@scenario(hazards="H47 H127", forks=(PRAGUE, OSAKA, BPO2_ACCESS_LISTS, AMSTERDAM))
def closing_calls_cancel(block: BlockBuilder) -> None:
    """Both closing calls turn a switch that a transaction has turned: the closing has read it, and changed nothing."""
    alice = block.account("alice", ETHER)
    switch = block.contract("switch", code(store(0, f"{load(0)} ISZERO")))
    for name, address in (
        ("withdrawal requests", WITHDRAWAL_REQUESTS),
        ("consolidation requests", CONSOLIDATION_REQUESTS),
    ):
        block.place_contract(block.at(name, address), code(call(switch), "PUSH 0 PUSH 0 RETURN"))
    block.call(alice, switch)
    block.expect_success()
    block.expect_slot(switch, 0, 1)
    block.next_block()
    block.transfer(alice, to=switch, value=0, gas=200_000)
    block.transfer(alice, to=switch, value=0, gas=200_000)
    block.expect_success()
    block.expect_slot(switch, 0, 1)


@scenario(hazards="H47 H127", forks=(PRAGUE, OSAKA, BPO2_ACCESS_LISTS, AMSTERDAM))
def closing_call_undoes_a_transaction(block: BlockBuilder) -> None:
    """A closing call turns back what a transaction has turned: two changes, and the block leaves it as it was."""
    alice = block.account("alice", ETHER)
    switch = block.contract("switch", code(store(0, f"{load(0)} ISZERO")))
    block.place_contract(
        block.at("withdrawal requests", WITHDRAWAL_REQUESTS), code(call(switch), "PUSH 0 PUSH 0 RETURN")
    )
    block.call(alice, switch)
    block.expect_success()
    block.expect_slot(switch, 0, 0)


@scenario(hazards="H43 H73 H127", forks=(PRAGUE, OSAKA, BPO2_ACCESS_LISTS, AMSTERDAM))
def opening_and_closing_cancel(block: BlockBuilder) -> None:
    """The opening turns a switch, a transaction turns it back, and the closing turns it again: three changes."""
    alice = block.account("alice", ETHER)
    switch = block.contract("switch", code(store(0, f"{load(0)} ISZERO")))
    turning = code(call(switch), "PUSH 0 PUSH 0 RETURN")
    block.place_contract(block.at("block hashes", BLOCK_HASHES), turning)
    block.place_contract(block.at("consolidation requests", CONSOLIDATION_REQUESTS), turning)
    block.call(alice, switch)
    block.expect_success()
    block.expect_slot(switch, 0, 1)
