"""The commitment: a Merkle tree over SHA-256 whose leaves are pairs of key and value, in the order of the keys.

A leaf is the digest of 0x00, the key's length as 4 bytes, key and value; a node that of 0x01 and its two children; no
leaves at all have the digest of 0x02. A tree of n leaves is split at the largest power of two below n, as in RFC 6962:
so the roots of whole trees, one for each bit of n, are all that has to be kept while leaves arrive.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.words.sha256 import Sha256, sha256_finish, sha256_start, sha256_update


def merkle_start(tree: cython.pointer(MerkleTree)) -> cython.void:
    """Begin a tree without leaves."""
    tree.leaves = 0


def merkle_add(
    tree: cython.pointer(MerkleTree),
    key: cython.pointer(cython.const[uint8_t]),
    key_length: uint64_t,
    value: cython.pointer(cython.const[uint8_t]),
    value_length: uint64_t,
) -> cython.void:
    """Add a leaf, to the right of all others."""
    hash: Sha256
    head: uint8_t[5]
    height: cython.int = 0
    full: uint64_t = tree.leaves
    depth: cython.int = 0
    head[0] = 0
    head[1] = cython.cast(uint8_t, key_length >> 24)
    head[2] = cython.cast(uint8_t, key_length >> 16)
    head[3] = cython.cast(uint8_t, key_length >> 8)
    head[4] = cython.cast(uint8_t, key_length)
    while full:
        height += full & 1
        full >>= 1
    sha256_start(cython.address(hash))
    sha256_update(cython.address(hash), head, 5)
    sha256_update(cython.address(hash), key, key_length)
    sha256_update(cython.address(hash), value, value_length)
    sha256_finish(cython.address(hash), tree.roots[height])
    full = tree.leaves
    while full & 1:
        depth += 1
        join(tree.roots[height - depth], tree.roots[height - depth], tree.roots[height - depth + 1])
        full >>= 1
    tree.leaves += 1


def merkle_finish(tree: cython.pointer(MerkleTree), root: cython.pointer(uint8_t)) -> cython.void:
    """Give the root of all leaves so far."""
    hash: Sha256
    marker: uint8_t[1]
    height: cython.int = 0
    full: uint64_t = tree.leaves
    if tree.leaves == 0:
        marker[0] = 2
        sha256_start(cython.address(hash))
        sha256_update(cython.address(hash), marker, 1)
        sha256_finish(cython.address(hash), root)
        return
    while full:
        height += full & 1
        full >>= 1
    memcpy(root, tree.roots[height - 1], 32)
    while height > 1:
        height -= 1
        join(root, tree.roots[height - 1], root)


def join(
    target: cython.pointer(uint8_t),
    left: cython.pointer(cython.const[uint8_t]),
    right: cython.pointer(cython.const[uint8_t]),
) -> cython.void:
    """Make the node above two others. Target may be either of them."""
    hash: Sha256
    marker: uint8_t[1]
    marker[0] = 1
    sha256_start(cython.address(hash))
    sha256_update(cython.address(hash), marker, 1)
    sha256_update(cython.address(hash), left, 32)
    sha256_update(cython.address(hash), right, 32)
    sha256_finish(cython.address(hash), target)


def merkle_root(state) -> bytes:
    """The root of a mapping of keys to values. A value of None or nothing is absent."""
    tree: MerkleTree
    root: uint8_t[32]
    key: bytes
    value: bytes
    merkle_start(cython.address(tree))
    for key in sorted(state):
        found = state[key]
        if not found:
            continue
        value = found
        merkle_add(
            cython.address(tree),
            cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, key)),
            len(key),
            cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, value)),
            len(value),
        )
    merkle_finish(cython.address(tree), root)
    return cython.cast(cython.p_char, root)[:32]


def state_root(base, changes) -> bytes:
    """The commitment to the state that the changes make of ``base``."""
    state: dict = dict(base)
    state.update(changes)
    return merkle_root(state)
