"""Blobs: how many a block may have, who can pay for them, and what code sees of them."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import code, store
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.forks import AMSTERDAM, CANCUN, OSAKA, PRAGUE
from samestate.spec.evm.rejections import Invalid

GAS_PER_BLOB = 2**17


def senders(block: BlockBuilder, *counts: int) -> None:
    """So many blobs from each of some senders."""
    for index, count in enumerate(counts):
        block.blobs(block.account(f"sender {index}", ETHER), to=block.nobody("rollup"), count=count)


@scenario(hazards="H08", forks=(CANCUN, PRAGUE, AMSTERDAM))
def as_many_as_fit(block: BlockBuilder) -> None:
    """The blobs of several transactions fill the block to its maximum."""
    schedule = block.fork.blob_schedule
    maximum = schedule.maximum if schedule is not None else 0
    senders(block, *[3] * (maximum // 3))
    block.expect_success()


@scenario(hazards="H08", forks=(CANCUN, AMSTERDAM))
def one_blob_too_many(block: BlockBuilder) -> None:
    """Only the last transaction's blob is more than the block may have."""
    schedule = block.fork.blob_schedule
    maximum = schedule.maximum if schedule is not None else 0
    senders(block, *[3] * (maximum // 3), 1)
    block.expect(Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED, transaction=maximum // 3)


@scenario(hazards="H08", forks=(OSAKA,))
def more_than_a_transaction_may_have(block: BlockBuilder) -> None:
    """Seven blobs fit the block, but since Osaka no transaction (EIP-7594)."""
    senders(block, 1, 7)
    block.expect(Invalid.TOO_MANY_BLOBS, transaction=1)


@scenario(hazards="H04", forks=since(CANCUN))
def blob_fee_that_is_gone(block: BlockBuilder) -> None:
    """After an earlier transaction the sender can pay for gas, but no longer for the blob at its maximum price."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    gas = 2 * block.prices.transfer * 2 * GWEI
    block.transfer(alice, to=bob, value=ETHER - gas - GAS_PER_BLOB * GWEI + 1)
    block.blobs(alice, to=bob, count=1, max_blob_fee=GWEI)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)


@scenario(hazards="H04", forks=(CANCUN,))
def blob_fee_that_just_suffices(block: BlockBuilder) -> None:
    """The same with one wei more: the blob is paid at the price of the block, far below the maximum."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    gas = 2 * 21_000 * 2 * GWEI
    block.transfer(alice, to=bob, value=ETHER - gas - GAS_PER_BLOB * GWEI)
    block.blobs(alice, to=bob, count=1, max_blob_fee=GWEI)
    block.expect_success()
    block.expect_balance(alice, GAS_PER_BLOB * (GWEI - 1))


@scenario(hazards="H54", forks=since(CANCUN))
def hashes_of_each_transaction(block: BlockBuilder) -> None:
    """BLOBHASH sees the blobs of its own transaction, and none in the next one."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    looker = block.contract("looker", code(store("CALLER", "PUSH 1 BLOBHASH PUSH 1 ADD"), store(0, "BLOBBASEFEE")))
    block.blobs(alice, to=looker, count=2, gas=100_000 + 2 * block.prices.new_slot)
    block.call(bob, looker)
    block.expect_success()
    block.expect_slot(looker, bob.as_number, 1)


@scenario(hazards="H63", forks=(CANCUN,))
def blob_price_above_the_offer(block: BlockBuilder) -> None:
    """Excess blob gas makes blobs dearer than a transaction offers."""
    block.set_environment(excess_blob_gas=30 * 2**17)
    block.blobs(block.account("alice", ETHER), to=block.nobody("rollup"), count=1, max_blob_fee=1)
    block.expect(Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW, transaction=0)
