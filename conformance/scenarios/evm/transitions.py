"""From one fork to the next: the last block of the one, the first of the other, and who is ruled by which."""

from __future__ import annotations

from samestate.conformance.generating.system_contracts import BEACON_ROOTS_CODE, WITHDRAWAL_REQUESTS_CODE
from samestate.conformance.scenarios.assembler import code, create2, deploying, store, when
from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.chain_draft import TRANSITION_DIFFICULTY, TRANSITION_NUMBER, transition
from samestate.conformance.scenarios.draft import ETHER, GAS_LIMIT, GWEI
from samestate.conformance.scenarios.evm.system_contracts import asks
from samestate.conformance.scenarios.scenario import chain_scenario
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.block_access_list import hash_access_list
from samestate.spec.evm.forks import (
    AMSTERDAM,
    ARROW_GLACIER,
    BERLIN,
    BPO2,
    CANCUN,
    LONDON,
    OSAKA,
    PARIS,
    PRAGUE,
    SHANGHAI,
)
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.system_calls import BEACON_ROOTS, BLOCK_HASHES, WITHDRAWAL_REQUESTS
from samestate.spec.evm.transaction import LegacyTransaction, decode_transaction, encode_transaction
from samestate.spec.state.patricia import ordered_trie_root

TO_LONDON = (transition(BERLIN, LONDON),)
TO_PARIS = (transition(ARROW_GLACIER, PARIS),)
TO_SHANGHAI = (transition(PARIS, SHANGHAI),)
TO_CANCUN = (transition(SHANGHAI, CANCUN),)
TO_PRAGUE = (transition(CANCUN, PRAGUE),)
TO_OSAKA = (transition(PRAGUE, OSAKA),)
TO_AMSTERDAM = (transition(BPO2, AMSTERDAM),)

NO_TRIE = ordered_trie_root([])


def is_last_before(chain: ChainBuilder) -> None:
    """Let the current block be the last one of Berlin."""
    for _ in range(TRANSITION_NUMBER - 2):
        chain.next_block()


# London


@chain_scenario(forks=TO_LONDON)
def first_base_fee(chain: ChainBuilder) -> None:
    """The first block of London has a base fee of one gwei and may have twice the gas limit (EIP-1559)."""
    alice = chain.account("alice", ETHER)
    looker = chain.contract("looker", code(store(0, "BASEFEE"), store(1, "GASLIMIT")))
    is_last_before(chain)
    chain.next_block()
    chain.call(alice, looker, tip=0, max_fee=GWEI)
    chain.expect_success()
    chain.expect_slot(looker, 0, GWEI)
    chain.expect_slot(looker, 1, 2 * GAS_LIMIT)


@chain_scenario(forks=TO_LONDON)
def first_base_fee_that_fell(chain: ChainBuilder) -> None:
    """The first block of London has a base fee that fell from one gwei already."""
    is_last_before(chain)
    chain.next_block()
    chain.header(base_fee_per_gas=GWEI - GWEI // 8)
    chain.expect(Invalid.INVALID_BASE_FEE)


@chain_scenario(forks=TO_LONDON)
def gas_limit_that_was_not_doubled(chain: ChainBuilder) -> None:
    """The first block of London has its parent's gas limit, which is half of what it must be close to."""
    is_last_before(chain)
    chain.next_block()
    chain.header("the parent's", gas_limit=GAS_LIMIT)
    chain.expect(Invalid.INVALID_GAS_LIMIT)


@chain_scenario(forks=TO_LONDON)
def highest_gas_limit_of_london(chain: ChainBuilder) -> None:
    """The gas limit rises from twice the parent's by one less than a 1024th of that."""
    is_last_before(chain)
    chain.next_block()
    chain.header(gas_limit=2 * GAS_LIMIT + 2 * GAS_LIMIT // 1024 - 1)


@chain_scenario(forks=TO_LONDON)
def berlin_a_block_too_long(chain: ChainBuilder) -> None:
    """The first block of London is as those of Berlin: it has no base fee."""
    is_last_before(chain)
    chain.next_block()
    chain.header(base_fee_per_gas=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=TO_LONDON)
def london_a_block_too_soon(chain: ChainBuilder) -> None:
    """The last block of Berlin has a base fee."""
    is_last_before(chain)
    chain.header("of London", base_fee_per_gas=GWEI)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=TO_LONDON)
def refund_before_and_after(chain: ChainBuilder) -> None:
    """The same clearing of a slot gives back 15000 in Berlin, and 4800 in London (EIP-3529)."""
    alice = chain.account("alice", ETHER)
    first = chain.contract("first", code(store(0, 0)), {0: 1})
    second = chain.contract("second", code(store(0, 0)), {0: 1})
    is_last_before(chain)
    chain.call(alice, first)
    chain.expect_paid((21_000 + 5_006) // 2 + (21_000 + 5_006) % 2)
    chain.next_block()
    chain.call(alice, second)
    chain.expect_paid(21_000 + 5_006 - 4_800)


# Paris


def before_the_merge(chain: ChainBuilder, parent: int) -> None:
    """Let the difficulty of all blocks up to the parent be this."""
    chain.parent(difficulty=parent)


@chain_scenario(hazards="H47", forks=TO_PARIS)
def last_block_of_work(chain: ChainBuilder) -> None:
    """The block that reaches the terminal difficulty is of work, and rewarded; the next one is of stake, and is not."""
    miner = chain.account("miner")
    alice = chain.account("alice", ETHER)
    looker = chain.contract("looker", code("DIFFICULTY NUMBER SSTORE"))
    before_the_merge(chain, TRANSITION_DIFFICULTY - 1)
    chain.mined_by(miner)
    chain.call(alice, looker, tip=0)
    chain.expect_slot(looker, 1, TRANSITION_DIFFICULTY - 1)
    chain.expect_success()
    chain.expect_balance(miner, 2 * ETHER)
    chain.next_block()
    chain.call(alice, looker, tip=0)
    chain.expect_success()
    chain.expect_slot(looker, 2, int.from_bytes(chain.environment.prev_randao, "big"))
    chain.expect_balance(miner, 2 * ETHER)


@chain_scenario(forks=TO_PARIS)
def terminal_difficulty_reached_exactly(chain: ChainBuilder) -> None:
    """All blocks up to the parent have just the terminal difficulty: the block is of stake."""
    before_the_merge(chain, TRANSITION_DIFFICULTY)


@chain_scenario(hazards="H47", forks=TO_PARIS)
def ommer_before_the_last_block_of_work(chain: ChainBuilder) -> None:
    """An ommer is ruled as a block of work wherever the chain is going: its miner is paid."""
    uncle = chain.account("uncle")
    chain.next_block()
    chain.include(chain.sibling(1, uncle))
    chain.expect_balance(uncle, 2 * ETHER * 7 // 8)


@chain_scenario(forks=TO_PARIS)
def work_after_the_last(chain: ChainBuilder) -> None:
    """The terminal difficulty is reached, and a block of work comes after all."""
    before_the_merge(chain, TRANSITION_DIFFICULTY)
    chain.header("of work", difficulty=TRANSITION_DIFFICULTY)
    chain.expect(Invalid.DIFFICULTY_NOT_ZERO)


@chain_scenario(forks=TO_PARIS)
def stake_before_its_time(chain: ChainBuilder) -> None:
    """The terminal difficulty is not reached by one, and a block of stake comes already."""
    before_the_merge(chain, TRANSITION_DIFFICULTY - 1)
    chain.header("of stake", difficulty=0)
    chain.expect(Invalid.INVALID_DIFFICULTY)


# Shanghai


@chain_scenario(hazards="H46", forks=TO_SHANGHAI)
def first_withdrawal(chain: ChainBuilder) -> None:
    """The first block of Shanghai pays a withdrawal, and knows PUSH0, which the block before it did not (EIP-3855)."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    pushing = chain.contract("pushing", code(store(0, 1)) + b"\x5f" + code(store(1, 1)))
    chain.call(alice, pushing)
    chain.expect_success(False)
    chain.expect_slot(pushing, 0, 0)
    chain.next_block()
    chain.call(alice, pushing)
    chain.withdrawal(to=bob, gwei=3)
    chain.expect_success()
    chain.expect_slot(pushing, 1, 1)
    chain.expect_balance(bob, 3 * GWEI)


@chain_scenario(forks=TO_SHANGHAI)
def withdrawals_a_block_too_soon(chain: ChainBuilder) -> None:
    """The last block of Paris has withdrawals."""
    chain.header("of Shanghai", withdrawals_root=NO_TRIE)
    chain.list_of_withdrawals()
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=TO_SHANGHAI)
def withdrawals_a_block_too_late(chain: ChainBuilder) -> None:
    """The first block of Shanghai has no withdrawals."""
    chain.next_block()
    chain.header(withdrawals_root=None)
    chain.no_withdrawals()
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=TO_SHANGHAI)
def a_second_before(chain: ChainBuilder) -> None:
    """Two blocks follow the same parent, a second apart: one is of Paris, and the other of Shanghai."""
    alice = chain.account("alice", ETHER)
    pushing = chain.contract("pushing", b"\x5f" + code(store(0, 1)))
    chain.after(23)
    chain.call(alice, pushing)
    chain.expect_success(False)
    chain.next_block(on=-1, seconds=24)
    chain.call(alice, pushing)
    chain.expect_success()
    chain.expect_slot(pushing, 0, 1)


# Cancun


@chain_scenario(hazards="H43 H45", forks=TO_CANCUN)
def first_beacon_root(chain: ChainBuilder) -> None:
    """The first block of Cancun stores a beacon root, and its excess blob gas is zero (EIP-4788, EIP-4844)."""
    alice = chain.account("alice", ETHER)
    asker = chain.contract("asker", asks("TIMESTAMP", BEACON_ROOTS))
    chain.call(alice, asker)
    chain.expect_slot(asker, 1, 0)
    chain.next_block()
    chain.call(alice, asker)
    chain.expect_success()
    chain.expect_slot(asker, 0, int.from_bytes(chain.environment.parent_beacon_block_root, "big"))


def deploying_without_a_key(code_there: bytes, prefix: str, s: int) -> bytes:
    """The transaction that the EIP of a system contract gives for its deployment: signed by nobody who has a key."""
    transaction = LegacyTransaction(
        nonce=0, gas_price=10**12, gas_limit=250_000, to=None, value=0, data=bytes.fromhex(prefix) + code_there,
        v=27, r=0x539, s=s,
    )  # fmt: skip
    return encode_transaction(transaction)


def pay_for(chain: ChainBuilder, encoded: bytes) -> None:
    """Let whoever has so signed the transaction have enough for it."""
    chain.fund(chain.at("deployer", recover_sender(decode_transaction(encoded))), ETHER)


@chain_scenario(hazards="H45", forks=TO_CANCUN)
def beacon_roots_deployed_in_the_first_block(chain: ChainBuilder) -> None:
    """The contract of beacon roots is deployed in the first block of Cancun; that of the next is the first to store."""
    encoded = deploying_without_a_key(BEACON_ROOTS_CODE, "60618060095f395ff3", 0x1B9B6EB1F0)
    pay_for(chain, encoded)
    contract = chain.at("beacon roots", BEACON_ROOTS)
    chain.forget(contract)
    alice = chain.account("alice", ETHER)
    asker = chain.contract("asker", asks("PUSH 12 TIMESTAMP SUB", BEACON_ROOTS))
    late = chain.contract("late", asks("TIMESTAMP", BEACON_ROOTS))
    chain.next_block()
    chain.raw(encoded, "deploys the contract of beacon roots")
    chain.expect_success()
    chain.expect_code(contract, BEACON_ROOTS_CODE)
    chain.next_block()
    chain.call(alice, asker)
    chain.call(alice, late)
    chain.expect_success()
    chain.expect_slot(asker, 1, 0)
    chain.expect_slot(late, 0, int.from_bytes(chain.environment.parent_beacon_block_root, "big"))


@chain_scenario(forks=TO_CANCUN)
def blob_a_block_too_soon(chain: ChainBuilder) -> None:
    """A blob transaction in the last block of Shanghai; in the next it is valid."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.blobs(alice, to=bob, count=1)
    chain.expect(Invalid.TYPE_NOT_SUPPORTED, transaction=0)
    chain.next_block(seconds=24)
    chain.blobs(alice, to=bob, count=1)
    chain.expect_success()


@chain_scenario(forks=TO_CANCUN)
def excess_out_of_nothing(chain: ChainBuilder) -> None:
    """The first block of Cancun has an excess, where its parent had no blob gas."""
    chain.next_block()
    chain.header(excess_blob_gas=2**17)
    chain.expect(Invalid.INVALID_EXCESS_BLOB_GAS)


@chain_scenario(hazards="H21 H31", forks=TO_CANCUN)
def destroyed_before_and_after(chain: ChainBuilder) -> None:
    """The same code destroys its contract in the last block of Shanghai, and no longer in the first of Cancun."""
    alice, heir = chain.accounts(alice=ETHER, heir=0)
    dying = code(f"PUSH 0x{heir.address.hex()} SELFDESTRUCT")
    first = chain.contract("first", dying, {0: 1}, balance=5)
    second = chain.contract("second", dying, {0: 1}, balance=5)
    chain.call(alice, first)
    chain.expect_success()
    chain.expect_gone(first)
    chain.next_block()
    chain.call(alice, second)
    chain.expect_success()
    chain.expect_slot(second, 0, 1)
    chain.expect_balance(heir, 10)


@chain_scenario(hazards="H21 H29", forks=TO_CANCUN)
def made_again_across_the_fork(chain: ChainBuilder) -> None:
    """A contract destroyed in the last block of Shanghai is made again in the first of Cancun, for good."""
    alice = chain.account("alice", ETHER)
    initcode = deploying(code(when("CALLVALUE", "store"), "CALLER SELFDESTRUCT store: CALLVALUE PUSH 0 SSTORE"))
    maker = chain.contract("maker", code(create2(initcode), "PUSH 0 SSTORE"))
    made = chain.at("made", salted_address(maker.address, bytes(32), initcode))
    chain.call(alice, maker)
    chain.call(alice, made, value=5)
    chain.call(alice, made)
    chain.expect_success()
    chain.expect_gone(made)
    chain.next_block()
    chain.call(alice, maker)
    chain.expect_slot(maker, 0, made)
    chain.call(alice, made, value=7)
    chain.call(alice, made)
    chain.expect_success()
    chain.expect_slot(made, 0, 7)
    chain.next_block()
    chain.call(alice, maker, gas=2_000_000)
    chain.expect_success()
    chain.expect_slot(maker, 0, 0)


# Prague


@chain_scenario(hazards="H43", forks=TO_PRAGUE)
def first_parent_hash(chain: ChainBuilder) -> None:
    """The first block of Prague stores its parent's hash, and no older one is there (EIP-2935)."""
    alice = chain.account("alice", ETHER)
    asker = chain.contract("asker", asks("PUSH 1 NUMBER SUB", BLOCK_HASHES))
    older = chain.contract("older", asks("PUSH 2 NUMBER SUB", BLOCK_HASHES))
    chain.next_block()
    chain.call(alice, asker)
    chain.call(alice, older)
    chain.expect_success()
    chain.expect_slot(asker, 0, int.from_bytes(chain.header_of(0).hash(), "big"))
    chain.expect_slot(older, 0, 0)


@chain_scenario(hazards="H45 H65", forks=TO_PRAGUE)
def withdrawal_requests_deployed_in_the_first_block(chain: ChainBuilder) -> None:
    """The contract of withdrawal requests is deployed in the first block of Prague, which calls it when it closes."""
    encoded = deploying_without_a_key(
        WITHDRAWAL_REQUESTS_CODE, f"7f{'ff' * 32}5f556101f880602d5f395ff3", 0x5FEEB084551E4E03A3581E269BC2EA2F8D0008
    )
    pay_for(chain, encoded)
    contract = chain.at("withdrawal requests", WITHDRAWAL_REQUESTS)
    chain.forget(contract)
    chain.next_block()
    chain.expect(Invalid.SYSTEM_CONTRACT_MISSING)
    chain.next_block()
    chain.raw(encoded, "deploys the contract of withdrawal requests")
    chain.expect_success()
    chain.expect_code(contract, WITHDRAWAL_REQUESTS_CODE)
    chain.expect_slot(contract, 0, 0)


@chain_scenario(forks=TO_PRAGUE)
def requests_a_block_too_soon(chain: ChainBuilder) -> None:
    """The last block of Cancun commits to requests."""
    chain.header("of Prague", requests_hash=requests_hash(()))
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=TO_PRAGUE)
def requests_a_block_too_late(chain: ChainBuilder) -> None:
    """The first block of Prague does not commit to requests."""
    chain.next_block()
    chain.header(requests_hash=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(hazards="H39", forks=TO_PRAGUE)
def delegation_a_block_too_soon(chain: ChainBuilder) -> None:
    """A delegation in the last block of Cancun; in the next it is valid, and is followed (EIP-7702)."""
    alice, bob = chain.accounts(alice=ETHER, bob=ETHER)
    target = chain.contract("target", code(store(0, 7)))
    chain.delegate(alice, {bob: target}, to=bob)
    chain.expect(Invalid.TYPE_NOT_SUPPORTED, transaction=0)
    chain.next_block(seconds=24)
    chain.delegate(alice, {bob: target}, to=bob)
    chain.expect_success()
    chain.expect_slot(bob, 0, 7)


@chain_scenario(forks=TO_PRAGUE)
def floor_of_the_data(chain: ChainBuilder) -> None:
    """The same transaction of a thousand bytes pays for them in Cancun, and for the floor in Prague (EIP-7623)."""
    alice, bob = chain.accounts(alice=ETHER, bob=1)
    for gas in (21_000 + 1000 * 16, 21_000 + 1000 * 40):
        chain.call(alice, bob, data=b"\x01" * 1000)
        chain.expect_success()
        chain.expect_paid(gas)
        if gas == 37_000:
            chain.next_block()


# Osaka


@chain_scenario(hazards="H09", forks=TO_OSAKA)
def cap_for_a_transaction(chain: ChainBuilder) -> None:
    """A transaction with a gas limit of 2^24 + 1 is valid in the last block of Prague, and no later (EIP-7825)."""
    alice, bob = chain.accounts(alice=10 * ETHER, bob=1)
    chain.call(alice, bob, gas=2**24 + 1)
    chain.expect_success()
    chain.next_block()
    chain.call(alice, bob, gas=2**24 + 1)
    chain.expect(Invalid.TRANSACTION_GAS_LIMIT_EXCEEDED, transaction=0)
    chain.next_block()
    chain.call(alice, bob, gas=2**24)
    chain.expect_success()


@chain_scenario(forks=TO_OSAKA)
def leading_zeros(chain: ChainBuilder) -> None:
    """The instruction that counts leading zeros halts in the last block of Prague, and not in the next (EIP-7939)."""
    alice = chain.account("alice", ETHER)
    counting = chain.contract("counting", code("PUSH 1") + b"\x1e" + code("PUSH 0 SSTORE"))
    chain.call(alice, counting)
    chain.expect_success(False)
    chain.next_block()
    chain.call(alice, counting)
    chain.expect_success()
    chain.expect_slot(counting, 0, 255)


# Amsterdam


@chain_scenario(hazards="H74", forks=TO_AMSTERDAM)
def first_access_list(chain: ChainBuilder) -> None:
    """The first block of Amsterdam commits to a list, and comes with it; the block before did not."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()
    chain.next_block()
    chain.transfer(alice, to=bob, value=7)
    chain.propose_access_list(lambda right: right)
    chain.expect_success()


@chain_scenario(hazards="H74", forks=TO_AMSTERDAM)
def access_list_a_block_too_soon(chain: ChainBuilder) -> None:
    """The last block before Amsterdam commits to an empty list."""
    chain.header("of Amsterdam", block_access_list_hash=hash_access_list(()), slot_number=1)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(hazards="H74", forks=TO_AMSTERDAM)
def access_list_a_block_too_late(chain: ChainBuilder) -> None:
    """The first block of Amsterdam has neither a list nor a slot number."""
    chain.next_block()
    chain.header(block_access_list_hash=None, slot_number=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)
