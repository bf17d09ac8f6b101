"""Accounts that are in the state although they have nothing, from before EIP-161: gone once they are touched."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import REVERT, balance, call, code, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, PARIS, SHANGHAI

RIPEMD = (3).to_bytes(20, "big")


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
