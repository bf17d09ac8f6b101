"""The difficulty, which a block of work has by its parent's and by the time between them (EIP-100, and the bomb)."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import code, store
from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.draft import ETHER, NamedAccount
from samestate.conformance.scenarios.scenario import chain_scenario
from samestate.spec.evm.forks import ARROW_GLACIER, BERLIN, GRAY_GLACIER, LONDON
from samestate.spec.evm.rejections import Invalid

WORK = (BERLIN, LONDON, ARROW_GLACIER, GRAY_GLACIER)
ENDS = (BERLIN, GRAY_GLACIER)
PARENT = 2**20
STEP = PARENT // 2048
BOMB = {BERLIN.name: 9_000_000, LONDON.name: 9_700_000, ARROW_GLACIER.name: 10_700_000, GRAY_GLACIER.name: 11_400_000}
"""By how many blocks each fork delays the bomb: EIP-2384, 3554, 4345 and 5133."""


def looking(chain: ChainBuilder) -> NamedAccount:
    """A contract that looks at the difficulty; and alice, who can call it."""
    chain.account("alice", ETHER)
    return chain.contract("looker", code(store(0, "DIFFICULTY")))


def is_seen(chain: ChainBuilder, difficulty: int, looker: NamedAccount | None = None) -> None:
    """Let code of the current block see its difficulty, which must be this."""
    looker = looker or looking(chain)
    chain.call(chain.nobody("alice"), looker)
    chain.expect_success()
    chain.expect_slot(looker, 0, difficulty)


def with_an_ommer(chain: ChainBuilder) -> None:
    """Two blocks, the second of which has an ommer."""
    chain.next_block()
    chain.include(chain.sibling(1, chain.nobody("uncle")))


@chain_scenario(forks=ENDS)
def eight_seconds(chain: ChainBuilder) -> None:
    """A block comes eight seconds after its parent: the difficulty rises by a step."""
    chain.parent(difficulty=PARENT)
    chain.after(8)
    is_seen(chain, PARENT + STEP)


@chain_scenario(forks=ENDS)
def nine_seconds(chain: ChainBuilder) -> None:
    """A block comes nine seconds after its parent: the difficulty stays."""
    chain.parent(difficulty=PARENT)
    chain.after(9)
    is_seen(chain, PARENT)


@chain_scenario(forks=ENDS)
def eighteen_seconds(chain: ChainBuilder) -> None:
    """A block comes eighteen seconds after its parent: the difficulty falls by a step."""
    chain.parent(difficulty=PARENT)
    chain.after(18)
    is_seen(chain, PARENT - STEP)


@chain_scenario(forks=ENDS)
def after_a_long_time(chain: ChainBuilder) -> None:
    """A block comes a day after its parent: the difficulty falls by 99 steps, and not by more."""
    chain.parent(difficulty=PARENT)
    chain.after(86_400)
    is_seen(chain, PARENT - 99 * STEP)


@chain_scenario(forks=ENDS)
def with_ommers_in_the_parent(chain: ChainBuilder) -> None:
    """The parent has an ommer: the difficulty rises by two steps in eight seconds."""
    chain.parent(difficulty=PARENT)
    looker = looking(chain)
    with_an_ommer(chain)
    chain.next_block(seconds=8)
    is_seen(chain, PARENT + 2 * STEP, looker)


@chain_scenario(forks=ENDS)
def with_ommers_and_time(chain: ChainBuilder) -> None:
    """The parent has an ommer, and eighteen seconds pass: the difficulty stays."""
    chain.parent(difficulty=PARENT)
    looker = looking(chain)
    with_an_ommer(chain)
    chain.next_block(seconds=18)
    is_seen(chain, PARENT, looker)


@chain_scenario(forks=ENDS)
def the_least(chain: ChainBuilder) -> None:
    """The difficulty does not fall below 131072, however long it takes."""
    chain.parent(difficulty=131_073)
    chain.after(86_400)
    is_seen(chain, 131_072)


@chain_scenario(forks=ENDS)
def parent_below_the_step(chain: ChainBuilder) -> None:
    """The parent's difficulty is one less than a multiple of 2048: the step is rounded down."""
    chain.parent(difficulty=PARENT - 1)
    chain.after(1)
    is_seen(chain, PARENT - 1 + STEP - 1)


@chain_scenario(forks=(BERLIN,))
def larger_than_128_bits(chain: ChainBuilder) -> None:
    """The difficulty is over 2^200, and nothing of it is cut off."""
    chain.parent(difficulty=2**200)
    chain.after(1)
    is_seen(chain, 2**200 + 2**189)


@chain_scenario(forks=WORK)
def last_block_before_the_bomb(chain: ChainBuilder) -> None:
    """The last number, counted from the fork's delay, at which the bomb adds nothing."""
    chain.parent(difficulty=PARENT, number=BOMB[chain.fork.name] + 200_000 - 2)
    is_seen(chain, PARENT)


@chain_scenario(forks=WORK)
def first_block_of_the_bomb(chain: ChainBuilder) -> None:
    """The first number, counted from the fork's delay, at which the bomb adds one."""
    chain.parent(difficulty=PARENT, number=BOMB[chain.fork.name] + 200_000 - 1)
    is_seen(chain, PARENT + 1)


@chain_scenario(forks=ENDS)
def bomb_of_ten_periods(chain: ChainBuilder) -> None:
    """The bomb doubles every 100,000 blocks."""
    chain.parent(difficulty=PARENT, number=BOMB[chain.fork.name] + 1_000_000)
    is_seen(chain, PARENT + 2**8)


@chain_scenario(forks=(BERLIN,))
def bomb_upon_the_least(chain: ChainBuilder) -> None:
    """The bomb is added before the least difficulty is looked at, which so holds for the sum."""
    chain.parent(difficulty=131_072, number=BOMB[chain.fork.name] + 300_000)
    chain.after(86_400)
    is_seen(chain, 131_072)


@chain_scenario(forks=WORK)
def without_the_bomb(chain: ChainBuilder) -> None:
    """The difficulty is that without the bomb, as if the fork delayed it by more."""
    chain.parent(difficulty=PARENT, number=BOMB[chain.fork.name] + 300_000)
    chain.header("without the bomb", difficulty=PARENT)
    chain.expect(Invalid.INVALID_DIFFICULTY)


@chain_scenario(forks=(BERLIN, LONDON, GRAY_GLACIER))
def one_more_than_set(chain: ChainBuilder) -> None:
    """The difficulty is one more than the parent sets: as good as right for who mines it, and wrong."""
    chain.header(difficulty=lambda right: right + 1)
    chain.expect(Invalid.INVALID_DIFFICULTY)


@chain_scenario(forks=(BERLIN, GRAY_GLACIER))
def that_of_the_parent(chain: ChainBuilder) -> None:
    """The difficulty is the parent's, although a second is between them."""
    chain.parent(difficulty=PARENT)
    chain.after(1)
    chain.header("the parent's", difficulty=PARENT)
    chain.expect(Invalid.INVALID_DIFFICULTY)


@chain_scenario(forks=(BERLIN, GRAY_GLACIER))
def none(chain: ChainBuilder) -> None:
    """The difficulty is zero, as under proof of stake."""
    chain.header(difficulty=0)
    chain.expect(Invalid.INVALID_DIFFICULTY)
