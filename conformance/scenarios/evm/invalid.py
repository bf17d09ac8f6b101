"""Transactions that may not be in the block, whatever the state; each after one that may."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import balance, call, code, store
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.block_access_list import AccountAccess, encode_access_list
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, OSAKA, PRAGUE
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.system_calls import BLOCK_HASHES, WITHDRAWAL_REQUESTS


@scenario(hazards="H65", forks=(LONDON,))
def other_chain(block: BlockBuilder) -> None:
    """A transaction is signed for another chain."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=7, chain_id=5)
    block.expect(Invalid.WRONG_CHAIN_ID, transaction=1)


@scenario(hazards="H65", forks=(BERLIN, CANCUN))
def type_of_a_later_fork(block: BlockBuilder) -> None:
    """A transaction has a type that only a later fork knows."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)
    if block.fork is BERLIN:
        block.blobs(alice, to=bob, count=1)
    else:
        block.delegate(alice, {bob: alice}, to=bob)
    block.expect(Invalid.TYPE_NOT_SUPPORTED, transaction=1)


@scenario(hazards="H63", forks=(LONDON, OSAKA))
def fee_below_the_base_fee(block: BlockBuilder) -> None:
    """A transaction offers less than the base fee."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=7, tip=0, max_fee=GWEI - 1)
    block.expect(Invalid.MAX_FEE_BELOW_BASE_FEE, transaction=1)


@scenario(hazards="H63", forks=(LONDON,))
def priority_fee_above_the_maximum(block: BlockBuilder) -> None:
    """A transaction offers a priority fee above its own maximum."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7, tip=3 * GWEI, max_fee=2 * GWEI)
    block.expect(Invalid.PRIORITY_FEE_ABOVE_MAX_FEE, transaction=0)


@scenario(hazards="H65", forks=(BERLIN,))
def too_little_gas_to_begin(block: BlockBuilder) -> None:
    """A gas limit of 20,999 doesn't cover what every transaction costs."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=7, gas=20_999)
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H65", forks=(PRAGUE,))
def bytes_that_are_no_transaction(block: BlockBuilder) -> None:
    """One transaction of the block is no encoding at all, and nothing is executed, not even those before it."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)
    block.raw(bytes.fromhex("02c0"), "a fee market transaction without fields")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@scenario(hazards="H65", forks=(PRAGUE,))
def set_code_without_authorizations(block: BlockBuilder) -> None:
    """A set-code transaction brings no authorization (EIP-7702)."""
    alice = block.account("alice", ETHER)
    block.delegate(alice, [], to=alice, comment="alice brings no delegations")
    block.expect(Invalid.NO_AUTHORIZATIONS, transaction=0)


@scenario(hazards="H65", forks=(CANCUN,))
def blob_transaction_without_blobs(block: BlockBuilder) -> None:
    """A blob transaction has no blobs (EIP-4844)."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.blobs(alice, to=bob, count=0)
    block.expect(Invalid.NO_BLOBS, transaction=0)


@scenario(hazards="H65", forks=(CANCUN,))
def blob_transaction_to_nobody(block: BlockBuilder) -> None:
    """A blob transaction creates nothing: it must have a recipient (EIP-4844)."""
    block.blobs(block.account("alice", ETHER), to=None, count=1, gas=60_000)
    block.expect(Invalid.BLOB_CREATION, transaction=0)


@scenario(hazards="H65", forks=(LONDON,))
def no_bytes_at_all(block: BlockBuilder) -> None:
    """In the place of a transaction there is nothing."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)
    block.raw(b"", "not one byte")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@scenario(hazards="H63", forks=(CANCUN,))
def blob_price_beyond_all_numbers(block: BlockBuilder) -> None:
    """So much excess blob gas that the price of a blob is no 256-bit number: to be rejected at once, not computed."""
    block.set_environment(excess_blob_gas=2**40)
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.blobs(alice, to=bob, count=1)
    block.expect(Invalid.BLOB_BASE_FEE_OVERFLOW, transaction=0)


@scenario(hazards="H63", forks=(CANCUN, AMSTERDAM))
def asked_for_a_blob_price_beyond_all_numbers(block: BlockBuilder) -> None:
    """A contract asks for the price of a blob, which is no 256-bit number: the block cannot be executed."""
    block.set_environment(excess_blob_gas=2**40)
    alice = block.account("alice", ETHER)
    curious = block.contract("curious", code(store(0, "BLOBBASEFEE")))
    block.call(alice, curious)
    block.expect(Invalid.BLOB_BASE_FEE_OVERFLOW, transaction=0)


@scenario(hazards="H63", forks=(PRAGUE, AMSTERDAM))
def opening_asks_for_a_blob_price_beyond_all_numbers(block: BlockBuilder) -> None:
    """The system contract of block hashes asks for the price of a blob, which is no number: the block is at fault."""
    block.set_environment(excess_blob_gas=2**40)
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.place_contract(block.at("block hashes", BLOCK_HASHES), code(store(0, "BLOBBASEFEE")))
    block.transfer(alice, to=bob, value=7)
    block.expect(Invalid.BLOB_BASE_FEE_OVERFLOW)


@scenario(hazards="H63", forks=(PRAGUE, AMSTERDAM))
def closing_asks_for_a_blob_price_beyond_all_numbers(block: BlockBuilder) -> None:
    """The contract of withdrawal requests asks for the price of a blob, which is no number: the block is at fault."""
    block.set_environment(excess_blob_gas=2**40)
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.place_contract(block.at("withdrawal requests", WITHDRAWAL_REQUESTS), code(store(0, "BLOBBASEFEE")))
    block.transfer(alice, to=bob, value=7)
    block.expect(Invalid.BLOB_BASE_FEE_OVERFLOW)


@scenario(hazards="H63", forks=(LONDON,))
def more_wei_than_there_can_be(block: BlockBuilder) -> None:
    """A transfer would lift a balance over 256 bits."""
    alice, bob = block.accounts(alice=ETHER, bob=2**256 - 1)
    block.transfer(alice, to=bob, value=1)
    block.expect(Invalid.BALANCE_OVERFLOW)


@scenario(hazards="H63", forks=(LONDON, OSAKA))
def read_and_then_lifted_over_all_numbers(block: BlockBuilder) -> None:
    """A contract reads the largest balance, then adds to it. The block is wrong, not the transaction, which ended."""
    alice, bob = block.accounts(alice=ETHER, bob=2**256 - 1)
    generous = block.contract("generous", code(store(0, balance(bob)), call(bob, value=1)), balance=1)
    block.call(alice, generous)
    block.expect(Invalid.BALANCE_OVERFLOW)


@scenario(hazards="H63", forks=(LONDON,))
def read_and_lifted_over_all_numbers_without_room(block: BlockBuilder) -> None:
    """As before, in a block without room for the transaction: that is the first thing wrong with it."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=2**256 - 1, shop=0)
    generous = block.contract("generous", code(store(0, balance(bob)), call(bob, value=1)), balance=1)
    block.set_environment(gas_limit=160_000)
    block.transfer(alice, to=shop, value=7)
    block.call(alice, generous, gas=150_000)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H63", forks=(AMSTERDAM,))
def lifted_over_all_numbers_and_listed(block: BlockBuilder) -> None:
    """The block's access list has the balance that a credit makes too large."""
    alice, bob = block.accounts(alice=ETHER, bob=2**256 - 1)
    block.transfer(alice, to=bob, value=1)
    listed = AccountAccess(bob.address, balance_changes=((1, 2**256 - 1),))
    block.propose_access_list(lambda right: encode_access_list((listed,)))
    block.expect(Invalid.BALANCE_OVERFLOW)
