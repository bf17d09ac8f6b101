"""Transactions that may not be in the block for their fees, gas, blobs or delegations; each after one that may."""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.block_builder import CHAIN_ID, ETHER, GWEI, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, BPO1, BPO2, CANCUN, LONDON, OSAKA, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import sign
from samestate.spec.evm.transaction import BlobTransaction, SetCodeTransaction, Transaction, encode_transaction

OTHER_VERSION: Final = b"\x02" + bytes(31)
"""A blob's hash of a version that no fork has."""


def after_a_transfer(block: BlockBuilder) -> tuple[NamedAccount, NamedAccount]:
    """Alice and bob, who has paid her something in the first transaction."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    return alice, bob


def signed(block: BlockBuilder, sender: NamedAccount, transaction: Transaction, comment: str) -> None:
    """Put a transaction into the block that the builder would not make."""
    block.raw(encode_transaction(sign(transaction, sender.private_key, CHAIN_ID)), comment)


@scenario(hazards="H05 H65", forks=(BERLIN, LONDON, SHANGHAI, PRAGUE))
def more_gas_than_a_block_has(block: BlockBuilder) -> None:
    """A gas limit is one above that of the block: no block of its kind has room for it, be it empty."""
    alice, bob = after_a_transfer(block)
    block.transfer(alice, to=bob, value=7, gas=block.environment.gas_limit + 1)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H05", forks=(BERLIN, LONDON, SHANGHAI, PRAGUE))
def all_the_gas_of_a_block(block: BlockBuilder) -> None:
    """The only transaction of a block has all of its gas for a limit; in the next the second has a unit too much."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7, gas=block.environment.gas_limit)
    block.expect_success()
    block.expect_gas_used(21_000)
    block.next_block()
    block.transfer(bob, to=alice, value=7, nonce=0)
    block.transfer(alice, to=bob, value=7, gas=block.environment.gas_limit - 20_999, nonce=1)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H63 H65", forks=(LONDON, PARIS, PRAGUE, AMSTERDAM))
def legacy_price_below_the_base_fee(block: BlockBuilder) -> None:
    """A legacy transaction offers a wei less than the base fee."""
    alice, bob = after_a_transfer(block)
    block.transfer(alice, to=bob, value=7, legacy=True, max_fee=GWEI - 1)
    block.expect(Invalid.MAX_FEE_BELOW_BASE_FEE, transaction=1)


@scenario(hazards="H14", forks=(PARIS, PRAGUE, AMSTERDAM))
def legacy_price_of_the_base_fee(block: BlockBuilder) -> None:
    """A legacy transaction offers just the base fee, and a fee market one too: the coinbase gets nothing of either."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7, legacy=True, max_fee=GWEI)
    block.transfer(bob, to=alice, value=7, tip=0)
    block.expect_success()
    block.expect_gone(block.coinbase)


def of_blobs(sender: NamedAccount, to: NamedAccount | None, *hashes: bytes) -> BlobTransaction:
    """A blob transaction of a sender who has sent nothing yet."""
    return BlobTransaction(
        chain_id=CHAIN_ID, nonce=0, max_priority_fee_per_gas=GWEI, max_fee_per_gas=2 * GWEI, gas_limit=300_000,
        to=to.address if to is not None else b"", value=0, data=b"", access_list=(), max_fee_per_blob_gas=GWEI,
        blob_versioned_hashes=hashes,
    )  # fmt: skip


@scenario(hazards="H65", forks=(CANCUN, OSAKA, AMSTERDAM))
def blob_of_another_version(block: BlockBuilder) -> None:
    """The second blob of a transaction is named by a hash of version 2 (EIP-4844)."""
    alice, bob = after_a_transfer(block)
    signed(block, alice, of_blobs(alice, bob, b"\x01" + bytes(31), OTHER_VERSION), "alice names a blob of version 2")
    block.expect(Invalid.BLOB_VERSIONED_HASH, transaction=1)


@scenario(hazards="H65", forks=(CANCUN, OSAKA, AMSTERDAM))
def blob_of_version_zero(block: BlockBuilder) -> None:
    """A blob is named by 32 zeros, whose version is 0."""
    alice, bob = after_a_transfer(block)
    signed(block, alice, of_blobs(alice, bob, bytes(32)), "alice names a blob by zeros")
    block.expect(Invalid.BLOB_VERSIONED_HASH, transaction=1)


@scenario(hazards="H08", forks=(CANCUN, PRAGUE))
def more_blobs_than_a_block_may_have(block: BlockBuilder) -> None:
    """A single transaction has one blob more than a block may have."""
    alice, bob = after_a_transfer(block)
    schedule = block.fork.blob_schedule
    block.blobs(alice, to=bob, count=(schedule.maximum if schedule is not None else 0) + 1)
    block.expect(Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H08 H145", forks=(CANCUN, PRAGUE, OSAKA, BPO1, BPO2, AMSTERDAM))
def one_blob_above_each_maximum(block: BlockBuilder) -> None:
    """Senders fill a block with blobs up to the maximum of its fork, and the last one has a blob too many."""
    schedule = block.fork.blob_schedule
    maximum = schedule.maximum if schedule is not None else 0
    shop = block.nobody("shop")
    counts = [6] * (maximum // 6) + [maximum % 6 + 1]
    for index, count in enumerate(counts):
        block.blobs(block.account(f"sender {index}", ETHER), to=shop, count=count)
    block.expect(Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED, transaction=len(counts) - 1)


def set_code(block: BlockBuilder, sender: NamedAccount, to: NamedAccount | None) -> SetCodeTransaction:
    """A transaction that brings the sender's own delegation to bob, to whom it says."""
    return SetCodeTransaction(
        chain_id=CHAIN_ID, nonce=0, max_priority_fee_per_gas=GWEI, max_fee_per_gas=2 * GWEI, gas_limit=300_000,
        to=to.address if to is not None else None, value=0, data=b"", access_list=(),
        authorizations=(block.authorization(sender, block.nobody("bob"), nonce=1),),
    )  # fmt: skip


@scenario(hazards="H65", forks=(PRAGUE, OSAKA, AMSTERDAM))
def set_code_transaction_to_nobody(block: BlockBuilder) -> None:
    """A set-code transaction creates nothing: it must have a recipient (EIP-7702)."""
    alice, _ = after_a_transfer(block)
    signed(block, alice, set_code(block, alice, None), "alice brings a delegation to nobody")
    block.expect(Invalid.SET_CODE_CREATION, transaction=1)


@scenario(hazards="H65", forks=(CANCUN, OSAKA, AMSTERDAM))
def blob_transaction_to_nobody_with_blobs(block: BlockBuilder) -> None:
    """A blob transaction creates nothing: it must have a recipient (EIP-4844)."""
    alice, _ = after_a_transfer(block)
    block.blobs(alice, to=None, count=1, gas=300_000)
    block.expect(Invalid.BLOB_CREATION, transaction=1)


@scenario(hazards="H65", forks=(LONDON, SHANGHAI, CANCUN))
def types_of_later_forks(block: BlockBuilder) -> None:
    """A transaction has the type that the next fork with a new one will bring."""
    alice, bob = after_a_transfer(block)
    if block.fork is CANCUN:
        signed(block, alice, set_code(block, alice, bob), "alice sends a set-code transaction")
    else:
        block.blobs(alice, to=bob, count=1)
    block.expect(Invalid.TYPE_NOT_SUPPORTED, transaction=1)


@scenario(hazards="H65", forks=(BERLIN, LONDON, PARIS, CANCUN))
def gas_just_for_its_data(block: BlockBuilder) -> None:
    """A transaction has just the gas that its data cost, zeros and others; the next has a unit less (EIP-2028)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    data = bytes(5) + b"\x01" * 3
    gas = 21_000 + 5 * 4 + 3 * 16
    block.call(alice, bob, data=data, gas=gas)
    block.expect_success()
    block.expect_gas_used(gas)
    block.next_block()
    block.transfer(bob, to=alice, value=7, nonce=0)
    block.call(alice, bob, data=data, gas=gas - 1, nonce=1)
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H65", forks=(BERLIN, LONDON, SHANGHAI, PRAGUE))
def gas_just_for_a_creation(block: BlockBuilder) -> None:
    """A creation has just the gas that it, its data, its list and its words cost; the next one has a unit less."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = b"\x00" * 33
    word = 2 if block.fork in (SHANGHAI, PRAGUE) else 0
    gas = 53_000 + 33 * 4 + 2 * word + 2_400 + 2 * 1_900
    floor = 21_000 + 33 * 10
    listed = [(bob, (1, 2))]
    block.create(alice, "created", initcode, gas=gas, access_list=listed)
    block.expect_success()
    block.expect_gas_used(max(gas, floor))
    block.next_block()
    block.transfer(bob, to=alice, value=7, nonce=0)
    block.create(alice, "created", initcode, gas=gas - 1, access_list=listed, nonce=1)
    block.expect(Invalid.INTRINSIC_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H11 H65", forks=(PRAGUE, OSAKA))
def gas_just_for_the_floor(block: BlockBuilder) -> None:
    """A transaction has just the gas of its data's floor; the next has a unit less (EIP-7623)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    data = bytes(5) + b"\x01" * 100
    floor = 21_000 + 10 * (5 + 4 * 100)
    block.call(alice, bob, data=data, gas=floor)
    block.expect_success()
    block.expect_gas_used(floor)
    block.next_block()
    block.transfer(bob, to=alice, value=7, nonce=0)
    block.call(alice, bob, data=data, gas=floor - 1, nonce=1)
    block.expect(Invalid.FLOOR_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H09", forks=(OSAKA, BPO2, AMSTERDAM))
def caps_of_a_transaction(block: BlockBuilder) -> None:
    """A gas limit of 2^24 is taken; one more is refused since Osaka, and since Amsterdam goes to the reservoir."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7, gas=2**24)
    block.expect_success()
    block.next_block()
    block.transfer(bob, to=alice, value=7, nonce=0)
    block.transfer(alice, to=bob, value=7, gas=2**24 + 1, nonce=1)
    if block.fork is AMSTERDAM:
        block.expect_success()
    else:
        block.expect(Invalid.TRANSACTION_GAS_LIMIT_EXCEEDED, transaction=1)
