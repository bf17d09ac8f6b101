"""Transactions and blocks that are wrong in two ways: what is checked first is what they are rejected for."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    CALL,
    NEW_SLOT,
    TOTAL_CAP,
    TRANSFER,
)
from samestate.conformance.scenarios.assembler import code, store
from samestate.conformance.scenarios.block_builder import CHAIN_ID, ETHER, GWEI, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import sign
from samestate.spec.evm.system_calls import BUILDER_EXITS
from samestate.spec.evm.transaction import BlobTransaction, SetCodeTransaction, encode_transaction

LAST_NONCE = 2**64 - 1
ONES = b"\x01" * 300
ROOM = 10_000_000


@scenario(hazards="H65", forks=(AMSTERDAM,))
def chain_before_nonce_limit(block: BlockBuilder) -> None:
    """For another chain, and with a nonce that has no successor."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.transfer(alice, to=bob, value=7, chain_id=5, nonce=LAST_NONCE, gas=TRANSFER)
    block.expect(Invalid.WRONG_CHAIN_ID, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def nonce_limit_before_total_cap(block: BlockBuilder) -> None:
    """A nonce that has no successor, and more gas than any transaction may have."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.transfer(alice, to=bob, value=7, nonce=LAST_NONCE, gas=TOTAL_CAP + 1)
    block.expect(Invalid.NONCE_IS_MAX, transaction=1)


@scenario(hazards="H65 H144", forks=(AMSTERDAM,))
def total_cap_before_priority_fee(block: BlockBuilder) -> None:
    """More gas than any transaction may have, and a priority fee over the maximum."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.transfer(alice, to=bob, value=7, gas=TOTAL_CAP + 1, tip=3 * GWEI, max_fee=2 * GWEI)
    block.expect(Invalid.TOTAL_GAS_LIMIT_EXCEEDED, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def priority_fee_before_blobs(block: BlockBuilder) -> None:
    """A priority fee over the maximum, and a blob transaction without blobs."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.blobs(alice, to=bob, count=0, tip=3 * GWEI, max_fee=2 * GWEI)
    block.expect(Invalid.PRIORITY_FEE_ABOVE_MAX_FEE, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def blobs_before_recipient(block: BlockBuilder) -> None:
    """More blobs than a transaction may have, and nobody to send them to."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.blobs(alice, to=None, count=7, gas=300_000)
    block.expect(Invalid.TOO_MANY_BLOBS, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def missing_blobs_before_recipient(block: BlockBuilder) -> None:
    """A blob transaction has neither blobs nor a recipient."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.blobs(alice, to=None, count=0, gas=300_000)
    block.expect(Invalid.NO_BLOBS, transaction=1)


def without_recipient(
    block: BlockBuilder, sender: NamedAccount, transaction: BlobTransaction | SetCodeTransaction
) -> None:
    """Sign a transaction that the block builder does not make: one that must have a recipient, and has none."""
    signed = sign(transaction, sender.private_key, CHAIN_ID)
    block.raw(encode_transaction(signed), f"{sender.name} sends to nobody")


@scenario(hazards="H65", forks=(AMSTERDAM,))
def version_of_blobs_before_recipient(block: BlockBuilder) -> None:
    """A blob transaction names its blob by a hash of an unknown version, and has no recipient."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    transaction = BlobTransaction(
        chain_id=CHAIN_ID, nonce=0, max_priority_fee_per_gas=GWEI, max_fee_per_gas=2 * GWEI, gas_limit=300_000,
        to=None, value=0, data=b"", access_list=(), max_fee_per_blob_gas=GWEI, blob_versioned_hashes=(bytes(32),),
    )  # fmt: skip
    without_recipient(block, alice, transaction)
    block.expect(Invalid.BLOB_VERSIONED_HASH, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def recipient_before_authorizations(block: BlockBuilder) -> None:
    """A set-code transaction has neither a recipient nor authorizations."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    transaction = SetCodeTransaction(
        chain_id=CHAIN_ID, nonce=0, max_priority_fee_per_gas=GWEI, max_fee_per_gas=2 * GWEI, gas_limit=300_000,
        to=None, value=0, data=b"", access_list=(), authorizations=(),
    )  # fmt: skip
    without_recipient(block, alice, transaction)
    block.expect(Invalid.SET_CODE_CREATION, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def recipient_before_intrinsic_gas(block: BlockBuilder) -> None:
    """Blobs for nobody, and too little gas to begin."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.blobs(alice, to=None, count=1, gas=CALL)
    block.expect(Invalid.BLOB_CREATION, transaction=1)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def authorizations_before_intrinsic_gas(block: BlockBuilder) -> None:
    """No authorizations where there must be some, and too little gas to begin."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.delegate(alice, [], to=bob, gas=CALL - 1, comment="alice brings no delegations")
    block.expect(Invalid.NO_AUTHORIZATIONS, transaction=1)


@scenario(hazards="H11 H65", forks=(AMSTERDAM,))
def intrinsic_gas_before_floor(block: BlockBuilder) -> None:
    """The gas limit covers neither the intrinsic gas nor the floor of the data."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER, data=ONES)
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H05 H65", forks=(AMSTERDAM,))
def intrinsic_gas_before_room(block: BlockBuilder) -> None:
    """Too little gas for what the transaction brings, and more than the block has left."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=60_000)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.delegate(
        alice, 6 * [block.authorization(bob, alice, nonce=9)], to=bob, gas=60_000, comment="alice brings six"
    )
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H06 H08", forks=(AMSTERDAM,))
def room_for_state_before_blobs(block: BlockBuilder) -> None:
    """More gas than the block has left for state, and more blobs than it has left."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, 1)))
    block.set_environment(gas_limit=ROOM)
    block.call(bob, cell)
    for _ in range(3):
        block.blobs(alice, to=bob, count=6)
    block.blobs(alice, to=bob, count=4, gas=ROOM - NEW_SLOT + 1)
    block.expect(Invalid.STATE_GAS_ALLOWANCE_EXCEEDED, transaction=4)


@scenario(hazards="H06 H63", forks=(AMSTERDAM,))
def room_for_state_before_price(block: BlockBuilder) -> None:
    """More gas than the block has left for state, and an offer below the base fee."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, 1)))
    block.set_environment(gas_limit=ROOM)
    block.call(bob, cell)
    block.transfer(alice, to=bob, value=7, gas=ROOM - NEW_SLOT + 1, tip=0, max_fee=GWEI - 1)
    block.expect(Invalid.STATE_GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H08 H63", forks=(AMSTERDAM,))
def room_for_blobs_before_price(block: BlockBuilder) -> None:
    """More blobs than the block has left, and an offer below the base fee."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    for _ in range(3):
        block.blobs(alice, to=bob, count=6)
    block.blobs(alice, to=bob, count=4, tip=0, max_fee=GWEI - 1)
    block.expect(Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED, transaction=3)


@scenario(hazards="H63", forks=(AMSTERDAM,))
def price_before_price_of_blobs(block: BlockBuilder) -> None:
    """Offers below the base fee, and below that of blobs."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.blobs(alice, to=bob, count=1, max_blob_fee=0, tip=0, max_fee=GWEI - 1)
    block.expect(Invalid.MAX_FEE_BELOW_BASE_FEE, transaction=1)


@scenario(hazards="H02 H63", forks=(AMSTERDAM,))
def price_of_blobs_before_nonce(block: BlockBuilder) -> None:
    """An offer below the base fee of blobs, and a nonce that was used."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.blobs(alice, to=bob, count=1, max_blob_fee=0, nonce=0)
    block.expect(Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H03 H04", forks=(AMSTERDAM,))
def nonce_before_funds(block: BlockBuilder) -> None:
    """A nonce too high, and less than gas and value cost: both only because of the transaction before."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=ETHER * 9 // 10, gas=TRANSFER)
    block.transfer(alice, to=bob, value=ETHER * 9 // 10, nonce=2, gas=TRANSFER)
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=1)


@scenario(hazards="H05 H136", forks=(AMSTERDAM,))
def room_before_nonce(block: BlockBuilder) -> None:
    """More gas than the block has left, and a nonce that was used."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=100_000)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.transfer(alice, to=bob, value=7, nonce=0, gas=100_000)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H04 H07", forks=(AMSTERDAM,))
def funds_before_code_of_the_sender(block: BlockBuilder) -> None:
    """A sender that is a contract (EIP-3607), and has too little only because of the transaction before."""
    alice = block.account("alice", ETHER)
    spending = code("PUSH 0 PUSH 0 PUSH 0 PUSH 0 SELFBALANCE CALLER GAS CALL")
    contract = block.contract("contract", spending, balance=ETHER)
    block.call(alice, contract)
    block.transfer(contract, to=alice, value=1, gas=TRANSFER)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)


@scenario(hazards="H45 H66", forks=(AMSTERDAM,))
def contract_before_length_of_the_list(block: BlockBuilder) -> None:
    """A system contract without code, and more items on the list than the gas limit allows."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=30_000)
    block.forget(block.at("builder exits", BUILDER_EXITS))
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.expect(Invalid.SYSTEM_CONTRACT_MISSING)


@scenario(hazards="H66 H67", forks=(AMSTERDAM,))
def length_of_the_list_before_its_content(block: BlockBuilder) -> None:
    """More items than the gas limit allows, and a proposed list that is another."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=30_000)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.propose_access_list(lambda right: b"\xc0")
    block.expect(Invalid.ACCESS_LIST_TOO_LARGE)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def first_transaction_at_fault(block: BlockBuilder) -> None:
    """Two transactions are wrong: the earlier one by its funds, the later one in a way that is seen much sooner."""
    alice, bob = block.accounts(alice=ETHER, bob=1)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.transfer(bob, to=alice, value=7, gas=TRANSFER)
    block.transfer(alice, to=bob, value=7, gas=TOTAL_CAP + 1)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)
