"""The proof of history: a chain of hashes into which entries are mixed, so that it took time to make them."""

# source: Agave, entry/src/entry.rs, entry/src/poh.rs, merkle-tree/src/merkle_tree.rs

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from samestate.spec.machine import Rejection
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.rejections import Invalid

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def hash_times(digest: bytes, times: int) -> bytes:
    """The hash of the hash … so many times."""
    for _ in range(times):
        digest = sha256(digest).digest()
    return digest


def next_hash(previous: bytes, entry: HistoryEntry) -> bytes:
    """The hash after an entry that follows ``previous``."""
    if entry.is_tick:
        # rule: svm.history.tick
        return hash_times(previous, entry.hashes)
    # rule: svm.history.record
    before = hash_times(previous, max(entry.hashes - 1, 0))
    signatures = [signature for transaction in entry.transactions for signature in transaction.signatures]
    return sha256(before + signature_root(signatures)).digest()


def signature_root(signatures: Sequence[bytes]) -> bytes:
    """The root of a tree of hashes over signatures, in their order; a node without a neighbour is its own."""
    if not signatures:
        # rule: svm.history.no-signatures
        return bytes(32)
    level = [sha256(_LEAF + signature).digest() for signature in signatures]
    while len(level) > 1:
        if len(level) % 2:
            level.append(level[-1])
        # rule: svm.history.signature-tree
        level = [sha256(_NODE + level[i] + level[i + 1]).digest() for i in range(0, len(level), 2)]
    return level[0]


def check_ticks(block: Block) -> None:
    """Raise Rejection where the ticks of a block are not those of a slot."""
    ticks = sum(entry.is_tick for entry in block.entries)
    if ticks > block.ticks:
        # rule: svm.history.too-many-ticks
        raise Rejection(Invalid.TOO_MANY_TICKS, f"{ticks} of {block.ticks}")
    if ticks < block.ticks:
        # rule: svm.history.too-few-ticks
        raise Rejection(Invalid.TOO_FEW_TICKS, f"{ticks} of {block.ticks}")
    if not block.entries[-1].is_tick:
        # rule: svm.history.trailing-entry
        raise Rejection(Invalid.TRAILING_ENTRY)
    if block.hashes_per_tick is None:
        return
    hashes = 0
    for place, entry in enumerate(block.entries):
        hashes += entry.hashes
        if entry.is_tick:
            if entry.hashes == 0:
                # rule: svm.history.tick-without-hashes
                raise Rejection(Invalid.INVALID_TICK_HASH_COUNT, f"no hash before the tick that is entry {place}")
            if hashes != block.hashes_per_tick:
                # rule: svm.history.tick-hash-count
                raise Rejection(
                    Invalid.INVALID_TICK_HASH_COUNT, f"{hashes} hashes before the tick that is entry {place}"
                )
            hashes = 0


def check_history(block: Block) -> None:
    """Raise Rejection where an entry is not the next one of the chain that the parent's blockhash begins."""
    previous = block.blockhashes.last
    for place, entry in enumerate(block.entries):
        if next_hash(previous, entry) != entry.hash:
            # rule: svm.history.entry-hash
            raise Rejection(Invalid.INVALID_ENTRY_HASH, f"entry {place}")
        previous = entry.hash
