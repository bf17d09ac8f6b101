"""The base fee, which each block sets for the next (EIP-1559)."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import code, store
from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.draft import ETHER, GAS_LIMIT, GWEI
from samestate.conformance.scenarios.scenario import chain_scenario, since
from samestate.spec.evm.forks import AMSTERDAM, LONDON, OSAKA, PARIS
from samestate.spec.evm.rejections import Invalid

TARGET = GAS_LIMIT // 2
ENDS = (LONDON, AMSTERDAM)


def pays_exactly(chain: ChainBuilder, base_fee: int) -> None:
    """Let a transaction be just worth the base fee that the block must have, and code see it."""
    alice = chain.account("alice", ETHER)
    looker = chain.contract("looker", code(store(0, "BASEFEE PUSH 1 ADD")))
    chain.call(alice, looker, tip=0, max_fee=base_fee)
    chain.expect_success()
    chain.expect_slot(looker, 0, base_fee + 1)


@chain_scenario(forks=since(LONDON))
def parent_at_the_target(chain: ChainBuilder) -> None:
    """The parent used half of its gas limit: the base fee stays."""
    chain.parent(gas_used=TARGET)
    pays_exactly(chain, GWEI)


@chain_scenario(forks=ENDS)
def parent_that_was_full(chain: ChainBuilder) -> None:
    """The parent used all of its gas limit: the base fee rises by an eighth."""
    chain.parent(gas_used=GAS_LIMIT)
    pays_exactly(chain, GWEI + GWEI // 8)


@chain_scenario(forks=ENDS)
def parent_that_was_empty(chain: ChainBuilder) -> None:
    """The parent used no gas: the base fee falls by an eighth."""
    pays_exactly(chain, GWEI - GWEI // 8)


@chain_scenario(forks=(LONDON, OSAKA))
def parent_one_over_the_target(chain: ChainBuilder) -> None:
    """The parent used one more than the target: what the base fee rises by is rounded down."""
    chain.parent(gas_used=TARGET + 1)
    pays_exactly(chain, GWEI + GWEI // TARGET // 8)


@chain_scenario(forks=(LONDON, OSAKA))
def parent_one_below_the_target(chain: ChainBuilder) -> None:
    """The parent used one less than the target: what the base fee falls by is rounded down."""
    chain.parent(gas_used=TARGET - 1)
    pays_exactly(chain, GWEI - GWEI // TARGET // 8)


@chain_scenario(forks=ENDS)
def rises_by_one_at_least(chain: ChainBuilder) -> None:
    """An eighth of the base fee is less than one: it rises by one all the same."""
    chain.parent(gas_used=TARGET + 1, base_fee_per_gas=7)
    pays_exactly(chain, 8)


@chain_scenario(forks=(LONDON, PARIS))
def does_not_fall_by_less_than_one(chain: ChainBuilder) -> None:
    """An eighth of the base fee is less than one: it does not fall."""
    chain.parent(base_fee_per_gas=7)
    pays_exactly(chain, 7)


@chain_scenario(forks=(LONDON, PARIS))
def rises_out_of_nothing(chain: ChainBuilder) -> None:
    """The parent's base fee was zero and its block full: the base fee is one."""
    chain.parent(gas_used=GAS_LIMIT, base_fee_per_gas=0)
    pays_exactly(chain, 1)


@chain_scenario(forks=(LONDON,))
def stays_nothing(chain: ChainBuilder) -> None:
    """The parent's base fee was zero and its block at the target: the base fee is zero, and a transaction pays none."""
    chain.parent(gas_used=TARGET, base_fee_per_gas=0)
    pays_exactly(chain, 0)


@chain_scenario(forks=(LONDON, OSAKA))
def odd_gas_limit(chain: ChainBuilder) -> None:
    """The target is half of an odd gas limit, rounded down: the parent was at it, though not at half."""
    chain.parent(gas_limit=GAS_LIMIT + 1, gas_used=TARGET)
    pays_exactly(chain, GWEI)


@chain_scenario(forks=(LONDON, OSAKA))
def rises_rounded_at_the_end(chain: ChainBuilder) -> None:
    """The base fee is no multiple of eight: an eighth is taken of what it rises by, and not of itself."""
    chain.parent(gas_used=GAS_LIMIT - 1, base_fee_per_gas=GWEI + 7)
    pays_exactly(chain, GWEI + 7 + 124_999_992)


@chain_scenario(forks=(LONDON, OSAKA))
def falls_rounded_at_the_end(chain: ChainBuilder) -> None:
    """The base fee is no multiple of eight: an eighth is taken of what it falls by, and not of itself."""
    chain.parent(gas_used=1, base_fee_per_gas=GWEI + 7)
    pays_exactly(chain, GWEI + 7 - 124_999_992)


@chain_scenario(forks=(LONDON, OSAKA))
def larger_than_64_bits(chain: ChainBuilder) -> None:
    """The base fee times the gas over the target does not fit 128 bits on the way, nor the base fee 64."""
    base_fee = 2**110
    chain.parent(gas_used=GAS_LIMIT, base_fee_per_gas=base_fee)
    rich = chain.account("rich", 2**140)
    looker = chain.contract("looker", code(store(0, "BASEFEE")))
    chain.call(rich, looker, tip=0, max_fee=base_fee + base_fee // 8, gas=200_000)
    chain.expect_success()
    chain.expect_slot(looker, 0, base_fee + base_fee // 8)


@chain_scenario(forks=since(LONDON))
def one_more_than_set(chain: ChainBuilder) -> None:
    """The base fee is one more than the parent sets."""
    chain.header(base_fee_per_gas=lambda right: right + 1)
    chain.expect(Invalid.INVALID_BASE_FEE)


@chain_scenario(forks=(LONDON, PARIS, AMSTERDAM))
def one_less_than_set(chain: ChainBuilder) -> None:
    """The base fee is one less than the parent sets."""
    chain.header(base_fee_per_gas=lambda right: right - 1)
    chain.expect(Invalid.INVALID_BASE_FEE)


@chain_scenario(forks=ENDS)
def that_of_the_parent(chain: ChainBuilder) -> None:
    """The base fee is still that of the parent, which used no gas."""
    chain.header("the parent's", base_fee_per_gas=GWEI)
    chain.expect(Invalid.INVALID_BASE_FEE)


@chain_scenario(forks=(LONDON,))
def falls_below_its_least_step(chain: ChainBuilder) -> None:
    """The base fee falls from 7 by one, as if it fell by one at least."""
    chain.parent(base_fee_per_gas=7)
    chain.header(base_fee_per_gas=6)
    chain.expect(Invalid.INVALID_BASE_FEE)


@chain_scenario(hazards="H44", forks=since(LONDON))
def set_by_what_the_block_before_used(chain: ChainBuilder) -> None:
    """Each of three blocks uses other gas, refunds included, and sets the next one's base fee by it."""
    alice, bob = chain.accounts(alice=10 * ETHER, bob=0)
    clearer = chain.contract("clearer", code(*(store(slot, 0) for slot in range(6))), dict.fromkeys(range(6), 1))
    looker = chain.contract("looker", code("BASEFEE NUMBER SSTORE"))
    chain.call(alice, clearer)
    chain.next_block()
    chain.call(alice, looker)
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()
    chain.expect_slot(looker, 2, chain.environment.base_fee_per_gas)
    chain.next_block()
    chain.call(alice, looker)
    chain.expect_success()
    chain.expect_slot(looker, 3, chain.environment.base_fee_per_gas)


@chain_scenario(hazards="H44", forks=since(LONDON))
def too_dear_a_block_later(chain: ChainBuilder) -> None:
    """A full parent raises the base fee over what a transaction offers, which the parent's base fee had allowed."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.parent(gas_used=GAS_LIMIT)
    chain.transfer(alice, to=bob, value=7, tip=0, max_fee=GWEI + GWEI // 8 - 1)
    chain.expect(Invalid.MAX_FEE_BELOW_BASE_FEE, transaction=0)
    chain.next_block()
    chain.transfer(alice, to=bob, value=7, tip=0, max_fee=GWEI + GWEI // 8)
    chain.expect_success()


@chain_scenario(hazards="H44", forks=(PARIS,))
def of_two_children(chain: ChainBuilder) -> None:
    """Two blocks follow the same parent and use different gas: each sets the base fee of its own child."""
    alice, bob = chain.accounts(alice=10 * ETHER, bob=0)
    looker = chain.contract("looker", code("BASEFEE TIMESTAMP SSTORE"))
    chain.call(alice, looker)
    chain.expect_success()
    chain.next_block(on=-1, seconds=13)
    for _ in range(3):
        chain.call(alice, looker)
        chain.transfer(alice, to=bob, value=7)
    chain.expect_success()
    for index in (0, 1):
        chain.next_block(on=index)
        chain.call(alice, looker)
        chain.expect_success()
        chain.expect_slot(looker, chain.environment.timestamp, chain.environment.base_fee_per_gas)
