"""Which rules a transition follows: the fork, with the blob schedule and the block reward that were asked for."""

from __future__ import annotations

from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME, UnsupportedFork, parse_schedule
from samestate.conformance.transition_tool.quantities import LooseFields, to_quantity
from samestate.spec.evm.fees import no_base_fee
from samestate.spec.evm.fork import BlobSchedule, Fork, replaced
from samestate.spec.evm.header_rules import check_post_merge_constants
from samestate.spec.evm.requests import collect_deposits
from samestate.spec.evm.rewards import pay_rewards
from samestate.spec.evm.system_calls import store_beacon_root
from samestate.spec.evm.withdrawals import pay_withdrawals

NO_REWARD: Final = -1
"""The reward that means that nobody is rewarded, and nobody's account touched."""
WEI_BITS: Final = 128
IGNORED: Final = str.maketrans("", "", " _-")
"""What may stand between the words of a fork's name."""


def fork_named(option: str, name: str, number: int, timestamp: int) -> Fork:
    """The fork of that name; of two, as in ``BerlinToLondonAt5``, the one that rules the block. Raises InputError."""
    by_folded_name = {known.casefold(): known for known in BY_NAME}
    name = by_folded_name.get(name.translate(IGNORED).casefold(), name)
    try:
        schedule = parse_schedule(name)
    except UnsupportedFork as error:
        raise InputError(f"{option}: {error}; known are {', '.join(BY_NAME)}") from error
    if schedule.from_total_difficulty is not None:
        raise InputError(f"{option}: {name!r} depends on a total difficulty, which is not given: name one of the forks")
    return schedule(0, number, timestamp)


def with_reward(option: str, fork: Fork, written: str | None) -> Fork:
    """``fork`` with another block reward in wei; -1 for none, None for its own. Raises InputError."""
    if written is None:
        return fork
    reward = NO_REWARD if written == str(NO_REWARD) else to_quantity(option, written, WEI_BITS)
    if pay_rewards not in fork.closing:
        if reward > 0:
            raise InputError(f"{option}: {fork.name} rewards no blocks: must be 0 or -1, but is {reward}")
        return fork
    if reward == NO_REWARD:
        return fork.fork(fork.name, closing=replaced(fork.closing, pay_rewards))
    return fork.fork(fork.name, block_reward=reward)


def with_blob_parameters(fork: Fork, given: LooseFields | None) -> Fork:
    """``fork`` with another blob schedule: ``{target, max, baseFeeUpdateFraction}``. Raises InputError."""
    if given is None or fork.blob_schedule is None:
        return fork
    schedule = BlobSchedule(
        target=given.quantity("target", 16),
        maximum=given.quantity("max", 16),
        update_fraction=given.quantity("baseFeeUpdateFraction", 64),
    )
    if schedule.update_fraction == 0 or schedule.maximum == 0:
        raise InputError(f"{given.where}: max and baseFeeUpdateFraction must not be 0")
    return fork.fork(fork.name, blob_schedule=schedule)


def has_base_fee(fork: Fork) -> bool:
    """Whether blocks of the fork have a base fee (EIP-1559)."""
    return fork.next_base_fee is not no_base_fee


def is_proof_of_stake(fork: Fork) -> bool:
    """Whether blocks of the fork have a random value in the place of a difficulty (EIP-3675, EIP-4399)."""
    return check_post_merge_constants in fork.header_rules


def has_withdrawals(fork: Fork) -> bool:
    """Whether blocks of the fork have withdrawals (EIP-4895)."""
    return pay_withdrawals in fork.closing


def has_beacon_root(fork: Fork) -> bool:
    """Whether blocks of the fork know the root of the parent beacon block (EIP-4788)."""
    return store_beacon_root in fork.opening


def has_requests(fork: Fork) -> bool:
    """Whether blocks of the fork make requests to the consensus layer (EIP-7685)."""
    return collect_deposits in fork.closing
