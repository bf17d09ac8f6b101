"""A flat Merkle commitment: one SHA-256 tree over sorted keys. The toy machine commits to its state with it.

With ``‖`` for joining bytes, the commitment to ``n`` entries, sorted by key as bytes, is:

- no entry: ``SHA-256(0x02)``;
- one entry: its leaf, ``SHA-256(0x00 ‖ length of the key in 4 bytes, big-endian ‖ key ‖ value)``;
- more: ``SHA-256(0x01 ‖ L ‖ R)``, where L commits to the first ``k`` entries, R to the others, and ``k`` is the
  largest power of two below ``n`` (the shape of RFC 6962, section 2.1).

The first byte tells leaves, nodes and the empty tree apart, and the length tells where a key ends, so two different
sets of entries never hash the same input.
"""

# source: Samestate: vectors/FORMAT.md, "The toy machine", Roots

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

LEAF: Final = b"\x00"
NODE: Final = b"\x01"
EMPTY: Final = b"\x02"
KEY_LENGTH_BYTES: Final = 4


def sha256(content: bytes) -> bytes:
    """The SHA-256 digest (FIPS 180-4)."""
    return hashlib.sha256(content).digest()


def merkle_root(entries: Mapping[bytes, bytes]) -> bytes:
    """The commitment to all entries, 32 bytes."""
    return _subtree([leaf_hash(key, entries[key]) for key in sorted(entries)])


def leaf_hash(key: bytes, value: bytes) -> bytes:
    """The commitment to one entry."""
    # rule: toy.merkle.leaf
    return sha256(LEAF + len(key).to_bytes(KEY_LENGTH_BYTES, "big") + key + value)


def _subtree(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        # rule: toy.merkle.empty
        return sha256(EMPTY)
    if len(leaves) == 1:
        return leaves[0]
    # rule: toy.merkle.node
    # source: RFC 6962, section 2.1 (the shape of the tree)
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(NODE + _subtree(leaves[:split]) + _subtree(leaves[split:]))
