"""Blocks after one another and beside one another: what a block begins with is what its own parent left."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import add_to_slot, code, create2, deploying, load, store, when
from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.draft import ETHER, GWEI
from samestate.conformance.scenarios.evm.system_contracts import asks
from samestate.conformance.scenarios.scenario import chain_scenario, since
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.block import Header
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, OSAKA, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.system_calls import BEACON_ROOTS, BLOCK_HASHES


def number_of(header: Header) -> int:
    """The hash that names a block, as a slot holds it."""
    return int.from_bytes(header.hash(), "big")


# Hashes of ancestors


@chain_scenario(hazards="H41 H42 H44", forks=(BERLIN, PARIS, OSAKA))
def hashes_near_the_tip(chain: ChainBuilder) -> None:
    """BLOCKHASH of the three blocks before, of the block itself and of the one after it, each just made."""
    alice = chain.account("alice", ETHER)
    asker = chain.contract("asker", code(*(store(back, f"PUSH {back} NUMBER SUB BLOCKHASH") for back in (1, 2, 3)),
                                         store(4, "NUMBER BLOCKHASH PUSH 1 ADD"),
                                         store(5, "PUSH 1 NUMBER ADD BLOCKHASH PUSH 1 ADD")))  # fmt: skip
    chain.next_block()
    chain.next_block()
    chain.call(alice, asker)
    chain.expect_success()
    for back in (1, 2, 3):
        chain.expect_slot(asker, back, number_of(chain.header_of(2 - 1 - (back - 1))))
    chain.expect_slot(asker, 4, 1)
    chain.expect_slot(asker, 5, 1)


@chain_scenario(hazards="H41 H42", forks=(PARIS, OSAKA))
def hash_of_the_parent_in_each_block(chain: ChainBuilder) -> None:
    """Each of three blocks asks for its parent's hash, several times over."""
    alice, bob = chain.accounts(alice=ETHER, bob=ETHER)
    asker = chain.contract("asker", code("PUSH 1 NUMBER SUB BLOCKHASH NUMBER SSTORE"))
    for index in range(3):
        chain.call(alice, asker)
        chain.call(bob, asker)
        chain.expect_success()
        if index:
            chain.expect_slot(asker, index, number_of(chain.header_of(index - 2)))
        if index < 2:
            chain.next_block()


@chain_scenario(hazards="H41 H44", forks=(BERLIN, OSAKA))
def hashes_of_two_branches(chain: ChainBuilder) -> None:
    """Two blocks of the same number, each with a child that asks for its parent's hash: the number does not tell."""
    alice = chain.account("alice", ETHER)
    asker = chain.contract("asker", code(store(0, "PUSH 1 NUMBER SUB BLOCKHASH")))
    chain.next_block(on=-1, seconds=8)
    for index in (0, 1):
        chain.next_block(on=index, seconds=12 if index == 0 else 8)
        chain.call(alice, asker)
        chain.expect_success()
        chain.expect_slot(asker, 0, number_of(chain.header_of(index)))


@chain_scenario(hazards="H43 H44", forks=since(PRAGUE))
def history_of_two_blocks(chain: ChainBuilder) -> None:
    """The second block asks the history contract for the hash of the first, which its opening has stored (EIP-2935)."""
    alice = chain.account("alice", ETHER)
    asker = chain.contract("asker", asks("PUSH 1 NUMBER SUB", BLOCK_HASHES))
    chain.next_block()
    chain.call(alice, asker)
    chain.expect_success()
    chain.expect_slot(asker, 0, number_of(chain.header_of(0)))


@chain_scenario(hazards="H43 H44", forks=(PRAGUE,))
def histories_of_two_branches(chain: ChainBuilder) -> None:
    """Two branches have written another hash into the same slot of the history; each child reads that of its own."""
    alice = chain.account("alice", ETHER)
    asker = chain.contract("asker", asks("PUSH 2 NUMBER SUB", BLOCK_HASHES))
    chain.next_block(on=-1, seconds=13)
    for index in (0, 1):
        chain.next_block(on=index)
    for index in (2, 3):
        chain.next_block(on=index)
        chain.call(alice, asker)
        chain.expect_success()
        chain.expect_slot(asker, 0, number_of(chain.header_of(index - 2)))


@chain_scenario(hazards="H43 H44", forks=(CANCUN,))
def beacon_roots_of_two_branches(chain: ChainBuilder) -> None:
    """Two blocks of the same time have other beacon roots; each child asks for that of its own parent (EIP-4788)."""
    alice = chain.account("alice", ETHER)
    asker = chain.contract("asker", asks("PUSH 12 TIMESTAMP SUB", BEACON_ROOTS))
    roots = (b"\x11" * 32, b"\x22" * 32)
    chain.header(parent_beacon_block_root=roots[0])
    chain.next_block(on=-1)
    chain.header(parent_beacon_block_root=roots[1])
    for index, root in enumerate(roots):
        chain.next_block(on=index)
        chain.call(alice, asker)
        chain.expect_success()
        chain.expect_slot(asker, 0, int.from_bytes(root, "big"))


# State of the parent


@chain_scenario(hazards="H44 H04", forks=(BERLIN, AMSTERDAM))
def paid_by_the_block_before(chain: ChainBuilder) -> None:
    """The last transaction of a block pays who sends the first of the next, and that is all that he has."""
    alice, bob, carol = chain.accounts(alice=10 * ETHER, bob=0, carol=0)
    chain.transfer(alice, to=carol, value=7)
    chain.transfer(alice, to=bob, value=ETHER)
    chain.expect_success()
    chain.next_block()
    chain.transfer(bob, to=carol, value=ETHER // 2)
    chain.expect_success()
    chain.expect_balance(carol, ETHER // 2 + 7)


@chain_scenario(hazards="H44 H46", forks=(SHANGHAI, AMSTERDAM))
def paid_by_a_withdrawal_of_the_block_before(chain: ChainBuilder) -> None:
    """A withdrawal comes after all transactions of its block: its receiver can spend it in the next, and not before."""
    bob, carol = chain.accounts(bob=0, carol=0)
    chain.withdrawal(to=bob, gwei=10**9)
    chain.transfer(bob, to=carol, value=7, nonce=0)
    chain.expect(Invalid.INSUFFICIENT_FUNDS, transaction=0)
    chain.next_block()
    chain.withdrawal(to=bob, gwei=10**9)
    chain.next_block()
    chain.transfer(bob, to=carol, value=7, nonce=0)
    chain.expect_success()


@chain_scenario(hazards="H44 H47", forks=(BERLIN, LONDON))
def paid_by_the_reward_of_the_block_before(chain: ChainBuilder) -> None:
    """The miner spends the reward of a block in the next one, and has nothing else."""
    miner, carol = chain.accounts(miner=0, carol=0)
    chain.mined_by(miner)
    chain.next_block()
    chain.transfer(miner, to=carol, value=ETHER)
    chain.expect_success()
    chain.expect_balance(carol, ETHER)


@chain_scenario(hazards="H03 H44", forks=(BERLIN, PARIS))
def nonce_of_the_block_before(chain: ChainBuilder) -> None:
    """A transaction is valid after those of the block before; on that block's own parent its nonce is too high."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()
    chain.next_block(on=-1, seconds=13)
    chain.transfer(alice, to=bob, value=7, nonce=1)
    chain.expect(Invalid.NONCE_TOO_HIGH, transaction=0)
    chain.next_block()
    chain.transfer(alice, to=bob, value=7, nonce=1)
    chain.expect_success()


@chain_scenario(hazards="H44", forks=(BERLIN, PARIS, OSAKA))
def counters_of_two_branches(chain: ChainBuilder) -> None:
    """Two branches count in the same slot by other steps: a child adds to what its own parent left."""
    alice = chain.account("alice", ETHER)
    counter = chain.contract("counter", code(add_to_slot(0, "CALLVALUE")))
    chain.call(alice, counter, value=1)
    chain.expect_success()
    chain.next_block(on=-1, seconds=8)
    chain.call(alice, counter, value=10)
    chain.expect_success()
    for index, value in ((0, 1), (1, 10)):
        chain.next_block(on=index, seconds=12 if index == 0 else 8)
        chain.call(alice, counter, value=100)
        chain.expect_success()
        chain.expect_slot(counter, 0, value + 100)


@chain_scenario(hazards="H44", forks=(PARIS, OSAKA))
def codes_of_two_branches(chain: ChainBuilder) -> None:
    """The same address has other code on two branches, made by creations of the same nonce."""
    alice = chain.account("alice", ETHER)
    made = chain.create(alice, "made", deploying(code(store(0, 1))))
    chain.expect_success()
    chain.next_block(on=-1, seconds=13)
    chain.create(alice, "made", deploying(code(store(0, 2))))
    chain.expect_success()
    for index in (0, 1):
        chain.next_block(on=index)
        chain.call(alice, made)
        chain.expect_success()
        chain.expect_slot(made, 0, index + 1)


@chain_scenario(hazards="H44", forks=(PARIS, OSAKA))
def code_that_is_not_there_on_the_other_branch(chain: ChainBuilder) -> None:
    """A contract was made on one branch: on the other a call to its address finds an account without code."""
    alice = chain.account("alice", ETHER)
    caller = chain.contract("caller", code("PUSH 0 CALLDATALOAD EXTCODESIZE PUSH 1 ADD PUSH 0 SSTORE"))
    made = chain.create(alice, "made", deploying(code(store(0, 1))))
    chain.expect_success()
    chain.next_block(on=-1, seconds=13)
    for index, size in ((0, len(code(store(0, 1)))), (1, 0)):
        chain.next_block(on=index)
        chain.call(alice, caller, data=made.as_number.to_bytes(32, "big"))
        chain.expect_success()
        chain.expect_slot(caller, 0, size + 1)


@chain_scenario(hazards="H21 H31 H44", forks=(BERLIN, SHANGHAI))
def destroyed_a_block_before(chain: ChainBuilder) -> None:
    """A contract stores, is destroyed in the next block, and is made again in the one after: its slot is empty."""
    alice = chain.account("alice", ETHER)
    runtime = code(when("CALLVALUE", "store"), "CALLER SELFDESTRUCT store:", add_to_slot(0, "CALLVALUE"))
    initcode = deploying(runtime)
    maker = chain.contract("maker", code(create2(initcode), "POP"))
    made = chain.at("made", salted_address(maker.address, bytes(32), initcode))
    chain.call(alice, maker)
    chain.call(alice, made, value=5)
    chain.expect_success()
    chain.expect_slot(made, 0, 5)
    chain.next_block()
    chain.call(alice, made)
    chain.expect_success()
    chain.expect_gone(made)
    chain.next_block()
    chain.call(alice, maker)
    chain.call(alice, made, value=1)
    chain.expect_success()
    chain.expect_slot(made, 0, 1)


@chain_scenario(hazards="H44", forks=(BERLIN, AMSTERDAM))
def refused_in_the_middle(chain: ChainBuilder) -> None:
    """The second transaction of a block is invalid: the next block finds nothing of the first."""
    alice, bob = chain.accounts(alice=ETHER, bob=ETHER)
    counter = chain.contract("counter", code(add_to_slot(0, "CALLVALUE")))
    chain.call(alice, counter, value=1)
    chain.transfer(bob, to=alice, value=7, nonce=5)
    chain.expect(Invalid.NONCE_TOO_HIGH, transaction=1)
    chain.next_block()
    chain.call(alice, counter, value=10)
    chain.expect_success()
    chain.expect_slot(counter, 0, 10)


@chain_scenario(hazards="H44", forks=(PARIS, AMSTERDAM))
def refused_after_everything(chain: ChainBuilder) -> None:
    """A block is refused for its gas, after it was executed: the next block finds nothing of it."""
    alice = chain.account("alice", ETHER)
    counter = chain.contract("counter", code(add_to_slot(0, "CALLVALUE")))
    chain.call(alice, counter, value=1)
    chain.header(gas_used=lambda right: right + 1)
    chain.expect(Invalid.INVALID_GAS_USED)
    chain.next_block()
    chain.call(alice, counter, value=10)
    chain.expect_success()
    chain.expect_slot(counter, 0, 10)


@chain_scenario(hazards="H39 H44", forks=since(PRAGUE))
def delegated_a_block_before(chain: ChainBuilder) -> None:
    """An account delegates its code in one block; in the next it is called, and then delegates to nobody."""
    alice, bob = chain.accounts(alice=ETHER, bob=ETHER)
    target = chain.contract("target", code(add_to_slot(0, "CALLVALUE")))
    chain.delegate(alice, {bob: target}, value=1)
    chain.expect_success()
    chain.next_block()
    chain.call(alice, bob, value=2)
    chain.delegate(alice, {bob: None})
    chain.call(alice, bob, value=4)
    chain.expect_success()
    chain.expect_slot(bob, 0, 2)


@chain_scenario(hazards="H44", forks=(BERLIN,))
def heavier_branch(chain: ChainBuilder) -> None:
    """A later block of the same number is heavier: the chain goes on from there, and its state is that branch's."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.transfer(alice, to=bob, value=1)
    chain.expect_success()
    chain.next_block(on=-1, seconds=1)
    chain.transfer(alice, to=bob, value=2)
    chain.expect_success()
    chain.next_block(on=1, seconds=1)
    chain.transfer(alice, to=bob, value=4)
    chain.expect_success()
    chain.expect_balance(bob, 6)


@chain_scenario(hazards="H74 H44", forks=(AMSTERDAM,))
def lists_of_two_blocks(chain: ChainBuilder) -> None:
    """Two blocks come with their lists; the second reads what the first wrote, which its own list does not say."""
    alice = chain.account("alice", ETHER)
    counter = chain.contract("counter", code(store(1, load(0)), add_to_slot(0, "CALLVALUE")))
    for value, before in ((5, 0), (6, 5)):
        chain.call(alice, counter, value=value)
        chain.propose_access_list(lambda right: right)
        chain.expect_success()
        chain.expect_slot(counter, 1, before)
        if before == 0:
            chain.next_block()


@chain_scenario(hazards="H74", forks=(AMSTERDAM,))
def lists_of_two_branches(chain: ChainBuilder) -> None:
    """Two blocks with the same transactions follow different parents: each comes with the list of the other."""
    alice, bob = chain.accounts(alice=ETHER, bob=ETHER)
    counter = chain.contract("counter", code(add_to_slot(0, "CALLVALUE")))
    chain.call(bob, counter, value=1)
    chain.expect_success()
    chain.next_block(on=-1, seconds=13)
    chain.call(bob, counter, value=2)
    chain.expect_success()
    chain.next_block(on=0)
    chain.call(alice, counter, value=10)
    chain.propose_access_list(lambda right: right)
    chain.expect_success()
    chain.next_block(on=1)
    other = chain.sealed[2].access_list
    chain.call(alice, counter, value=10)
    chain.propose_access_list(lambda right: other)
    chain.expect(Invalid.INVALID_BAL_HASH)


@chain_scenario(hazards="H44 H46", forks=(SHANGHAI,))
def withdrawals_over_blocks(chain: ChainBuilder) -> None:
    """The same account is paid by three blocks, and what it has counts up, zero amounts included."""
    bob = chain.account("bob")
    for gwei in (3, 0, 4):
        chain.withdrawal(to=bob, gwei=gwei)
        if gwei != 4:
            chain.next_block()
    chain.expect_balance(bob, 7 * GWEI)
