"""Blocks at a few microseconds a transaction: drawn from what was made and signed beforehand, and executed by nobody.

A scene is a state, an environment and a pool of signed transactions. Of each sender that transactions share the pool
has some for every nonce; a block takes one of these, then one for the next nonce, among those of other senders in any
order. So a pool of a few hundred transactions has more blocks in it than anybody can execute. Who compares fast engines
with one another is not held up by whoever makes the blocks, and loads the state once for many of them.

What code does to nonces is not known beforehand, and nobody looks: a few blocks in a hundred are invalid for it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from random import Random
from typing import Final, NamedTuple

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm_draft import EvmDraft
from samestate.conformance.generating.groups import AccountGroup
from samestate.conformance.generating.keys import address_of, encode_signed
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.transaction import BlobTransaction

BLOCKS_OF_A_SCENE: Final = 64
"""How many seeds in a row are of one scene."""
HOT_SENDERS: Final = 7
HANDED_ON: Final = 10
"""How long the chain of those is who send what they were given."""
VARIANTS: Final = 3
"""So many transactions there are for each nonce."""
ROOM_FOR_EACH: Final = 2**26
"""Gas that a block has room for, a transaction: more than any generated one asks for."""


class Pooled(NamedTuple):
    """A transaction of a pool, signed and encoded."""

    encoded: bytes
    sender: bytes
    blobs: int


@dataclass(frozen=True, slots=True)
class Pool:
    """``chains``: for each sender that is shared, what it may send at each nonce; ``alone``: what others send once.

    The last chain is of several senders, each of which sends what the one before it gave it.
    """

    chains: tuple[tuple[tuple[Pooled, ...], ...], ...]
    alone: tuple[tuple[Pooled, ...], ...]


class Scene:
    """A state and a pool for blocks of at most ``largest`` transactions under a fork. Follows from the seed alone."""

    def __init__(self, fork: Fork, seed: int, largest: int) -> None:
        random = Random(f"{fork.name} scene {seed} {largest}")
        self.fork = fork
        self.name = f"{fork.name}, scene {seed} of {largest}"
        draft = EvmDraft(random, fork, largest, gas_limit=ROOM_FOR_EACH * largest, hot_senders=HOT_SENDERS)
        self._largest = largest
        self._blobs = fork.blob_schedule.maximum if fork.blob_schedule else 0
        self._pool = Pool(
            chains=_chains(draft, 2 * -(-largest // (HOT_SENDERS - 1))),
            alone=tuple(_variants(draft, draft.group(is_hot=False), 0) for _ in range(largest)),
        )
        self._template = draft.case(self.name, [])
        coinbases = (draft.environment.coinbase, draft.fresh, address_of(draft.hot.senders[0]), draft.hot.contracts[0])
        self._environments = [replace(draft.environment, coinbase=coinbase) for coinbase in coinbases]

    def block(self, seed: int, transactions: int, conflict: float) -> GeneratedCase:
        """A block of so many transactions, at most the largest number, on the state of the scene.

        Its ``pre`` is one and the same object for all blocks of the scene.
        """
        random = Random(f"{seed} {transactions} {conflict}")
        chains = self._pool.chains
        at = [0] * len(chains)
        alone = iter(random.sample(self._pool.alone, min(transactions, self._largest)))
        blobs = self._blobs
        chosen: list[Pooled] = []
        for _ in range(min(transactions, self._largest)):
            if random.random() < conflict:
                place = 0 if random.random() < conflict / 3 else int(random.random() * len(chains))
                if at[place] == len(chains[place]):
                    place = max(range(len(chains)), key=lambda each: len(chains[each]) - at[each])
                variants = chains[place][at[place]]
                at[place] += 1
            else:
                variants = next(alone)
            taken = variants[int(random.random() * len(variants))]
            if taken.blobs > blobs:
                taken = variants[0]
            blobs -= taken.blobs
            chosen.append(taken)
        return replace(
            self._template,
            name=f"{self.name}, seed {seed}, {transactions} transactions, conflict {conflict}",
            environment=random.choice(self._environments),
            transactions=tuple(taken.encoded for taken in chosen),
            senders=tuple(taken.sender for taken in chosen),
        )


@functools.lru_cache(maxsize=4)
def scene_of(fork: Fork, seed: int, largest: int) -> Scene:
    """The scene that the block of a seed is of. The last few are remembered."""
    return Scene(fork, seed // BLOCKS_OF_A_SCENE, largest)


def _chains(draft: EvmDraft, length: int) -> tuple[tuple[tuple[Pooled, ...], ...], ...]:
    """For each sender of the hot group, what it may send at each of so many nonces."""
    hot = draft.hot
    *senders, giver = hot.senders
    return (
        *(tuple(_variants(draft, replace(hot, senders=(key,)), step) for step in range(length)) for key in senders),
        tuple(_handed_on(draft, replace(hot, senders=(giver,))) for _ in range(HANDED_ON)),
    )


def _handed_on(draft: EvmDraft, group: AccountGroup) -> tuple[Pooled, ...]:
    """What somebody gives or hands on, for which there is no other transaction: amounts depend on it."""
    transaction, key = draft.maker.handed_on(group)
    return (Pooled(encode_signed(transaction, key, draft.environment.chain_id), address_of(key), 0),)


def _variants(draft: EvmDraft, group: AccountGroup, step: int) -> tuple[Pooled, ...]:
    """Transactions of a sender, one of which it may send after so many others. The first has no blobs."""
    maker, made = draft.maker, []
    (key,) = group.senders
    chain_id = draft.environment.chain_id
    for index in range(VARIANTS):
        maker.rewind(address_of(key), step)
        for authority in group.authorities:
            maker.rewind(address_of(authority), draft.random.randrange(3))
        transaction = maker.unsigned(group, with_blobs=index > 0)
        blobs = len(transaction.blob_versioned_hashes) if isinstance(transaction, BlobTransaction) else 0
        encoded = encode_signed(transaction, key, chain_id if draft.random.random() < 0.8 else None)
        made.append(Pooled(encoded, address_of(key), blobs))
    return tuple(made)
