"""A trie of values that come in the order of their keys: how a store is filled, and checked.

Values are in the form that a store has them in (state_store.hpp).
"""

from collections.abc import Iterable

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t
from cython.cimports.libcpp.string import string

SMALLEST = SMALL
"""A store has nodes of branches with more values than this."""


@cython.cclass
class TrieInOrder:
    """One trie: of accounts where ``owner`` is empty, else of the slots of the account whose address has that hash.

    ``smallest``: nodes of branches with more values are given out.
    """

    def __cinit__(self, owner: bytes = b"", smallest: int = SMALLEST):
        name: string
        name.assign(PyBytes_AS_STRING(owner), cython.cast(cython.size_t, len(owner)))
        self.is_of_accounts = not owner
        self.trie.begin(name, smallest)

    def add(self, records: Iterable[tuple[bytes, bytes]]) -> list:
        """Put in values by the hashes of their names, and give the nodes that are whole by now, as :meth:`nodes` does.

        Raises ValueError where a value has no such form, or does not come in its turn.
        """
        key: bytes
        value: bytes
        name: string
        flat: string
        for key, value in records:
            name.assign(PyBytes_AS_STRING(key), cython.cast(cython.size_t, len(key)))
            flat.assign(PyBytes_AS_STRING(value), cython.cast(cython.size_t, len(value)))
            if not self.trie.add(name, flat, self.is_of_accounts):
                raise ValueError(f"0x{key.hex()}: 0x{value.hex()} is no value of a state, or comes before the last one")
        return self.nodes()

    def root(self) -> bytes:
        """Nothing comes any more: the root. The last nodes are there to be asked for."""
        root: uint8_t[32]
        self.trie.root(root)
        return cython.cast(cython.p_char, root)[:32]

    def nodes(self) -> list:
        """The nodes that became whole since this was last asked: name, bytes, how many values are below."""
        index: cython.size_t
        node: cython.pointer(SortedNode)
        found: list = []
        for index in range(self.trie.nodes.size()):
            node = cython.address(self.trie.nodes[index])
            found.append(
                (
                    PyBytes_FromStringAndSize(node.name.data(), node.name.size()),
                    PyBytes_FromStringAndSize(node.bytes.data(), node.bytes.size()),
                    node.values,
                )
            )
        self.trie.nodes.clear()
        return found


def hash_of(data: bytes) -> bytes:
    """The Keccak-256 hash of bytes."""
    digest: uint8_t[32]
    keccak256(cython.cast(cython.pointer(uint8_t), cython.cast(cython.p_char, data)), len(data), digest)
    return cython.cast(cython.p_char, digest)[:32]
