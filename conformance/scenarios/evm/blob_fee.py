"""The excess blob gas, which each block sets for the next, and the price of blobs by it (EIP-4844, EIP-7918)."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import code, store
from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.chain_draft import transition
from samestate.conformance.scenarios.draft import ETHER, GWEI
from samestate.conformance.scenarios.scenario import chain_scenario
from samestate.spec.evm.fees import fake_exponential
from samestate.spec.evm.fork import BlobSchedule
from samestate.spec.evm.forks import AMSTERDAM, BPO1, BPO2, CANCUN, OSAKA, PRAGUE
from samestate.spec.evm.rejections import Invalid

BLOB = 2**17
PLAIN = (CANCUN, PRAGUE)
"""Where the excess follows from blobs alone."""
FLOORED = (OSAKA, BPO1, AMSTERDAM)
"""Where it depends on the base fee too."""


def schedule_of(chain: ChainBuilder) -> BlobSchedule:
    """Of the current block."""
    schedule = chain.fork.blob_schedule
    assert schedule is not None
    return schedule


def costs(chain: ChainBuilder, price: int) -> None:
    """Let a blob be bought at just this price, and code see it."""
    looker = chain.contract("looker", code(store(0, "BLOBBASEFEE")))
    chain.blobs(chain.account("alice", 100 * ETHER), to=looker, count=1, max_blob_fee=price, gas=chain.prices.call)
    chain.expect_success()
    chain.expect_slot(looker, 0, price)


def price_of(chain: ChainBuilder, excess: int) -> int:
    """By the update fraction of the current block's fork."""
    return fake_exponential(1, excess, schedule_of(chain).update_fraction)


@chain_scenario(hazards="H145", forks=PLAIN)
def one_blob_over_the_target(chain: ChainBuilder) -> None:
    """The parent used a blob more than the target: the excess grows by one blob, and the price is by the new excess."""
    schedule = schedule_of(chain)
    before = 60 * schedule.target_gas
    chain.parent(excess_blob_gas=before, blob_gas_used=schedule.target_gas + BLOB)
    costs(chain, price_of(chain, before + BLOB))


@chain_scenario(hazards="H145", forks=PLAIN)
def parent_without_blobs(chain: ChainBuilder) -> None:
    """The parent used no blobs: the excess falls by the target."""
    target = schedule_of(chain).target_gas
    chain.parent(excess_blob_gas=60 * target)
    costs(chain, price_of(chain, 59 * target))


@chain_scenario(forks=PLAIN)
def excess_below_nothing(chain: ChainBuilder) -> None:
    """What the parent used does not reach the target: the excess is zero, and not below it."""
    target = schedule_of(chain).target_gas
    chain.parent(excess_blob_gas=BLOB, blob_gas_used=target - 2 * BLOB)
    costs(chain, 1)


@chain_scenario(hazards="H145", forks=(CANCUN, BPO2))
def price_of_the_parent(chain: ChainBuilder) -> None:
    """A blob transaction offers the price that the parent's excess gives, which is less than that of its own block."""
    schedule = schedule_of(chain)
    before = 200 * BLOB * schedule.target // 3
    chain.parent(excess_blob_gas=before, blob_gas_used=schedule.maximum_gas, base_fee_per_gas=1)
    price = price_of(chain, before)
    chain.blobs(chain.account("alice", ETHER), to=chain.nobody("rollup"), count=1, max_blob_fee=price)
    chain.expect(Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW, transaction=0)


@chain_scenario(hazards="H145", forks=(CANCUN, PRAGUE, BPO1, AMSTERDAM))
def fraction_of_the_fork(chain: ChainBuilder) -> None:
    """At the same excess each fork has its own price, by its own update fraction."""
    schedule = schedule_of(chain)
    excess = 50 * 2**20
    chain.parent(excess_blob_gas=excess, blob_gas_used=schedule.target_gas, base_fee_per_gas=1)
    costs(chain, price_of(chain, excess))


@chain_scenario(forks=(CANCUN, PRAGUE, AMSTERDAM))
def one_gas_more_than_set(chain: ChainBuilder) -> None:
    """The excess is one blob gas more than the parent sets."""
    chain.header(excess_blob_gas=lambda right: right + 1)
    chain.expect(Invalid.INVALID_EXCESS_BLOB_GAS)


@chain_scenario(forks=(CANCUN, AMSTERDAM))
def that_of_the_parent(chain: ChainBuilder) -> None:
    """The excess is still the parent's, which had no blobs."""
    before = 60 * schedule_of(chain).target_gas
    chain.parent(excess_blob_gas=before, base_fee_per_gas=1)
    chain.header("the parent's", excess_blob_gas=before)
    chain.expect(Invalid.INVALID_EXCESS_BLOB_GAS)


@chain_scenario(forks=(CANCUN, PRAGUE))
def excess_of_the_block_itself(chain: ChainBuilder) -> None:
    """The excess counts the blobs of the block itself, where it is the parent's that count."""
    schedule = schedule_of(chain)
    chain.parent(excess_blob_gas=schedule.target_gas)
    chain.blobs(chain.account("alice", ETHER), to=chain.nobody("rollup"), count=1)
    chain.header("with the blob of this block", excess_blob_gas=lambda right: right + BLOB)
    chain.expect(Invalid.INVALID_EXCESS_BLOB_GAS)


@chain_scenario(hazards="H44", forks=(CANCUN, OSAKA))
def blobs_over_blocks(chain: ChainBuilder) -> None:
    """Two blocks of the most blobs after one another: each sets the excess of the next."""
    alice = chain.account("alice", 10 * ETHER)
    looker = chain.contract("looker", code("BLOBBASEFEE NUMBER SSTORE"))
    schedule = schedule_of(chain)
    chain.parent(excess_blob_gas=40 * schedule.target_gas, base_fee_per_gas=7)
    for _ in range(2):
        for _ in range(schedule.maximum // 3):
            chain.blobs(alice, to=looker, count=3, gas=chain.prices.call)
        chain.expect_success()
        chain.next_block()
    chain.call(alice, looker)
    chain.expect_success()
    chain.expect_slot(looker, 3, price_of(chain, chain.environment.excess_blob_gas))


@chain_scenario(hazards="H08", forks=(CANCUN, PRAGUE, OSAKA, AMSTERDAM))
def more_blobs_than_the_block_may_have(chain: ChainBuilder) -> None:
    """A blob more than the fork's maximum, and the header says so."""
    alice = chain.account("alice", 10 * ETHER)
    maximum = schedule_of(chain).maximum
    for _ in range(maximum // 3):
        chain.blobs(alice, to=chain.nobody("rollup"), count=3)
    chain.blobs(alice, to=chain.nobody("rollup"), count=1)
    chain.header("of every blob", blob_gas_used=(maximum // 3 * 3 + 1) * BLOB)
    chain.expect(Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED)


# Blobs that never get cheaper than execution (EIP-7918)


@chain_scenario(hazards="H145", forks=FLOORED)
def execution_is_dear(chain: ChainBuilder) -> None:
    """A blob is cheaper than the execution that it stands for: the excess grows though the parent was at the target."""
    schedule = schedule_of(chain)
    excess, used = 20 * BLOB, schedule.target_gas
    chain.parent(excess_blob_gas=excess, blob_gas_used=used, base_fee_per_gas=GWEI)
    grown = excess + used * (schedule.maximum - schedule.target) // schedule.maximum
    costs(chain, price_of(chain, grown))


@chain_scenario(hazards="H145", forks=FLOORED)
def execution_is_cheap(chain: ChainBuilder) -> None:
    """A blob is dearer than the execution that it stands for: the excess moves by the target, as before EIP-7918."""
    schedule = schedule_of(chain)
    excess = 100 * BLOB
    chain.parent(excess_blob_gas=excess, blob_gas_used=schedule.target_gas + BLOB, base_fee_per_gas=1)
    costs(chain, price_of(chain, excess + BLOB))


@chain_scenario(hazards="H145", forks=(OSAKA, BPO2))
def execution_is_as_dear(chain: ChainBuilder) -> None:
    """A blob and its execution cost the same, at the base fee of the parent: that is not dearer yet."""
    schedule = schedule_of(chain)
    used = schedule.target_gas + BLOB
    chain.parent(excess_blob_gas=0, blob_gas_used=used, base_fee_per_gas=16)
    chain.blobs(chain.account("alice", ETHER), to=chain.nobody("rollup"), count=1)
    chain.header(excess_blob_gas=BLOB)
    chain.expect_success()


@chain_scenario(hazards="H145", forks=(OSAKA, BPO2))
def execution_is_just_dearer(chain: ChainBuilder) -> None:
    """At a base fee of 17 in the parent, execution is dearer than a blob of one wei for each gas."""
    schedule = schedule_of(chain)
    used = schedule.target_gas + BLOB
    chain.parent(excess_blob_gas=0, blob_gas_used=used, base_fee_per_gas=17)
    chain.header(excess_blob_gas=used * (schedule.maximum - schedule.target) // schedule.maximum)


@chain_scenario(hazards="H145", forks=(OSAKA, BPO1))
def execution_is_as_dear_at_a_price(chain: ChainBuilder) -> None:
    """A blob costs more than one wei, and execution just as much: the price is that of the parent's own block."""
    excess, used = 100 * BLOB, schedule_of(chain).target_gas + BLOB
    chain.parent(excess_blob_gas=excess, blob_gas_used=used, base_fee_per_gas=16 * price_of(chain, excess))
    chain.header(excess_blob_gas=excess + used - schedule_of(chain).target_gas)


@chain_scenario(hazards="H145", forks=(OSAKA, BPO1))
def execution_is_just_dearer_at_a_price(chain: ChainBuilder) -> None:
    """Execution is dearer by the least that there is, at the price before the parent's own blobs have raised it."""
    schedule = schedule_of(chain)
    excess, used = 100 * BLOB, schedule.target_gas + BLOB
    chain.parent(excess_blob_gas=excess, blob_gas_used=used, base_fee_per_gas=16 * price_of(chain, excess) + 1)
    chain.header(excess_blob_gas=excess + used * (schedule.maximum - schedule.target) // schedule.maximum)


@chain_scenario(hazards="H145", forks=(OSAKA, AMSTERDAM))
def not_grown_although_execution_is_dear(chain: ChainBuilder) -> None:
    """The excess is that of EIP-4844 alone, although execution is dear."""
    schedule = schedule_of(chain)
    chain.parent(excess_blob_gas=20 * BLOB, blob_gas_used=schedule.target_gas, base_fee_per_gas=GWEI)
    chain.header("by blobs alone", excess_blob_gas=20 * BLOB)
    chain.expect(Invalid.INVALID_EXCESS_BLOB_GAS)


@chain_scenario(forks=(OSAKA, AMSTERDAM))
def below_the_target_all_is_forgotten(chain: ChainBuilder) -> None:
    """Excess and use together do not reach the target: the excess is zero, however dear execution is."""
    schedule = schedule_of(chain)
    chain.parent(excess_blob_gas=BLOB, blob_gas_used=schedule.target_gas - 2 * BLOB, base_fee_per_gas=GWEI)
    costs(chain, 1)


@chain_scenario(forks=(OSAKA,))
def at_the_target_all_counts(chain: ChainBuilder) -> None:
    """Excess and use together are just the target: with dear execution the excess grows."""
    schedule = schedule_of(chain)
    excess, used = BLOB, schedule.target_gas - BLOB
    chain.parent(excess_blob_gas=excess, blob_gas_used=used, base_fee_per_gas=GWEI)
    chain.header(excess_blob_gas=excess + used * (schedule.maximum - schedule.target) // schedule.maximum)


# Where the schedule changes


@chain_scenario(
    hazards="H145",
    forks=(transition(CANCUN, PRAGUE), transition(OSAKA, BPO1), transition(BPO1, BPO2)),
)
def schedule_of_the_new_fork(chain: ChainBuilder) -> None:
    """The first block of a fork: its excess is by the new target, and its price by the new fraction."""
    alice = chain.account("alice", 10 * ETHER)
    looker = chain.contract("looker", code("BLOBBASEFEE NUMBER SSTORE"))
    chain.parent(excess_blob_gas=80 * schedule_of(chain).target_gas, base_fee_per_gas=1)
    chain.blobs(alice, to=looker, count=1, gas=chain.prices.call)
    chain.expect_slot(looker, 1, price_of(chain, chain.environment.excess_blob_gas))
    chain.expect_success()
    chain.next_block()
    chain.blobs(alice, to=looker, count=1, gas=chain.prices.call)
    chain.expect_slot(looker, 2, price_of(chain, chain.environment.excess_blob_gas))
    chain.expect_success()


def by_the_old_fork(chain: ChainBuilder, base_fee: int) -> None:
    """Let the second block have the excess that the rules of the fork before would give it."""
    chain.parent(excess_blob_gas=80 * schedule_of(chain).target_gas, base_fee_per_gas=base_fee)
    chain.next_block()
    old = chain.schedule.first
    chain.header("by the fork before", excess_blob_gas=old.next_excess_blob_gas(old, chain.header_of(0)))
    chain.expect(Invalid.INVALID_EXCESS_BLOB_GAS)


@chain_scenario(hazards="H145", forks=(transition(CANCUN, PRAGUE), transition(OSAKA, BPO1), transition(BPO1, BPO2)))
def target_of_the_old_fork(chain: ChainBuilder) -> None:
    """The excess of the first block of a fork is by the target of the fork before."""
    by_the_old_fork(chain, base_fee=1)


@chain_scenario(hazards="H145", forks=(transition(PRAGUE, OSAKA),))
def floor_that_begins(chain: ChainBuilder) -> None:
    """The excess of the first block of Osaka is by blobs alone, as in Prague, although execution is dear (EIP-7918)."""
    by_the_old_fork(chain, base_fee=GWEI)
