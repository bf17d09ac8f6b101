"""The Merkle-Patricia trie: the official tests, persistence, and partial tries with and without the nodes they need."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rlp import Item, decode, encode, integer
from samestate.spec.state.patricia import (
    EMPTY_ROOT,
    MalformedNode,
    MissingNode,
    Trie,
    decode_node,
    nibbles,
    ordered_trie_root,
)
from tests.data import archive_members

# Few different bytes, so that keys share beginnings and are beginnings of one another.
keys = st.binary(max_size=4).map(lambda key: bytes(byte & 0x11 for byte in key)) | st.binary(max_size=3)
values = st.binary(min_size=1, max_size=3) | st.binary(min_size=30, max_size=40)
contents = st.dictionaries(keys, values, max_size=12)
changes = st.dictionaries(keys, st.none() | values, max_size=12)


def after(content: Mapping[bytes, bytes], change: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    """What a trie with ``content`` holds after ``change``."""
    return {key: value for key, value in {**content, **change}.items() if value is not None}


class Recording(dict[bytes, bytes]):
    """Nodes by hash that remember which of them were wanted."""

    def __init__(self, nodes: Mapping[bytes, bytes]) -> None:
        super().__init__(nodes)
        self.wanted: set[bytes] = set()

    def get(self, key: bytes, default: object = None) -> bytes | None:  # type: ignore[override]
        self.wanted.add(key)
        return super().get(key)


def all_nodes(content: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """The encodings of all hashed nodes of a trie, the root always among them. Written apart from the trie."""
    nodes: dict[bytes, bytes] = {}

    def hex_prefix(path: bytes, flag: int) -> bytes:
        head = bytes((flag + 1,)) if len(path) % 2 else bytes((flag, 0))
        digits = head + path
        return bytes(digits[place] * 16 + digits[place + 1] for place in range(0, len(digits), 2))

    def node(below: list[tuple[bytes, bytes]]) -> Item:
        if not below:
            return b""
        if len(below) == 1:
            return [hex_prefix(below[0][0], 2), below[0][1]]
        first, last = min(below)[0], max(below)[0]
        shared = next((place for place in range(len(first)) if first[place] != last[place]), len(first))
        if shared:
            return [hex_prefix(first[:shared], 0), held([(path[shared:], value) for path, value in below])]
        children: list[Item] = [
            held([(path[1:], value) for path, value in below if path[:1] == bytes((nibble,))]) for nibble in range(16)
        ]
        return [*children, dict(below).get(b"", b"")]

    def held(below: list[tuple[bytes, bytes]]) -> Item:
        item = node(below)
        encoded = encode(item)
        if len(encoded) < 32:
            return item
        nodes[keccak256(encoded)] = encoded
        return keccak256(encoded)

    root = encode(node([(nibbles(key), value) for key, value in content.items()]))
    nodes[keccak256(root)] = root
    return nodes


def root_by_definition(content: Mapping[bytes, bytes]) -> bytes:
    """The root as the yellow paper defines it, from all the content at once."""
    return list(all_nodes(content))[-1] if content else EMPTY_ROOT


def test_the_empty_trie() -> None:
    assert EMPTY_ROOT.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert Trie().root() == EMPTY_ROOT
    assert Trie().get(b"key") is None
    assert Trie.partial(EMPTY_ROOT, {}).get(b"key") is None
    assert ordered_trie_root([]) == EMPTY_ROOT


@given(contents)
def test_root_is_that_of_the_definition(content: dict[bytes, bytes]) -> None:
    assert Trie.from_items(content).root() == root_by_definition(content)


@given(contents, st.lists(changes, max_size=5), st.booleans())
def test_updated_trie_is_the_trie_built_anew(
    content: dict[bytes, bytes], steps: list[dict[bytes, bytes | None]], hash_between: bool
) -> None:
    trie = Trie.from_items(content)
    before = trie, content, trie.root()
    for change in steps:
        trie, content = trie.update(change), after(content, change)
        if hash_between:
            trie.root()
    assert trie.root() == Trie.from_items(content).root() == root_by_definition(content)
    assert all(trie.get(key) == value for key, value in content.items())
    assert all(trie.get(key) == content.get(key) for change in steps for key in change)
    old_trie, old_content, old_root = before
    assert old_trie.root() == Trie.from_items(old_content).root() == old_root


@given(contents, st.lists(changes, min_size=1, max_size=3))
def test_partial_trie_gives_the_same_root_as_the_whole(
    content: dict[bytes, bytes], steps: list[dict[bytes, bytes | None]]
) -> None:
    whole = Trie.from_items(content)
    recording = Recording(all_nodes(content))
    partial = Trie.partial(whole.root(), recording)
    for change in steps:
        whole, partial = whole.update(change), partial.update(change)
        assert partial.root() == whole.root()
        assert all(partial.get(key) == whole.get(key) for key in change)

    # The nodes that were wanted are enough, and each of them is needed.
    needed = {node_hash: recording[node_hash] for node_hash in recording.wanted}
    assert apply_all(Trie.partial(Trie.from_items(content).root(), needed), steps).root() == whole.root()
    for node_hash in needed:
        rest = {other: node for other, node in needed.items() if other != node_hash}
        with pytest.raises(MissingNode) as raised:
            apply_all(Trie.partial(Trie.from_items(content).root(), rest), steps)
        assert raised.value.node_hash == node_hash
        assert any(raised.value.key in change for change in steps)


def apply_all(trie: Trie, steps: Iterable[Mapping[bytes, bytes | None]]) -> Trie:
    for change in steps:
        trie = trie.update(change)
        for key in change:
            trie.get(key)
    return trie


def test_proof_of_touched_keys_is_enough_unless_a_branch_collapses() -> None:
    random_bytes = random.Random(7).randbytes
    content = {keccak256(random_bytes(20)): random_bytes(60) for _ in range(300)}
    nodes = all_nodes(content)
    whole = Trie.from_items(content)
    touched = sorted(content)[::10]
    recording = Recording(nodes)
    for key in touched:
        assert Trie.partial(whole.root(), recording).get(key) == content[key]
    proof = {node_hash: nodes[node_hash] for node_hash in recording.wanted}
    assert len(proof) < len(nodes) / 2
    change = dict.fromkeys(touched, b"changed")
    assert Trie.partial(whole.root(), proof).update(change).root() == whole.update(change).root()


def siblings() -> tuple[dict[bytes, bytes], dict[bytes, bytes], bytes]:
    """Two keys under a branch; the nodes of the first key's proof; the hash of the other's leaf."""
    content = {b"\x10": b"a" * 40, b"\x20": b"b" * 40}
    nodes = all_nodes(content)
    other = keccak256(encode([b"\x30", b"b" * 40]))
    return content, {node_hash: node for node_hash, node in nodes.items() if node_hash != other}, other


def test_a_collapse_needs_the_sibling_that_remains() -> None:
    content, nodes, other = siblings()
    partial = Trie.partial(Trie.from_items(content).root(), nodes)
    with pytest.raises(MissingNode) as raised:
        partial.update({b"\x10": None})
    assert (raised.value.node_hash, raised.value.path, raised.value.key) == (other, b"\x02", b"\x10")
    assert str(raised.value) == f"node 0x{other.hex()} on the path to key 0x10 is missing"


@pytest.mark.parametrize("order", [[b"\x10", b"\x30"], [b"\x30", b"\x10"]])
def test_insertions_come_first_so_that_a_branch_does_not_collapse_in_passing(order: list[bytes]) -> None:
    content, nodes, _ = siblings()
    change = {key: None if key == b"\x10" else b"c" for key in order}
    partial = Trie.partial(Trie.from_items(content).root(), nodes).update(change)
    assert partial.root() == Trie.from_items({b"\x20": b"b" * 40, b"\x30": b"c"}).root()


def test_an_unchanged_value_leaves_the_nodes_as_they_are() -> None:
    content, nodes, _ = siblings()
    partial = Trie.partial(Trie.from_items(content).root(), nodes)
    assert partial.update({b"\x10": b"a" * 40, b"\x30": None}).root() == partial.root()


def test_an_empty_value_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the value of key 0x0102 must not be empty: None takes a key out$"):
        Trie().update({b"\x01\x02": b""})


LEAF: list[Item] = [b"\x20", b"v"]
HASH = bytes(range(32))

MALFORMED: list[tuple[Item, str]] = [
    (b"ab", "must be a list of 2 or 17 items"),
    ([b"", b"", b""], "must be a list of 2 or 17 items"),
    ([b"", b"v"], "the first item must be a path whose first nibble, a flag, is at most 3"),
    ([b"\x40", b"v"], "the first item must be a path whose first nibble, a flag, is at most 3"),
    ([[], b"v"], "the first item must be a path whose first nibble, a flag, is at most 3"),
    ([b"\x21\x00", b"v"], "the second nibble of a path of even length must be zero"),
    ([b"\x20", b""], "the value of a leaf must be bytes and not empty"),
    ([b"\x20", []], "the value of a leaf must be bytes and not empty"),
    ([b"\x00", HASH], "the path of an extension must not be empty"),
    ([b"\x11", b"short"], "a child must be a node or a hash of 32 bytes, but is 5 bytes"),
    ([b"\x11", LEAF], "the child of an extension must be a branch"),
    ([b"\x11", b""], "a child must be a node or a hash of 32 bytes, but is 0 bytes"),
    ([[b"\x20", b"v" * 40], HASH, *[b""] * 15], "a child of 32 bytes or more must be held by its hash"),
    ([LEAF, [[]], *[b""] * 15], "must be a list of 2 or 17 items"),
    ([LEAF, *[b""] * 16], "a branch must hold at least two children, or one and a value"),
    ([*[b""] * 16, b"v"], "a branch must hold at least two children, or one and a value"),
    ([LEAF, LEAF, *[b""] * 14, [b""]], "the value of a branch must be bytes"),
]


@pytest.mark.parametrize(("item", "problem"), MALFORMED)
def test_malformed_nodes(item: Item, problem: str) -> None:
    with pytest.raises(MalformedNode, match=f"^node 0x[0-9a-f]+: {re.escape(problem)}$"):
        decode_node(encode(item))
    data = encode(item)
    with pytest.raises(MalformedNode):
        Trie.partial(keccak256(data), {keccak256(data): data}).get(b"\x00")


def test_a_node_that_is_no_rlp_is_malformed() -> None:
    with pytest.raises(MalformedNode, match=r"^node 0xc1: at byte 0: the list must end by byte 1"):
        decode_node(b"\xc1")


@given(st.binary(max_size=60) | contents.map(lambda content: list(all_nodes(content).values())[-1]))
def test_any_bytes_are_a_node_or_malformed(data: bytes) -> None:
    try:
        decode_node(data)
    except MalformedNode:
        return
    assert encode(decode(data)) == data


@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 300])
def test_ordered_trie(count: int) -> None:
    listed = [b"value %d" % index for index in range(count)]
    assert ordered_trie_root(listed) == root_by_definition(
        {encode(integer(index)): value for index, value in enumerate(listed)}
    )


def from_json(text: str | None) -> bytes | None:
    """Bytes as the official tests write them: in hex after 0x, or as text."""
    if text is None:
        return None
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()


@pytest.mark.fixtures
def test_official_tests() -> None:
    counted = 0
    for path, content in archive_members("ethereum-tests", "TrieTests/"):
        if path.endswith("trietestnextprev.json"):
            continue  # the order of keys, which no root depends on
        for name, case in json.loads(content).items():
            counted += 1
            pairs = case["in"].items() if isinstance(case["in"], dict) else case["in"]
            trie = Trie()
            for key, value in pairs:
                key_bytes = from_json(key)
                assert key_bytes is not None
                trie = trie.update({keccak256(key_bytes) if "secure" in path else key_bytes: from_json(value)})
            assert trie.root() == from_json(case["root"]), f"{path}: {name}"
    assert counted >= 20
