"""Which ommers a block of work may have, and who is paid for them (yellow paper, Berlin version, 11.1 and 11.3)."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.draft import ETHER
from samestate.conformance.scenarios.scenario import chain_scenario
from samestate.spec.evm.forks import BERLIN, GRAY_GLACIER, LONDON
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid

WORK = (BERLIN, GRAY_GLACIER)
REWARD = 2 * ETHER


def blocks(chain: ChainBuilder, count: int) -> None:
    """So many empty blocks, and then the one that the scenario is about."""
    for _ in range(count):
        chain.next_block()


@chain_scenario(hazards="H47", forks=WORK)
def beside_the_parent(chain: ChainBuilder) -> None:
    """An ommer of the generation before: its miner gets seven eighths of the reward, that of the block a 32nd more."""
    miner, uncle = chain.accounts(miner=0, uncle=0)
    chain.mined_by(miner)
    blocks(chain, 1)
    chain.include(chain.sibling(1, uncle))
    chain.expect_balance(uncle, REWARD * 7 // 8)
    chain.expect_balance(miner, 2 * REWARD + REWARD // 32)


@chain_scenario(hazards="H47", forks=(BERLIN, LONDON))
def as_old_as_may_be(chain: ChainBuilder) -> None:
    """An ommer of six generations ago, the oldest that may be: its miner gets a quarter of the reward."""
    miner, uncle = chain.accounts(miner=0, uncle=0)
    chain.mined_by(miner)
    blocks(chain, 6)
    chain.include(chain.sibling(6, uncle))
    chain.expect_balance(uncle, REWARD * 2 // 8)
    chain.expect_balance(miner, 7 * REWARD + REWARD // 32)


@chain_scenario(forks=(BERLIN, LONDON))
def a_generation_too_old(chain: ChainBuilder) -> None:
    """An ommer of seven generations ago: its parent is no longer among the ancestors that are looked at."""
    blocks(chain, 7)
    chain.include(chain.sibling(7, chain.nobody("uncle")))
    chain.expect(Invalid.OMMER_PARENT_UNKNOWN)


@chain_scenario(hazards="H47", forks=WORK)
def two_by_one_miner(chain: ChainBuilder) -> None:
    """Two ommers of different age, both by the miner of the block: it is paid three times."""
    miner = chain.account("miner")
    chain.mined_by(miner)
    blocks(chain, 2)
    chain.include(chain.sibling(1, miner, seconds=13), chain.sibling(2, miner, seconds=13))
    chain.expect_balance(miner, 3 * REWARD + 2 * (REWARD // 32) + REWARD * 7 // 8 + REWARD * 6 // 8)


@chain_scenario(hazards="H47", forks=(LONDON,))
def miner_that_was_not_there(chain: ChainBuilder) -> None:
    """A transaction finds the miner of its block's ommer absent: the reward makes the account, and comes last."""
    alice, uncle = chain.accounts(alice=ETHER, uncle=0)
    blocks(chain, 1)
    chain.transfer(alice, to=uncle, value=0)
    chain.include(chain.sibling(1, uncle))
    chain.expect_success()
    chain.expect_balance(uncle, REWARD * 7 // 8)


@chain_scenario(forks=WORK)
def three(chain: ChainBuilder) -> None:
    """Three ommers, each of which might be there."""
    blocks(chain, 3)
    chain.include(*(chain.sibling(generation, chain.nobody("uncle")) for generation in (1, 2, 3)))
    chain.expect(Invalid.TOO_MANY_OMMERS)


@chain_scenario(forks=WORK)
def the_same_twice(chain: ChainBuilder) -> None:
    """The same ommer twice in one block."""
    blocks(chain, 1)
    ommer = chain.sibling(1, chain.nobody("uncle"))
    chain.include(ommer, ommer)
    chain.expect(Invalid.OMMER_INCLUDED_BEFORE)


@chain_scenario(hazards="H44", forks=(BERLIN, LONDON))
def included_a_block_before(chain: ChainBuilder) -> None:
    """The block before has the same ommer."""
    blocks(chain, 2)
    ommer = chain.sibling(2, chain.nobody("uncle"))
    chain.include(ommer)
    chain.next_block()
    chain.include(ommer)
    chain.expect(Invalid.OMMER_INCLUDED_BEFORE)


@chain_scenario(hazards="H44", forks=(BERLIN, LONDON))
def included_in_another_branch(chain: ChainBuilder) -> None:
    """The same ommer in two blocks that are no ancestors of one another, the later the heavier: each is valid."""
    uncle = chain.nobody("uncle")
    blocks(chain, 1)
    ommer = chain.sibling(1, uncle)
    chain.include(ommer)
    chain.expect_balance(uncle, REWARD * 7 // 8)
    chain.next_block(on=0, seconds=8)
    chain.include(ommer)
    chain.expect_balance(uncle, REWARD * 7 // 8)


@chain_scenario(forks=WORK)
def the_parent(chain: ChainBuilder) -> None:
    """The ommer is the block's own parent."""
    blocks(chain, 2)
    chain.include(chain.header_of(1))
    chain.expect(Invalid.OMMER_IS_ANCESTOR)


@chain_scenario(forks=(BERLIN,))
def an_ancestor(chain: ChainBuilder) -> None:
    """The ommer is the parent of the block's parent."""
    blocks(chain, 2)
    chain.include(chain.header_of(0))
    chain.expect(Invalid.OMMER_IS_ANCESTOR)


@chain_scenario(forks=WORK)
def beside_the_block(chain: ChainBuilder) -> None:
    """The ommer has the block's own parent for a parent: it is a block of the same generation."""
    blocks(chain, 1)
    parent = chain.header_of(0)
    beside = chain.sibling(1, chain.nobody("uncle"))
    number, time = parent.number + 1, parent.timestamp + 13
    chain.include(replace(beside, parent_hash=parent.hash(), number=number, timestamp=time))
    chain.expect(Invalid.OMMER_PARENT_IS_PARENT)


@chain_scenario(forks=WORK)
def of_an_unknown_parent(chain: ChainBuilder) -> None:
    """The ommer's parent is no block of this chain."""
    blocks(chain, 1)
    chain.include(chain.sibling(1, chain.nobody("uncle"), parent_hash=keccak256(b"samestate no block")))
    chain.expect(Invalid.OMMER_PARENT_UNKNOWN)


@chain_scenario(hazards="H44", forks=(BERLIN,))
def child_of_an_ommer(chain: ChainBuilder) -> None:
    """The ommer's parent is an ommer of the block before, and no ancestor."""
    uncle = chain.nobody("uncle")
    blocks(chain, 1)
    first = chain.sibling(1, uncle)
    chain.include(first)
    chain.next_block()
    second = chain.sibling(1, uncle)
    chain.include(replace(second, parent_hash=first.hash()))
    chain.expect(Invalid.OMMER_PARENT_UNKNOWN)


@chain_scenario(forks=(BERLIN, LONDON))
def of_another_difficulty(chain: ChainBuilder) -> None:
    """The ommer's difficulty is not the one that its own parent sets."""
    blocks(chain, 1)
    right = chain.sibling(1, chain.nobody("uncle"))
    chain.include(replace(right, difficulty=right.difficulty + 1))
    chain.expect(Invalid.INVALID_DIFFICULTY)


@chain_scenario(forks=(LONDON,))
def of_another_base_fee(chain: ChainBuilder) -> None:
    """The ommer's base fee is not the one that its own parent sets."""
    blocks(chain, 1)
    right = chain.sibling(1, chain.nobody("uncle"))
    chain.include(replace(right, base_fee_per_gas=(right.base_fee_per_gas or 0) + 1))
    chain.expect(Invalid.INVALID_BASE_FEE)


@chain_scenario(forks=(LONDON,))
def without_a_base_fee(chain: ChainBuilder) -> None:
    """The ommer of London has no base fee, as a header of Berlin."""
    blocks(chain, 1)
    chain.include(chain.sibling(1, chain.nobody("uncle"), base_fee_per_gas=None))
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(BERLIN,))
def of_the_time_of_its_parent(chain: ChainBuilder) -> None:
    """The ommer is not younger than its own parent, though older than the block."""
    blocks(chain, 1)
    right = chain.sibling(1, chain.nobody("uncle"))
    chain.include(replace(right, timestamp=chain.parent_header.timestamp))
    chain.expect(Invalid.TIMESTAMP_NOT_AFTER_PARENT)


@chain_scenario(forks=(BERLIN,))
def that_used_too_much(chain: ChainBuilder) -> None:
    """The ommer says that it used more gas than its limit."""
    blocks(chain, 1)
    right = chain.sibling(1, chain.nobody("uncle"))
    chain.include(replace(right, gas_used=right.gas_limit + 1))
    chain.expect(Invalid.GAS_USED_OVER_LIMIT)


@chain_scenario(forks=(BERLIN,))
def of_the_wrong_number(chain: ChainBuilder) -> None:
    """The ommer says that it is a generation older than it is."""
    blocks(chain, 2)
    right = chain.sibling(1, chain.nobody("uncle"))
    chain.include(replace(right, number=right.number - 1))
    chain.expect(Invalid.INVALID_BLOCK_NUMBER)


@chain_scenario(forks=(BERLIN,))
def of_the_number_of_the_block(chain: ChainBuilder) -> None:
    """The ommer says that it is as young as the block: it would be paid the whole reward."""
    blocks(chain, 1)
    right = chain.sibling(1, chain.nobody("uncle"))
    chain.include(replace(right, number=right.number + 1))
    chain.expect(Invalid.OMMER_TOO_OLD)
