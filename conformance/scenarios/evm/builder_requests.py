"""Deposits and exits of builders (EIP-8282): queued by transactions, taken by the closing calls."""

from __future__ import annotations

from typing import Literal

from samestate.conformance.generating.system_contracts import BUILDER_DEPOSITS_CODE, BUILDER_EXITS_CODE
from samestate.conformance.scenarios.assembler import REVERT, call, code, in_memory, load, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.evm.access_lists import changing
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.block_access_list import SlotChanges
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.system_calls import (
    BUILDER_DEPOSITS,
    BUILDER_EXITS,
    CONSOLIDATION_REQUESTS,
    WITHDRAWAL_REQUESTS,
)

DEPOSIT = b"\x03"
EXIT = b"\x04"
KEY = bytes(range(48))
OTHER_KEY = KEY[::-1]
RICH = 100 * ETHER
GAS = 1_000_000
GWEI_OF_AN_ETHER = 10**9


def deposits(block: BlockBuilder) -> NamedAccount:
    """The contract that queues deposits."""
    return block.at("builder deposits", BUILDER_DEPOSITS)


def exits(block: BlockBuilder) -> NamedAccount:
    """The contract that queues exits."""
    return block.at("builder exits", BUILDER_EXITS)


def deposit(key: bytes, gwei: int, byte_order: Literal["big", "little"] = "big") -> bytes:
    """A deposit: public key, withdrawal credentials, amount and signature. The request has the amount the other way."""
    return key + b"\x0b" * 32 + gwei.to_bytes(8, byte_order) + b"\x5e" * 96


def exiting(count: int, fee: int = 1) -> bytes:
    """Code that asks so many times for the exit of the builder with ``KEY``."""
    one = f"PUSH 0 PUSH 0 PUSH 48 PUSH 0 PUSH {fee} PUSH 0x{BUILDER_EXITS.hex()} GAS CALL POP"
    return code(in_memory(KEY), *count * [one])


@scenario(hazards="H44 H47", forks=(AMSTERDAM,))
def exits_of_two(block: BlockBuilder) -> None:
    """Two transactions ask for exits: one request has both, each with who asked, in the order of the transactions."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.call(bob, exits(block), value=1, data=KEY, gas=GAS)
    block.call(alice, exits(block), value=1, data=OTHER_KEY, gas=GAS)
    block.expect_success()
    block.expect_requests(EXIT + bob.address + KEY + alice.address + OTHER_KEY)
    block.expect_logs([(bob, exits(block), 1), exits(block)], [(alice, exits(block), 1), exits(block)])


@scenario(hazards="H44 H47", forks=(AMSTERDAM,))
def deposits_of_two(block: BlockBuilder) -> None:
    """Two transactions deposit for builders: one request has both, their amounts in the other order of bytes."""
    alice, bob = block.accounts(alice=RICH, bob=RICH)
    small, large = GWEI_OF_AN_ETHER, 2 * GWEI_OF_AN_ETHER + 3
    block.call(alice, deposits(block), value=ETHER + 1, data=deposit(KEY, small), gas=GAS)
    block.call(bob, deposits(block), value=3 * ETHER, data=deposit(OTHER_KEY, large), gas=GAS)
    block.expect_success()
    block.expect_requests(DEPOSIT + deposit(KEY, small, "little") + deposit(OTHER_KEY, large, "little"))
    block.expect_balance(deposits(block), 4 * ETHER + 1)


@scenario(hazards="H44 H47", forks=(AMSTERDAM,))
def requests_of_every_kind(block: BlockBuilder) -> None:
    """Requests of four kinds in one block: by ascending type, whatever the order of the transactions was."""
    alice, bob = block.accounts(alice=RICH, bob=RICH)
    consolidating = block.at("consolidation requests", CONSOLIDATION_REQUESTS)
    withdrawing = block.at("withdrawal requests", WITHDRAWAL_REQUESTS)
    block.call(alice, exits(block), value=1, data=KEY, gas=GAS)
    block.call(bob, deposits(block), value=ETHER + 1, data=deposit(KEY, GWEI_OF_AN_ETHER), gas=GAS)
    block.call(alice, consolidating, value=1, data=KEY + OTHER_KEY, gas=GAS)
    block.call(bob, withdrawing, value=1, data=KEY + (5).to_bytes(8, "big"), gas=GAS)
    block.expect_success()
    block.expect_requests(
        b"\x01" + bob.address + KEY + (5).to_bytes(8, "little"),
        b"\x02" + alice.address + KEY + OTHER_KEY,
        DEPOSIT + deposit(KEY, GWEI_OF_AN_ETHER, "little"),
        EXIT + alice.address + KEY,
    )


@scenario(hazards="H44", forks=(AMSTERDAM,), size_limit=120_000)
def more_exits_than_a_block_takes(block: BlockBuilder) -> None:
    """Of 17 exits a block takes 16, and the next block the last, with what it is asked for itself."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    many = block.contract("many", exiting(16, fee=2), balance=100)
    block.call(alice, many, gas=8_000_000)
    block.call(bob, exits(block), value=3, data=OTHER_KEY, gas=GAS)
    block.expect_success()
    block.expect_requests(EXIT + 16 * (many.address + KEY))
    block.next_block()
    block.call(alice, exits(block), value=3, data=KEY, gas=GAS)
    block.expect_success()
    block.expect_requests(EXIT + bob.address + OTHER_KEY + alice.address + KEY)


@scenario(hazards="H44", forks=(AMSTERDAM,), size_limit=200_000)
def more_deposits_than_a_block_takes(block: BlockBuilder) -> None:
    """63 deposits wait from earlier blocks, and two come: a block takes 64, and the next block the one that is left."""
    alice, bob = block.accounts(alice=RICH, bob=RICH)
    block.place_contract(deposits(block), BUILDER_DEPOSITS_CODE, storage={3: 63})
    block.call(alice, deposits(block), value=ETHER + 1, data=deposit(KEY, GWEI_OF_AN_ETHER), gas=GAS)
    block.call(bob, deposits(block), value=ETHER + 1, data=deposit(OTHER_KEY, GWEI_OF_AN_ETHER), gas=GAS)
    block.expect_success()
    block.expect_requests(DEPOSIT + 63 * bytes(184) + deposit(KEY, GWEI_OF_AN_ETHER, "little"))
    block.next_block()
    block.expect_success()
    block.expect_requests(DEPOSIT + deposit(OTHER_KEY, GWEI_OF_AN_ETHER, "little"))


@scenario(hazards="H04 H58", forks=(AMSTERDAM,))
def fee_that_grows_within_a_block(block: BlockBuilder) -> None:
    """The fee depends on how many exits the transactions before have queued: for the fourth, one wei is too little."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.place_contract(exits(block), BUILDER_EXITS_CODE, storage={0: 12})
    for sender, fee in ((alice, 1), (bob, 1), (alice, 1), (bob, 1), (alice, 2)):
        block.call(sender, exits(block), value=fee, data=KEY, gas=GAS)
    block.expect_success(True, True, True, False, True)
    block.expect_requests(EXIT + b"".join(sender.address + KEY for sender in (alice, bob, alice, alice)))


@scenario(hazards="H44", forks=(AMSTERDAM,))
def fee_of_the_next_block(block: BlockBuilder) -> None:
    """What a block has queued beyond its target raises the fee of the next, and is worked off by blocks without any."""
    alice = block.account("alice", ETHER)
    block.place_contract(exits(block), BUILDER_EXITS_CODE, storage={0: 13})
    asker = block.contract(
        "asker", code(call(exits(block)), "POP PUSH 32 PUSH 0 PUSH 0 RETURNDATACOPY", store("NUMBER", "PUSH 0 MLOAD"))
    )
    for fee in (2, 1):
        number = block.environment.number
        block.call(alice, asker)
        block.expect_success()
        block.expect_slot(asker, number, fee)
        block.expect_slot(exits(block), 0, 11 if fee == 2 else 9)
        if fee == 2:
            block.next_block()


@scenario(hazards="H51 H55", forks=(AMSTERDAM,))
def asked_for_wrongly(block: BlockBuilder) -> None:
    """Too little value, data of another length, less than an ether, or an ether without the fee: nothing is queued."""
    alice = block.account("alice", RICH)
    block.call(alice, exits(block), value=0, data=KEY, gas=GAS)
    block.call(alice, exits(block), value=1, data=KEY[1:], gas=GAS)
    block.call(alice, deposits(block), value=ETHER + 1, data=deposit(KEY, GWEI_OF_AN_ETHER)[1:], gas=GAS)
    block.call(alice, deposits(block), value=ETHER + 1, data=deposit(KEY, GWEI_OF_AN_ETHER - 1), gas=GAS)
    block.call(alice, deposits(block), value=ETHER, data=deposit(KEY, GWEI_OF_AN_ETHER), gas=GAS)
    block.expect_success(False, False, False, False, False)
    block.expect_requests()
    block.expect_balance(deposits(block), 0)


@scenario(hazards="H55", forks=(AMSTERDAM,))
def request_that_is_undone(block: BlockBuilder) -> None:
    """A frame asks for an exit and reverts: the block has only what the next transaction asks for."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    undoing = block.contract("undoing", exiting(1) + code(REVERT), balance=9)
    outer = block.contract("outer", code(f"{call(undoing)} POP"))
    block.call(alice, outer, gas=GAS)
    block.call(bob, exits(block), value=1, data=KEY, gas=GAS)
    block.expect_success()
    block.expect_requests(EXIT + bob.address + KEY)


@scenario(hazards="H66", forks=(AMSTERDAM,))
def nothing_is_asked_for(block: BlockBuilder) -> None:
    """Where nobody asks, there is no request: the queues are looked at all the same, and on the list."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.propose_access_list(lambda right: right)
    block.expect_success()
    block.expect_requests()
    for contract in (deposits(block), exits(block)):
        block.expect_entry(contract, storage_reads=(0, 1, 2, 3), storage_changes=())


@scenario(hazards="H66", forks=(AMSTERDAM,))
def queue_left_out_of_the_list(block: BlockBuilder) -> None:
    """The proposed list leaves out a slot of the queue of deposits."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.propose_access_list(lambda right: changing(right, BUILDER_DEPOSITS, storage_reads=(0, 1, 2)))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H47 H127", forks=(AMSTERDAM,))
def closing_calls_that_cancel(block: BlockBuilder) -> None:
    """Both closing calls of builders turn a switch that a transaction has turned: the closing has read it, no more."""
    alice = block.account("alice", ETHER)
    switch = block.contract("switch", code(store(0, f"{load(0)} ISZERO")))
    for contract in (deposits(block), exits(block)):
        block.place_contract(contract, code(call(switch), "PUSH 0 PUSH 0 RETURN"))
    block.call(alice, switch)
    block.expect_success()
    block.expect_slot(switch, 0, 1)
    block.expect_entry(switch, storage_changes=(SlotChanges(0, ((1, 1),)),))


@scenario(hazards="H45 H65", forks=(AMSTERDAM,))
def deposits_without_code(block: BlockBuilder) -> None:
    """The contract of builders' deposits isn't there: the block is invalid, even without transactions."""
    block.forget(deposits(block))
    block.expect(Invalid.SYSTEM_CONTRACT_MISSING)


@scenario(hazards="H45 H65", forks=(AMSTERDAM,))
def exits_without_code(block: BlockBuilder) -> None:
    """The contract of builders' exits has value and no code: the block is invalid."""
    alice = block.account("alice", ETHER)
    block.forget(exits(block))
    block.transfer(alice, to=exits(block), value=7, gas=300_000)
    block.expect(Invalid.SYSTEM_CONTRACT_MISSING)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def deposits_that_fail(block: BlockBuilder) -> None:
    """The contract of builders' deposits reverts: the block is invalid."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.place_contract(deposits(block), code(REVERT))
    block.transfer(alice, to=bob, value=7)
    block.expect(Invalid.SYSTEM_CONTRACT_FAILED)


@scenario(hazards="H44 H65", forks=(AMSTERDAM,))
def exits_that_a_transaction_makes_fail(block: BlockBuilder) -> None:
    """The contract of builders' exits halts once a transaction has set its slot: that transaction spoils the block."""
    alice = block.account("alice", ETHER)
    fragile = code(
        f"CALLVALUE PUSH @set JUMPI {load(0)} PUSH @fail JUMPI PUSH 0 PUSH 0 RETURN set:",
        store(0, 1),
        "STOP fail: INVALID",
    )
    block.place_contract(exits(block), fragile)
    block.expect_success()
    block.next_block()
    block.call(alice, exits(block), value=1)
    block.expect(Invalid.SYSTEM_CONTRACT_FAILED)
