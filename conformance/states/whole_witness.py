"""A witness that proves a whole state, as the nodes of a small chain do: all that is below its root, by hashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from samestate.conformance.errors import InputError
from samestate.optimized.evm.sorted import hash_of
from samestate.spec.evm import rlp
from samestate.spec.evm.rlp import MalformedRlp
from samestate.spec.evm.state_trie import EMPTY_CODE_HASH
from samestate.spec.state.patricia import EMPTY_ROOT

HashedAccount: TypeAlias = tuple[bytes, int, int, bytes, list[tuple[bytes, bytes]]]
"""The hash of an address, nonce, balance, code, and slots by their hashes, in order."""


def witnessed_accounts(
    where: str, root: bytes, nodes: Sequence[bytes], codes: Sequence[bytes]
) -> Iterator[HashedAccount]:
    """The accounts, by hash, in order. Raises InputError where the witness proves a part of the state only."""
    by_hash = {hash_of(node): node for node in nodes}
    code_by_hash = {hash_of(code): code for code in codes} | {EMPTY_CODE_HASH: b""}
    for path, value in leaves(where, by_hash, root):
        nonce, balance, storage_root, code_hash = items_of(where, value, 4)
        if code_hash not in code_by_hash:
            raise InputError(f"{where}: lacks the code 0x{code_hash.hex()}: a state on disk is a whole one")
        slots = [(slot, rlp_bytes(where, word)) for slot, word in leaves(where, by_hash, storage_root)]
        yield (
            path,
            int.from_bytes(nonce, "big"),
            int.from_bytes(balance, "big"),
            code_by_hash[code_hash],
            slots,
        )


def leaves(where: str, nodes: Mapping[bytes, bytes], root: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys below a root with their values, in order. Raises InputError where a node is lacking."""
    if root != EMPTY_ROOT:
        yield from below(where, nodes, root, "")


def below(where: str, nodes: Mapping[bytes, bytes], item: rlp.Item, path: str) -> Iterator[tuple[bytes, bytes]]:
    """The same below what a parent has of a node: its hash, or the node."""
    if isinstance(item, bytes):
        if item not in nodes:
            raise InputError(
                f"{where}: lacks the node 0x{item.hex()}: it proves a part of the state, and a state on disk is a"
                " whole one"
            )
        item = decoded(where, nodes[item])
    if isinstance(item, bytes) or len(item) not in (2, 17):
        raise InputError(f"{where}: a node on the path 0x{path} is no list of 2 or 17 items")
    if len(item) == 17:
        for nibble, child in enumerate(item[:16]):
            if child != b"":
                yield from below(where, nodes, child, path + f"{nibble:x}")
        return
    prefix, value = item
    if not isinstance(prefix, bytes) or not prefix:
        raise InputError(f"{where}: a node on the path 0x{path} has no path of its own")
    more = prefix.hex()[1:] if prefix[0] & 0x10 else prefix.hex()[2:]
    if not prefix[0] & 0x20:
        yield from below(where, nodes, value, path + more)
    elif len(path + more) == 64 and isinstance(value, bytes):
        yield bytes.fromhex(path + more), value
    else:
        raise InputError(f"{where}: the path 0x{path + more} is none of a key")


def decoded(where: str, data: bytes) -> rlp.Item:
    """The item that bytes are the form of. Raises InputError."""
    try:
        return rlp.decode(data)
    except MalformedRlp as error:
        raise InputError(f"{where}: a node or a value is no RLP: {error}") from error


def rlp_bytes(where: str, data: bytes) -> bytes:
    """The string that RLP is the form of. Raises InputError."""
    item = decoded(where, data)
    if not isinstance(item, bytes):
        raise InputError(f"{where}: the value of a slot is a list")
    return item


def items_of(where: str, data: bytes, count: int) -> list[bytes]:
    """So many strings. Raises InputError."""
    item = decoded(where, data)
    if isinstance(item, bytes) or len(item) != count or not all(isinstance(part, bytes) for part in item):
        raise InputError(f"{where}: an account is no list of {count} strings")
    return [part for part in item if isinstance(part, bytes)]
