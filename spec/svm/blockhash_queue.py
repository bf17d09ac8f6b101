"""The queue of recent blockhashes: how old a transaction may be."""

# source: Agave, accounts-db/src/blockhash_queue.rs

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
MAXIMUM_AGE: Final = 150
"""How many blockhashes may have been registered since the one that a transaction names."""

KEPT_AGE: Final = 300
"""Blockhashes older than this are dropped from the queue, a while after nobody may use them any more."""


class RegisteredHash(NamedTuple):
    """A blockhash of the queue: the how manyth it was, and the lamports that a signature cost then."""

    number: int
    lamports_per_signature: int


@dataclass(frozen=True, slots=True)
class BlockhashQueue:
    """The blockhashes that are kept, in the order in which they were registered; the last is the newest.

    Raises ValueError where there is none, or one is out of order.
    """

    hashes: dict[bytes, RegisteredHash]

    def __post_init__(self) -> None:
        """Every chain has a blockhash before its first block: the hash of its genesis."""
        if not self.hashes:
            raise ValueError("blockhashes: there must be one at least, as the hash of the genesis is")
        if any(len(blockhash) != HASH_BYTES for blockhash in self.hashes):
            raise ValueError(f"blockhashes: each must have {HASH_BYTES} bytes")
        numbers = [registered.number for registered in self.hashes.values()]
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            raise ValueError("blockhashes: must be different, and their numbers must rise")

    @property
    def last(self) -> bytes:
        """The newest blockhash: that of the parent, whose last tick it was. It begins the block's proof of history."""
        return next(reversed(self.hashes))

    @property
    def lamports_per_signature(self) -> int:
        """What a signature costs according to the newest entry; nonces remember it."""
        return self.hashes[self.last].lamports_per_signature

    def is_usable(self, blockhash: bytes) -> bool:
        """Whether a transaction may name this blockhash in the block that follows."""
        registered = self.hashes.get(blockhash)
        # rule: svm.age.blockhash
        return registered is not None and self.hashes[self.last].number - registered.number <= MAXIMUM_AGE

    def register(self, blockhash: bytes, lamports_per_signature: int) -> BlockhashQueue:
        """The queue after the last tick of a block."""
        index = self.hashes[self.last].number + 1
        kept = dict(self.hashes)
        if len(kept) >= KEPT_AGE:
            # rule: svm.blockhash-queue.dropped
            kept = {key: entry for key, entry in kept.items() if index - entry.number <= KEPT_AGE}
        kept.pop(blockhash, None)
        # rule: svm.blockhash-queue.registered
        kept[blockhash] = RegisteredHash(index, lamports_per_signature)
        return BlockhashQueue(kept)


def first_queue(genesis_hash: bytes, lamports_per_signature: int) -> BlockhashQueue:
    """The queue before the first block: the hash of the genesis alone."""
    return BlockhashQueue({genesis_hash: RegisteredHash(0, lamports_per_signature)})
