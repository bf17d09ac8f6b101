"""Accounts that are in the state although they have nothing, or storage alone: gone once they are touched (EIP-161)."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import REVERT, balance, call, code, create2, deploying, load, store
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, LONDON, PARIS, PRAGUE, SHANGHAI

RIPEMD = (3).to_bytes(20, "big")
PRICE = 2 * GWEI
"""What a sender pays for a unit of gas: base fee and tip."""
CHILD = deploying(code(store(0, load(5))))


@scenario(hazards="H25 H75", forks=(BERLIN, AMSTERDAM))
def touched_by_a_call(block: BlockBuilder) -> None:
    """An empty account is called without value, and is gone; another that is only looked at stays."""
    alice = block.account("alice", ETHER)
    ghost, other = block.empty_account("ghost"), block.empty_account("other")
    caller = block.contract("caller", code(call(ghost), store(0, f"{balance(other)} PUSH {other} EXTCODEHASH ADD")))
    block.call(alice, caller)
    block.expect_success()
    block.expect_gone(ghost)


@scenario(hazards="H55 H75", forks=(BERLIN,))
def touched_in_a_reverted_frame(block: BlockBuilder) -> None:
    """A frame touches an empty account and reverts: the touch is undone, and the account stays."""
    alice = block.account("alice", ETHER)
    ghost = block.empty_account("ghost")
    inner = block.contract("inner", code(call(ghost), REVERT))
    block.call(alice, block.contract("outer", code(call(inner))))
    block.expect_success()
    block.expect_there(ghost)


@scenario(hazards="H71 H75", forks=(BERLIN, SHANGHAI))
def ripemd_in_a_reverted_frame(block: BlockBuilder) -> None:
    """The exception of 2016: a failed call has touched RIPEMD-160 for good, and the empty account there is gone."""
    alice = block.account("alice", ETHER)
    ripemd = block.empty_account("ripemd", RIPEMD)
    block.call(alice, block.contract("outer", code(call(ripemd, gas=10))))
    block.expect_success()
    block.expect_gone(ripemd)


@scenario(hazards="H14 H75", forks=(PARIS, AMSTERDAM))
def empty_coinbase_without_fee(block: BlockBuilder) -> None:
    """The coinbase is an empty account and gets no priority fee: that touches it, and it is gone."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    miner = block.empty_account("miner")
    block.mined_by(miner)
    block.transfer(alice, to=bob, value=7, tip=0)
    block.expect_success()
    block.expect_gone(miner)


@scenario(hazards="H46 H75", forks=(SHANGHAI,))
def empty_account_withdraws_nothing(block: BlockBuilder) -> None:
    """A withdrawal of nothing touches an empty account: it is gone."""
    ghost = block.empty_account("ghost")
    block.withdrawal(ghost, gwei=0)
    block.expect_success()
    block.expect_gone(ghost)


@scenario(hazards="H48", forks=(AMSTERDAM,))
def system_address_stays_as_it_is(block: BlockBuilder) -> None:
    """System calls come from an address that they neither create nor touch."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    system = block.at("system", b"\xff" * 19 + b"\xfe")
    block.transfer(alice, to=bob, value=7)
    block.expect_success()
    block.expect_gone(system)


@scenario(hazards="H25", forks=(BERLIN,))
def empty_account_gets_value(block: BlockBuilder) -> None:
    """An empty account gets value, and sends all of it on in the same block."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    ghost = block.empty_account("ghost")
    block.transfer(alice, to=ghost, value=ETHER // 2)
    block.transfer(ghost, to=bob, value=ETHER // 2 - 21_000 * 10**9)
    block.expect_success()
    block.expect_balance(ghost, 0)
    block.expect_nonce(ghost, 1)


def one_authorization(block: BlockBuilder, *, is_new: bool) -> int:
    """The gas of a set-code transaction with one authorization and nothing else, whose authority is there or new."""
    if not block.prices.new_account:
        return 46_000 if is_new else 36_800  # EIP-7702: the account is paid for, and refunded
    # EIP-2780: a call without value; EIP-8038: an authorization, and the account written; EIP-8037: what is new
    gas = 15_000 + 7_816 + 9_000 + block.prices.new_delegation
    return gas + (block.prices.new_account if is_new else 0)


def paid(sender: NamedAccount, *gas: int, block: BlockBuilder) -> None:
    """What the sender's transactions must have used."""
    block.expect_balance(sender, ETHER - sum(gas) * PRICE)


@scenario(hazards="H126", forks=since(PRAGUE))
def authority_that_is_empty(block: BlockBuilder) -> None:
    """The authority of an authorization is an empty account: it exists, so its new account is not paid for."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=0)
    ghost, shop = block.empty_account("ghost"), block.contract("shop", b"\x00")
    block.delegate(alice, {ghost: shop}, to=shop)
    block.delegate(bob, {carol: shop}, to=shop)
    block.expect_success()
    paid(alice, one_authorization(block, is_new=False), block=block)
    paid(bob, one_authorization(block, is_new=True), block=block)


@scenario(hazards="H126", forks=since(PRAGUE))
def authority_that_was_touched(block: BlockBuilder) -> None:
    """The authority was an empty account, and an earlier transaction touched it: it exists no more."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    ghost, shop = block.empty_account("ghost"), block.contract("shop", b"\x00")
    block.transfer(alice, to=ghost, value=0)
    block.delegate(bob, {ghost: shop}, to=shop)
    block.expect_success()
    paid(bob, one_authorization(block, is_new=True), block=block)


@scenario(hazards="H126 H55", forks=(PRAGUE,))
def authority_that_a_reverted_frame_touched(block: BlockBuilder) -> None:
    """The touch was undone with its frame: the empty account is there, and so is the refund."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    ghost, shop = block.empty_account("ghost"), block.contract("shop", b"\x00")
    inner = block.contract("inner", code(call(ghost), REVERT))
    block.call(alice, block.contract("outer", code(call(inner))))
    block.delegate(bob, {ghost: shop}, to=shop)
    block.expect_success()
    paid(bob, one_authorization(block, is_new=False), block=block)


@scenario(hazards="H126", forks=since(PRAGUE))
def authority_with_storage_alone(block: BlockBuilder) -> None:
    """The authority has storage and nothing else: it exists, and what it delegates to finds that storage."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    ghost, shop = block.nobody("ghost"), block.contract("shop", b"\x00")
    block.orphan_storage(ghost, {5: 6})
    block.delegate(alice, {ghost: block.contract("target", code(store(0, load(5))))}, to=shop)
    block.call(bob, ghost)
    block.expect_success()
    paid(alice, one_authorization(block, is_new=False), block=block)
    block.expect_slot(ghost, 0, 6)


@scenario(hazards="H25 H75", forks=(BERLIN, LONDON))
def storage_alone_is_touched(block: BlockBuilder) -> None:
    """An account with storage alone is called without value: it was empty, so it is gone with its storage."""
    alice = block.account("alice", ETHER)
    ghost = block.nobody("ghost")
    block.orphan_storage(ghost, {5: 6})
    block.transfer(alice, to=ghost, value=0)
    block.expect_success()
    block.expect_gone(ghost)


@scenario(hazards="H25 H75", forks=(LONDON,))
def storage_alone_is_touched_and_paid(block: BlockBuilder) -> None:
    """One transaction touches an account with storage alone and pays it: it is not empty in the end, and stays."""
    alice = block.account("alice", ETHER)
    ghost = block.nobody("ghost")
    block.orphan_storage(ghost, {5: 6})
    payer = block.contract("payer", code(f"{call(ghost)} POP", call(ghost, value=1)), balance=1)
    block.call(alice, payer)
    block.expect_success()
    block.expect_balance(ghost, 1)
    block.expect_slot(ghost, 5, 6)


@scenario(hazards="H55 H75", forks=(LONDON,))
def storage_alone_is_touched_in_a_reverted_frame(block: BlockBuilder) -> None:
    """A frame touches an account with storage alone and reverts: the account stays as it was."""
    alice = block.account("alice", ETHER)
    ghost = block.nobody("ghost")
    block.orphan_storage(ghost, {5: 6})
    inner = block.contract("inner", code(call(ghost), REVERT))
    block.call(alice, block.contract("outer", code(call(inner))))
    block.expect_success()
    block.expect_slot(ghost, 5, 6)


@scenario(hazards="H29 H31", forks=(BERLIN,))
def created_where_storage_was_cleared(block: BlockBuilder) -> None:
    """Storage at an address is cleared by a touch: a creation there does not collide, and finds no slot."""
    alice = block.account("alice", ETHER)
    factory = block.contract("factory", code(store("CALLER", create2(CHILD))))
    child = block.at("child", salted_address(factory.address, bytes(32), CHILD))
    block.orphan_storage(child, {5: 6})
    block.transfer(alice, to=child, value=0)
    block.call(alice, factory)
    block.call(alice, child)
    block.expect_success()
    block.expect_slot(factory, alice.as_number, child)
    block.expect_slot(child, 5, 0)
    block.expect_slot(child, 0, 0)
