"""System contracts and requests: what the chain itself does before the first transaction and after the last."""

from __future__ import annotations

import random

from samestate.conformance.generating.system_contracts import deposit_data, deposit_logger
from samestate.conformance.scenarios.assembler import REVERT, call, code, load, store, words
from samestate.conformance.scenarios.block_builder import ETHER, SECONDS_PER_BLOCK, BlockBuilder, block_hash
from samestate.conformance.scenarios.scenario import scenario, since, throughout
from samestate.spec.evm.delegation import DESIGNATOR
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, OSAKA, PRAGUE
from samestate.spec.evm.forks.berlin import MAINNET_DEPOSIT_CONTRACT
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.system_calls import (
    BEACON_ROOTS,
    BLOCK_HASHES,
    CONSOLIDATION_REQUESTS,
    WITHDRAWAL_REQUESTS,
)
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS


def asks(argument: str, contract: bytes) -> bytes:
    """Code that calls a system contract with one word, and stores the answer in slot 0 and the success in slot 1."""
    called = f"PUSH 32 PUSH 0 PUSH 32 PUSH 0 PUSH 0 PUSH 0x{contract.hex()} GAS CALL"
    return code(f"{argument} PUSH 0 MSTORE", store(1, called), store(0, "PUSH 0 MLOAD"))


@scenario(hazards="H43", forks=throughout(CANCUN))
def beacon_root_of_this_block(block: BlockBuilder) -> None:
    """A transaction asks for the beacon root that the opening of its own block has stored (EIP-4788)."""
    alice = block.account("alice", ETHER)
    asker = block.contract("asker", asks("TIMESTAMP", BEACON_ROOTS))
    block.call(alice, asker)
    block.expect_success()
    block.expect_slot(asker, 1, 1)
    block.expect_slot(asker, 0, int.from_bytes(block.environment.parent_beacon_block_root, "big"))


@scenario(hazards="H43 H44", forks=(CANCUN,))
def beacon_root_of_the_block_before(block: BlockBuilder) -> None:
    """A transaction of the next block asks for the beacon root that the block before has stored."""
    alice = block.account("alice", ETHER)
    asker = block.contract("asker", asks(f"PUSH {SECONDS_PER_BLOCK} TIMESTAMP SUB", BEACON_ROOTS))
    root = int.from_bytes(block.environment.parent_beacon_block_root, "big")
    block.next_block()
    block.call(alice, asker)
    block.expect_success()
    block.expect_slot(asker, 0, root)


@scenario(hazards="H43", forks=throughout(PRAGUE))
def parent_hash_from_the_history(block: BlockBuilder) -> None:
    """A transaction asks the history contract for the parent's hash, which the opening has stored (EIP-2935)."""
    alice = block.account("alice", ETHER)
    asker = block.contract("asker", asks("PUSH 1 NUMBER SUB", BLOCK_HASHES))
    block.call(alice, asker)
    block.expect_success()
    block.expect_slot(asker, 0, int.from_bytes(block.environment.parent_hash, "big"))


@scenario(hazards="H36", forks=since(PRAGUE))
def contract_that_is_a_delegation(block: BlockBuilder) -> None:
    """The code of a system contract is a delegation: what it delegates to runs as the system contract (EIP-7702)."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    contract = block.at("withdrawal requests", WITHDRAWAL_REQUESTS)
    target = block.contract("target", code(store(0, "CALLER"), store(1, "ADDRESS")))
    block.place_contract(contract, DESIGNATOR + target.address)
    block.transfer(alice, to=bob, value=7)
    block.expect_success()
    block.expect_slot(contract, 0, int.from_bytes(SYSTEM_ADDRESS, "big"))
    block.expect_slot(contract, 1, int.from_bytes(WITHDRAWAL_REQUESTS, "big"))
    block.expect_slot(target, 0, 0)


@scenario(hazards="H36", forks=(PRAGUE,))
def contract_that_delegates_to_nothing(block: BlockBuilder) -> None:
    """A system contract delegates to an account without code: the call has code to begin with, and gives no request."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.place_contract(block.at("withdrawal requests", WITHDRAWAL_REQUESTS), DESIGNATOR + bob.address)
    block.transfer(alice, to=bob, value=7)
    block.expect_success()


@scenario(hazards="H41 H42", forks=throughout(BERLIN))
def hashes_of_ancestors(block: BlockBuilder) -> None:
    """BLOCKHASH of the parent, of the last block in reach, of one too old, and of the block itself."""
    number = block.environment.number
    block.set_environment(block_hashes={near: block_hash(near) for near in (number - 256, number - 2, number - 1)})
    asker = block.contract(
        "asker",
        code(*(store(back, f"PUSH {back} NUMBER SUB BLOCKHASH PUSH 1 ADD") for back in (0, 1, 2, 256, 257))),
    )
    block.call(block.account("alice", ETHER), asker)
    block.expect_success()
    for back in (1, 2, 256):
        block.expect_slot(asker, back, int.from_bytes(block_hash(number - back), "big") + 1)
    block.expect_slot(asker, 0, 1)
    block.expect_slot(asker, 257, 1)


@scenario(hazards="H44 H67", forks=since(PRAGUE))
def requests_out_of_transactions(block: BlockBuilder) -> None:
    """Two transactions queue requests to withdraw and one to consolidate, which the closing takes (EIP-7002, 7251)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    withdrawing = block.at("withdrawal requests", WITHDRAWAL_REQUESTS)
    consolidating = block.at("consolidation requests", CONSOLIDATION_REQUESTS)
    key = bytes(range(48))
    block.call(alice, withdrawing, data=key + (5).to_bytes(8, "big"), value=1)
    block.call(bob, withdrawing, data=key + bytes(8), value=1)
    block.call(bob, consolidating, data=key + key[::-1], value=1)
    block.expect_success()
    block.next_block()
    block.call(alice, withdrawing, data=key + (6).to_bytes(8, "big"), value=1)
    block.expect_success()


@scenario(hazards="H67", forks=(OSAKA,))
def deposits_out_of_logs(block: BlockBuilder) -> None:
    """The deposit contract logs two deposits in different transactions: they are one request, in order (EIP-6110)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    deposits = block.at("deposit contract", MAINNET_DEPOSIT_CONTRACT)
    block.place_contract(deposits, deposit_logger())
    chance = random.Random(6110)
    block.call(alice, deposits, data=deposit_data(chance))
    block.call(bob, deposits, data=deposit_data(chance))
    block.expect_success()


@scenario(hazards="H65", forks=(OSAKA,))
def deposit_in_another_layout(block: BlockBuilder) -> None:
    """A log that looks like a deposit is a byte too short: the block is invalid, whatever else is in it."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    deposits = block.at("deposit contract", MAINNET_DEPOSIT_CONTRACT)
    block.place_contract(deposits, deposit_logger())
    block.transfer(alice, to=bob, value=7)
    block.call(alice, deposits, data=deposit_data(random.Random(6110))[:-1])
    block.expect(Invalid.INVALID_DEPOSIT_LAYOUT)


@scenario(hazards="H45 H65", forks=(PRAGUE,))
def missing_contract(block: BlockBuilder) -> None:
    """The contract of withdrawal requests isn't there: the block is invalid, even without transactions (EIP-7002)."""
    block.forget(block.at("withdrawal requests", WITHDRAWAL_REQUESTS))
    block.expect(Invalid.SYSTEM_CONTRACT_MISSING)


@scenario(hazards="H65", forks=(PRAGUE,))
def failing_contract(block: BlockBuilder) -> None:
    """The contract of consolidation requests fails: the block is invalid (EIP-7251)."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.place_contract(block.at("consolidation requests", CONSOLIDATION_REQUESTS), code(REVERT))
    block.transfer(alice, to=bob, value=7)
    block.expect(Invalid.SYSTEM_CONTRACT_FAILED)


@scenario(hazards="H45", forks=(CANCUN,))
def absent_beacon_roots(block: BlockBuilder) -> None:
    """Without the contract of beacon roots the opening does nothing, and the block is valid (EIP-4788)."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.forget(block.at("beacon roots", BEACON_ROOTS))
    block.transfer(alice, to=bob, value=7)
    block.expect_success()


@scenario(hazards="H73", forks=(PRAGUE, AMSTERDAM))
def opening_calls_that_cancel(block: BlockBuilder) -> None:
    """One opening call changes a slot and the other changes it back: the opening has read it, and written nothing."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    switch = block.contract("switch", code(store(0, f"{load(0)} ISZERO")))
    for name, address in (("beacon roots", BEACON_ROOTS), ("block hashes", BLOCK_HASHES)):
        block.place_contract(block.at(name, address), code(call(switch)))
    block.transfer(alice, to=bob, value=7)
    block.expect_success()
    block.expect_slot(switch, 0, 0)


@scenario(hazards="H47 H66", forks=(AMSTERDAM,))
def closing_reads_what_transactions_wrote(block: BlockBuilder) -> None:
    """The closing calls depend on the transactions: here through a slot that their code of this chain reads."""
    alice = block.account("alice", ETHER)
    flag = block.contract("flag", code(store(0, "CALLVALUE")))
    asking = code(call(flag), "PUSH 0 PUSH 0 RETURN")
    block.place_contract(block.at("withdrawal requests", WITHDRAWAL_REQUESTS), asking)
    block.call(alice, flag, value=7, data=words(1))
    block.expect_success()
    block.expect_slot(flag, 0, 0)
