"""The Merkle-Patricia trie: a mapping from bytes to bytes with a root hash that commits to all of it.

A trie never changes: :meth:`Trie.update` gives a new one that shares every untouched node with the old. A trie may be
partial: parts that nobody looks at may stay unresolved, known by their hash alone, until their node is wanted and is
taken from a mapping of hashes to encoded nodes. The rules are those of the yellow paper, appendix D; hex-prefix
encoding of paths is appendix C.

A path is a key in nibbles, one byte each, so that a part of a path is a slice.
"""

# source: yellow paper, appendix D

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rlp import Item, MalformedRlp, decode, encode, integer

EMPTY_ROOT = keccak256(encode(b""))
"""The root of a trie that holds nothing."""

_NIBBLE_OF_HEX_DIGIT = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


class MissingNode(LookupError):  # noqa: N818 - says what is wrong with the partial trie
    """A node was needed of which a partial trie knows only the hash.

    ``path`` leads from the root to it, in nibbles; ``key`` is the key whose value was read or written.
    """

    def __init__(self, node_hash: bytes, path: bytes, key: bytes) -> None:
        super().__init__(node_hash, path, key)
        self.node_hash = node_hash
        self.path = path
        self.key = key

    def __str__(self) -> str:
        return f"node 0x{self.node_hash.hex()} on the path to key 0x{self.key.hex()} is missing"


class MalformedNode(ValueError):  # noqa: N818 - says what is wrong with the node
    """Bytes that hash to what their parent says, but are no node."""


class Leaf:
    """The end of a path, and the value that stands there."""

    __slots__ = ("path", "reference", "value")

    def __init__(self, path: bytes, value: bytes) -> None:
        self.path = path
        self.value = value
        self.reference: Item | None = None


class Extension:
    """A stretch of path that every key below shares, leading to a branch."""

    __slots__ = ("child", "path", "reference")

    def __init__(self, path: bytes, child: Node) -> None:
        self.path = path
        self.child = child
        self.reference: Item | None = None


class Branch:
    """A place where paths part, one child for each nibble, with the value of the key that ends here, if any."""

    __slots__ = ("children", "reference", "value")

    def __init__(self, children: tuple[Node | None, ...], value: bytes | None) -> None:
        self.children = children
        self.value = value
        self.reference: Item | None = None

    def with_child(self, nibble: int, child: Node | None) -> Branch:
        """This branch with another child at ``nibble``."""
        children = list(self.children)
        children[nibble] = child
        return Branch(tuple(children), self.value)


class Unresolved:
    """A node of which only the hash is known so far."""

    __slots__ = ("hash", "resolved")

    def __init__(self, node_hash: bytes) -> None:
        self.hash = node_hash
        self.resolved: Known | None = None


Known: TypeAlias = Leaf | Extension | Branch
Node: TypeAlias = Leaf | Extension | Branch | Unresolved

_NO_CHILDREN: tuple[Node | None, ...] = (None,) * 16


class Trie:
    """An immutable trie, whole or partial.

    Keys are any bytes; whoever wants a secure trie hashes them first. Reading and updating raise MissingNode or
    MalformedNode where a needed node of a partial trie is not there, or is no node.
    """

    __slots__ = ("_node", "_nodes")

    def __init__(self, node: Node | None = None, nodes: Mapping[bytes, bytes] | None = None) -> None:
        self._node = node
        self._nodes = {} if nodes is None else nodes

    @classmethod
    def partial(cls, root: bytes, nodes: Mapping[bytes, bytes]) -> Trie:
        """The trie with this root hash, its nodes to be found by hash in ``nodes``, which is kept, not copied."""
        return cls(None if root == EMPTY_ROOT else Unresolved(root), nodes)

    @classmethod
    def from_items(cls, items: Mapping[bytes, bytes]) -> Trie:
        """The whole trie that holds exactly ``items``."""
        return cls().update(items)

    def get(self, key: bytes) -> bytes | None:
        """The value of ``key``, or None where the trie does not hold it."""
        path = nibbles(key)
        depth = 0
        node = self._node
        while node is not None:
            if isinstance(node, Unresolved):
                node = self._resolve(node, path, depth)
            if isinstance(node, Branch):
                if depth == len(path):
                    return node.value
                node = node.children[path[depth]]
                depth += 1
            elif isinstance(node, Extension):
                if not path.startswith(node.path, depth):
                    return None
                depth += len(node.path)
                node = node.child
            else:
                return node.value if node.path == path[depth:] else None
        return None

    def update(self, changes: Mapping[bytes, bytes | None]) -> Trie:
        """The trie in which each key of ``changes`` has its new value; None takes the key out.

        Keys are inserted before others are taken out. A whole trie comes out the same in either order, but a partial
        one may lack the node that a branch would collapse into, if it lost a child before it gained one.
        Raises ValueError for an empty value, which a trie cannot tell from absence.
        """
        node = self._node
        for key, value in changes.items():
            if value is not None:
                if not value:
                    raise ValueError(f"the value of key 0x{key.hex()} must not be empty: None takes a key out")
                node = self._insert(node, nibbles(key), 0, value)
        for key, value in changes.items():
            if value is None:
                node = self._remove(node, nibbles(key), 0)
        return Trie(node, self._nodes)

    def root(self) -> bytes:
        """The hash that commits to everything the trie holds."""
        if self._node is None:
            # rule: evm.trie.empty-root
            return EMPTY_ROOT
        found = reference(self._node)
        if isinstance(found, bytes):
            return found
        # A small node stands in its parent as it is, but the root has no parent and is always hashed.
        # rule: evm.trie.small-root
        return keccak256(encode(found))

    def _insert(self, node: Node | None, path: bytes, depth: int, value: bytes) -> Node:
        """``node``, which stands ``depth`` nibbles down ``path``, with ``value`` at the end of the path."""
        if node is None:
            return Leaf(path[depth:], value)
        if isinstance(node, Unresolved):
            known = self._resolve(node, path, depth)
            changed = self._insert(known, path, depth, value)
            return node if changed is known else changed
        if isinstance(node, Branch):
            if depth == len(path):
                return node if node.value == value else Branch(node.children, value)
            child = node.children[path[depth]]
            changed = self._insert(child, path, depth + 1, value)
            return node if changed is child else node.with_child(path[depth], changed)
        shared = _shared_length(node.path, path[depth:])
        if shared == len(node.path):
            if isinstance(node, Extension):
                changed = self._insert(node.child, path, depth + shared, value)
                return node if changed is node.child else Extension(node.path, changed)
            if depth + shared == len(path):
                return node if node.value == value else Leaf(node.path, value)
        branch = self._insert(_parted(node, shared), path, depth + shared, value)
        return _lengthened(path[depth : depth + shared], branch)

    def _remove(self, node: Node | None, path: bytes, depth: int) -> Node | None:
        """``node``, which stands ``depth`` nibbles down ``path``, without the value at the end of the path."""
        if node is None:
            return None
        if isinstance(node, Unresolved):
            known = self._resolve(node, path, depth)
            changed = self._remove(known, path, depth)
            return node if changed is known else changed
        if isinstance(node, Leaf):
            return None if node.path == path[depth:] else node
        if isinstance(node, Extension):
            if not path.startswith(node.path, depth):
                return node
            changed = self._remove(node.child, path, depth + len(node.path))
            if changed is node.child:
                return node
            return None if changed is None else _lengthened(node.path, changed)
        if depth == len(path):
            return node if node.value is None else self._collapsed(Branch(node.children, None), path, depth)
        child = node.children[path[depth]]
        changed = self._remove(child, path, depth + 1)
        if changed is child:
            return node
        return self._collapsed(node.with_child(path[depth], changed), path, depth)

    def _collapsed(self, branch: Branch, path: bytes, depth: int) -> Node | None:
        """What stands in the place of a branch that lost something: no branch remains for a single way on.

        A single remaining child has to be known, since a leaf or an extension takes on the nibble that led to it.
        """
        remaining = [nibble for nibble, child in enumerate(branch.children) if child is not None]
        if branch.value is not None:
            # No key of the protocol is the beginning of another, so this is for tries of other keys.
            return branch if remaining else Leaf(b"", branch.value)
        if len(remaining) > 1:
            return branch
        if not remaining:
            return None
        # rule: evm.trie.collapse
        nibble = bytes(remaining)
        child = branch.children[remaining[0]]
        if isinstance(child, Unresolved):
            child = self._resolve(child, path, depth, nibble)
        return None if child is None else _lengthened(nibble, child)

    def _resolve(self, node: Unresolved, path: bytes, depth: int, aside: bytes = b"") -> Known:
        """The node behind the hash, which stands ``depth`` nibbles down ``path`` and then ``aside`` of it."""
        if node.resolved is None:
            data = self._nodes.get(node.hash)
            if data is None:
                raise MissingNode(node.hash, path[:depth] + aside, bytes.fromhex(path.hex()[1::2]))
            node.resolved = decode_node(data)
            node.resolved.reference = node.hash
        return node.resolved


def ordered_trie_root(values: Sequence[bytes]) -> bytes:
    """The root over a list, such as a block's transactions: each value under the RLP of its index."""
    # rule: evm.trie.ordered
    # source: yellow paper, section 4.4.2 (transactions, receipts and withdrawals by index)
    return Trie.from_items({encode(integer(index)): value for index, value in enumerate(values)}).root()


def nibbles(key: bytes) -> bytes:
    """The path of a key: its nibbles, the high one of each byte first, one byte each."""
    return key.hex().encode().translate(_NIBBLE_OF_HEX_DIGIT)


def reference(node: Node) -> Item:
    """How a parent holds ``node``: by its hash, or as it is where its encoding is shorter than a hash."""
    if isinstance(node, Unresolved):
        return node.hash
    if node.reference is None:
        item = _item(node)
        encoded = encode(item)
        if len(encoded) < 32:
            # rule: evm.trie.inline-node
            node.reference = item
        else:
            # rule: evm.trie.hashed-node
            node.reference = keccak256(encoded)
    return node.reference


def decode_node(data: bytes) -> Known:
    """The node that ``data`` is the encoding of. Raises MalformedNode."""
    try:
        item = decode(data)
    except MalformedRlp as error:
        raise MalformedNode(f"node 0x{data.hex()}: {error}") from error
    return _node_of(item)


def _item(node: Known) -> Item:
    """A node as RLP has it: a branch is a list of seventeen items, a leaf and an extension are lists of two."""
    if isinstance(node, Branch):
        # rule: evm.trie.branch
        items = [b"" if child is None else reference(child) for child in node.children]
        items.append(node.value or b"")
        return items
    if isinstance(node, Extension):
        # rule: evm.trie.extension
        return [_hex_prefix(node.path, 0), reference(node.child)]
    # rule: evm.trie.leaf
    return [_hex_prefix(node.path, 2), node.value]


def _node_of(item: Item) -> Known:
    """The inverse of :func:`_item`."""
    if isinstance(item, bytes) or len(item) not in (2, 17):
        _malformed(item, "must be a list of 2 or 17 items")
    if len(item) == 17:
        value = item[16]
        if not isinstance(value, bytes):
            _malformed(item, "the value of a branch must be bytes")
        children = tuple([None if child == b"" else _child_of(item, child) for child in item[:16]])
        if children.count(None) + (not value) > 15:
            _malformed(item, "a branch must hold at least two children, or one and a value")
        return Branch(children, value or None)
    prefixed, content = item
    if not isinstance(prefixed, bytes) or not prefixed or prefixed[0] >= 0x40:
        _malformed(item, "the first item must be a path whose first nibble, a flag, is at most 3")
    flag = prefixed[0] >> 4
    if not flag & 1 and prefixed[0] & 0x0F:
        _malformed(item, "the second nibble of a path of even length must be zero")
    path = nibbles(prefixed)[1 if flag & 1 else 2 :]
    if flag & 2:
        if not isinstance(content, bytes) or not content:
            _malformed(item, "the value of a leaf must be bytes and not empty")
        return Leaf(path, content)
    if not path:
        _malformed(item, "the path of an extension must not be empty")
    child = _child_of(item, content)
    if isinstance(child, (Leaf, Extension)):
        _malformed(item, "the child of an extension must be a branch")
    return Extension(path, child)


def _child_of(parent: Item, item: Item) -> Node:
    if isinstance(item, bytes):
        if len(item) != 32:
            _malformed(parent, f"a child must be a node or a hash of 32 bytes, but is {len(item)} bytes")
        return Unresolved(item)
    if len(encode(item)) >= 32:
        _malformed(parent, "a child of 32 bytes or more must be held by its hash")
    return _node_of(item)


def _malformed(item: Item, problem: str) -> NoReturn:
    raise MalformedNode(f"node 0x{encode(item).hex()}: {problem}")


def _parted(node: Leaf | Extension, depth: int) -> Branch:
    """The branch that takes the place of ``node`` where another path parts from its own after ``depth`` nibbles."""
    branch = Branch(_NO_CHILDREN, None)
    if isinstance(node, Leaf):
        if depth == len(node.path):
            return Branch(_NO_CHILDREN, node.value)
        return branch.with_child(node.path[depth], Leaf(node.path[depth + 1 :], node.value))
    rest = node.path[depth + 1 :]
    return branch.with_child(node.path[depth], Extension(rest, node.child) if rest else node.child)


def _lengthened(path: bytes, node: Node) -> Node:
    """``node`` with ``path`` before it."""
    if not path:
        return node
    if isinstance(node, Leaf):
        return Leaf(path + node.path, node.value)
    if isinstance(node, Extension):
        return Extension(path + node.path, node.child)
    return Extension(path, node)


def _shared_length(first: bytes, second: bytes) -> int:
    """How many nibbles two paths have in common at their beginning."""
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    return shared


def _hex_prefix(path: bytes, flag: int) -> bytes:
    """A path in whole bytes, its flag in the first nibble: 2 for a leaf, and 1 more for a path of odd length."""
    if len(path) % 2:
        # rule: evm.trie.odd-path
        # source: yellow paper, appendix C
        return bytes.fromhex((bytes((flag + 1,)) + path).hex()[1::2])
    # rule: evm.trie.even-path
    # source: yellow paper, appendix C
    return bytes.fromhex((bytes((flag, 0)) + path).hex()[1::2])
