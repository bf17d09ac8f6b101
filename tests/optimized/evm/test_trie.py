"""The state's tries beside the specification's: whole ones over many updates, and partial ones from witnesses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestate.conformance.fixtures.block_file import BlockFileCase, block_file_case
from samestate.optimized.evm.trie import MalformedNode, MissingNode, StateTrie, pack_account, pack_slot, secure_root
from samestate.spec.evm import rlp
from samestate.spec.evm.chain import to_payload
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import (
    EMPTY_ACCOUNT,
    EMPTY_ACCOUNT_VALUE,
    NONCE,
    SLOT,
    balance_key,
    code_key,
    empty_account_key,
    nonce_key,
    slot_key,
)
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.rlp import integer
from samestate.spec.evm.state import FlatState, MissingWitness, WitnessState
from samestate.spec.evm.state_trie import EMPTY_CODE_HASH, AccountLeaf
from samestate.spec.machine import Key, Value
from samestate.spec.state.patricia import EMPTY_ROOT, nibbles
from samestate.spec.transition import execute_block
from tests.data import archive_members, block_file

# Few accounts and slots, so that updates meet; addresses that share the first nibbles of their hashes among them.
ADDRESSES = [bytes(19) + bytes([number]) for number in range(24)]
SLOTS = [0, 1, 2, 3, 7, 2**128, 2**256 - 1]
CODES = [b"", b"\x00", b"code"]

numbers = st.sampled_from([0, 0, 1, 127, 128, 2**64 - 1])
words = st.sampled_from([0, 0, 0, 1, 127, 128, 2**64, 2**256 - 1])
account_changes = st.fixed_dictionaries(
    {},
    optional={
        "nonce": numbers,
        "balance": words,
        "code": st.sampled_from(CODES),
        "held": st.booleans(),
        "wiped": st.booleans(),
        "slots": st.dictionaries(st.sampled_from(SLOTS), words, max_size=5),
    },
)
updates = st.dictionaries(st.sampled_from(ADDRESSES), account_changes, max_size=8)
Update = Mapping[bytes, Mapping[str, Any]]


def spec_changes(update: Update) -> tuple[dict[Key, Value], frozenset[bytes]]:
    changes: dict[Key, Value] = {}
    for address, change in update.items():
        if "nonce" in change:
            changes[nonce_key(address)] = integer(change["nonce"]) or None
        if "balance" in change:
            changes[balance_key(address)] = integer(change["balance"]) or None
        if "code" in change:
            changes[code_key(address)] = change["code"] or None
        if "held" in change:
            changes[empty_account_key(address)] = EMPTY_ACCOUNT_VALUE if change["held"] else None
        for slot, value in change.get("slots", {}).items():
            changes[slot_key(address, slot)] = integer(value) or None
    return changes, frozenset(address for address, change in update.items() if change.get("wiped"))


def packed(changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Changes of the specification's in packed form."""
    accounts: dict[bytes, dict[str, Any]] = {address: {"wiped": True} for address in wipes}
    slots = b""
    for key, value in changes.items():
        address = key[1:21]
        number = int.from_bytes(value or b"", "big")
        if key[0] == SLOT:
            slots += pack_slot(address, int.from_bytes(key[21:], "big"), number)
            continue
        account = accounts.setdefault(address, {})
        if key[0] == EMPTY_ACCOUNT:
            account["held"] = value is not None
        elif key == code_key(address):
            account["code_hash"] = keccak256(value or b"")
        else:
            account["nonce" if key[0] == NONCE else "balance"] = number
    return b"".join(pack_account(address, **account) for address, account in accounts.items()), slots


@settings(max_examples=150)
@given(steps=st.lists(st.tuples(updates, st.booleans(), st.integers(1, 3)), max_size=6))
def test_any_updates_leave_the_root_of_the_specification(steps: list[tuple[Update, bool, int]]) -> None:
    """Whether or not the root is asked for between them, and on any number of threads."""
    state, trie = FlatState({}, {}), StateTrie()
    for update, is_asked, workers in steps:
        changes, wipes = spec_changes(update)
        state = state.apply(changes, wipes)
        trie.update(*packed(changes, wipes), workers=workers)
        if is_asked:
            assert trie.root(workers) == state.root()
    assert trie.root() == state.root()
    for address in ADDRESSES:
        account = trie.account(address)
        if account is None:
            assert all(state.get(key(address)) is None for key in (nonce_key, balance_key, code_key))
        else:
            nonce, balance, code_hash, has_storage = account
            assert integer(nonce) == (state.get(nonce_key(address)) or b"")
            assert integer(balance) == (state.get(balance_key(address)) or b"")
            assert code_hash == keccak256(state.get(code_key(address)) or b"")
            assert has_storage == (address in state.storage)
        for slot in SLOTS:
            assert integer(trie.slot(address, slot)) == (state.get(slot_key(address, slot)) or b"")


def test_many_accounts_on_any_number_of_threads() -> None:
    """Enough for many tasks a thread, one storage of half of all slots among them, and back again."""
    random = Random(5)
    addresses = [random.randbytes(20) for _ in range(2_000)]
    state, tries = FlatState({}, {}), [StateTrie() for _ in range(3)]
    roots = []
    for _ in range(3):
        changes: dict[Key, Value] = {}
        for address in random.sample(addresses, 1_000):
            changes[balance_key(address)] = integer(random.getrandbits(200)) or None
            if random.random() < 0.3:
                for slot in range(random.randrange(5)):
                    changes[slot_key(address, slot)] = integer(random.getrandbits(100)) or None
        for slot in range(1_000):
            changes[slot_key(addresses[0], slot)] = integer(random.choice([0, random.getrandbits(256)])) or None
        state = state.apply(changes, ())
        roots.append(state.root())
        for workers, trie in enumerate(tries, 1):
            trie.update(*packed(changes, ()), workers=workers)
            assert trie.root(workers) == roots[-1]


def test_a_change_is_taken_back_by_the_values_before() -> None:
    random = Random(6)
    trie = StateTrie()
    addresses = [random.randbytes(20) for _ in range(50)]
    accounts = b"".join(pack_account(address, balance=index + 1) for index, address in enumerate(addresses[:40]))
    slots = b"".join(pack_slot(addresses[0], slot, slot + 1) for slot in range(40))
    trie.update(accounts, slots)
    before = trie.root()
    gone = b"".join(pack_account(address, balance=0) for address in addresses[:20])
    new = b"".join(pack_account(address, nonce=1) for address in addresses[40:])
    trie.update(gone + new, b"".join(pack_slot(addresses[0], slot, slot % 3) for slot in range(50)))
    assert trie.root() != before
    new = b"".join(pack_account(address, nonce=0) for address in addresses[40:])
    trie.update(accounts + new, slots + b"".join(pack_slot(addresses[0], slot, 0) for slot in range(40, 50)))
    assert trie.root() == before


def test_the_empty_state() -> None:
    trie = StateTrie()
    assert trie.root() == EMPTY_ROOT
    trie.update(pack_account(ADDRESSES[0], nonce=1), pack_slot(ADDRESSES[0], 1, 1))
    trie.update(pack_account(ADDRESSES[0], nonce=0, held=False, wiped=True))
    assert trie.root() == EMPTY_ROOT
    assert StateTrie(EMPTY_ROOT).account(ADDRESSES[0]) is None


def test_what_is_no_change_is_refused() -> None:
    trie = StateTrie()
    with pytest.raises(ValueError, match=r"^packed changes must be records of 94 and 84 bytes$"):
        trie.update(bytes(93))
    with pytest.raises(ValueError, match=r"^an address must be 20 bytes, not 19$"):
        trie.account(bytes(19))
    with pytest.raises(ValueError, match=r"^workers must be from 1 to 256, not 0$"):
        trie.root(workers=0)
    with pytest.raises(ValueError, match=r"^a root must be 32 bytes$"):
        StateTrie(bytes(31))
    with pytest.raises(OverflowError):
        pack_account(bytes(20), nonce=2**64)
    with pytest.raises(OverflowError):
        pack_slot(bytes(20), 2**256, 0)


# Partial tries. Nodes of a whole state, written apart from both tries.


def nodes_of(content: Mapping[bytes, bytes], nodes: dict[bytes, bytes]) -> bytes:
    """The root of a secure trie by the yellow paper's definition; its nodes are put into ``nodes``, by hash."""

    def hex_prefix(path: bytes, flag: int) -> bytes:
        digits = (bytes((flag + 1,)) if len(path) % 2 else bytes((flag, 0))) + path
        return bytes(digits[place] * 16 + digits[place + 1] for place in range(0, len(digits), 2))

    def item(below: list[tuple[bytes, bytes]]) -> rlp.Item:
        if not below:
            return b""
        if len(below) == 1:
            return [hex_prefix(below[0][0], 2), below[0][1]]
        first, last = min(below)[0], max(below)[0]
        shared = next(place for place in range(len(first)) if first[place] != last[place])
        if shared:
            return [hex_prefix(first[:shared], 0), held([(path[shared:], value) for path, value in below])]
        return [held([(p[1:], value) for p, value in below if p[0] == nibble]) for nibble in range(16)] + [b""]

    def held(below: list[tuple[bytes, bytes]]) -> rlp.Item:
        node = item(below)
        encoded = rlp.encode(node)
        if len(encoded) < 32:
            return node
        nodes[keccak256(encoded)] = encoded
        return keccak256(encoded)

    if not content:
        return EMPTY_ROOT
    root = rlp.encode(item([(nibbles(keccak256(key)), value) for key, value in content.items()]))
    nodes[keccak256(root)] = root
    return keccak256(root)


def witness_of(state: FlatState) -> tuple[bytes, dict[bytes, bytes]]:
    nodes: dict[bytes, bytes] = {}
    leaves = {}
    for address in {*state.accounts, *state.storage, *state.empty_accounts}:
        slots = state.storage.get(address, {})
        storage = {slot.to_bytes(32, "big"): rlp.encode(integer(value)) for slot, value in slots.items()}
        leaves[address] = AccountLeaf(
            int.from_bytes(state.get(nonce_key(address)) or b"", "big"),
            int.from_bytes(state.get(balance_key(address)) or b"", "big"),
            nodes_of(storage, nodes),
            keccak256(state.get(code_key(address)) or b""),
        ).encode()
    return nodes_of(leaves, nodes), nodes


@settings(max_examples=150)
@given(first=updates, second=updates, left_out=st.integers(0, 10**6), workers=st.integers(1, 2), data=st.data())
def test_a_partial_state_updates_as_the_whole_or_names_what_it_lacks(
    first: Update, second: Update, left_out: int, workers: int, data: Any
) -> None:
    state = FlatState({}, {}).apply(*spec_changes(first))
    root, nodes = witness_of(state)
    assert state.root() == root
    changes, wipes = spec_changes(second)
    after = state.apply(changes, wipes)
    whole = StateTrie(root, nodes.values())
    whole.update(*packed(changes, wipes), workers=workers)
    assert whole.root(workers) == after.root()
    if not nodes:
        return
    hidden = sorted(nodes)[left_out % len(nodes)]
    known = [node for digest, node in nodes.items() if digest != hidden]
    partial = StateTrie(root, known)
    try:
        partial.update(*packed(changes, wipes), workers=workers)
    except MissingNode as missing:
        assert missing.hash == hidden
        # Which of several ways through the missing node is named first is nobody's business.
        assert str(missing).startswith(f"node 0x{hidden.hex()} on the path to ")
        with pytest.raises(MissingWitness, match=f"^node 0x{hidden.hex()} on the path to "):
            WitnessState(root, known, ()).apply(changes, wipes).root()
        with pytest.raises(ValueError, match=r"^an update of this state failed: it is good for nothing any more$"):
            partial.root()
    else:
        assert partial.root(workers) == after.root()
        assert WitnessState(root, known, ()).apply(changes, wipes).root() == after.root()
    reader, expected = StateTrie(root, known), WitnessState(root, known, ())
    for address in ADDRESSES[:8]:
        for slot in SLOTS:
            key = slot_key(address, slot)
            assert said(value_of, reader, key) == said(WitnessState.get, expected, key)


def said(read: Callable[..., Value], *arguments: Any) -> Value | str:
    try:
        return read(*arguments)
    except (MissingNode, MissingWitness) as missing:
        return str(missing)


def test_a_collapse_names_the_sibling_that_it_needs() -> None:
    """Of two accounts under one branch one goes; the other's node is not in the witness."""
    pair = [address for address in ADDRESSES if sum(a_hash(other)[0] == a_hash(address)[0] for other in ADDRESSES) == 2]
    pair = [address for address in pair if a_hash(address)[0] == a_hash(pair[0])[0]]
    state = FlatState({}, {}).apply({balance_key(address): b"\x01" for address in [*pair, *others(pair)]}, ())
    root, nodes = witness_of(state)
    leaf = AccountLeaf(0, 1, EMPTY_ROOT, EMPTY_CODE_HASH).encode()
    sibling = next(digest for digest, node in nodes.items() if is_leaf_of(pair[1], node, leaf))
    trie = StateTrie(root, [node for digest, node in nodes.items() if digest != sibling])
    with pytest.raises(MissingNode) as missing:
        trie.update(pack_account(pair[0], balance=0))
    assert missing.value.hash == sibling
    assert missing.value.address == pair[0]
    assert missing.value.slot is None
    # With another account put in its place at once, nothing collapses.
    parting = next(place for place in range(64) if a_hash(pair[0])[place] != a_hash(pair[1])[place])
    newcomer = next(
        address
        for address in (number.to_bytes(20, "big") for number in range(1000, 10**6))
        if a_hash(address)[:parting] == a_hash(pair[0])[:parting]
        and a_hash(address)[parting] not in {a_hash(each)[parting] for each in pair}
    )
    trie = StateTrie(root, [node for digest, node in nodes.items() if digest != sibling])
    trie.update(pack_account(pair[0], balance=0) + pack_account(newcomer, balance=5))
    expected = state.apply({balance_key(pair[0]): None, balance_key(newcomer): b"\x05"}, ())
    assert trie.root() == expected.root()


def a_hash(address: bytes) -> bytes:
    return nibbles(keccak256(address))


def others(pair: list[bytes]) -> list[bytes]:
    return [address for address in ADDRESSES if a_hash(address)[0] != a_hash(pair[0])[0]]


def is_leaf_of(address: bytes, node: bytes, leaf: bytes) -> bool:
    item = rlp.decode(node)
    return len(item) == 2 and item[1] == leaf and a_hash(address).hex()[1::2].endswith(item[0].hex()[2:])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (b"\xc1", "a list ends after what it stands in"),
        (rlp.encode([]), "is no list of 2 or 17 items on the way to a key"),
        (rlp.encode(b"node"), "is no list of 2 or 17 items on the way to a key"),
        (rlp.encode([b"\x20", b"\x01"]), "has a path of a wrong length"),
        (rlp.encode([b"\x00", bytes(32)]), "has a path of a wrong length"),
        (rlp.encode([b"", b"\x01"]), "has no path with a flag up to 3"),
        (rlp.encode([b"\x40", b"\x01"]), "has no path with a flag up to 3"),
        (rlp.encode([b"\x21" * 34, b"\x01"]), "has a path of more nibbles than a key"),
        (rlp.encode([b"\x01\x23", bytes(32)]), "has a path of even length whose second nibble is not zero"),
        (rlp.encode([bytes(1) + bytes(31), b""]), "is an extension that leads to no branch"),
        (rlp.encode([b"\x20" + keccak256(ADDRESSES[0]), b"\x01"]), "has a value that is none"),
        (rlp.encode([b""] * 17), "is a branch of fewer than two children"),
        (rlp.encode([bytes(32)] * 16 + [b"value"]), "has a value in a branch, where no key ends"),
        (rlp.encode([bytes(31)] * 16 + [b""]), "has a child that is neither a hash nor a node"),
        (rlp.encode([[b"\x31", bytes(40)]] * 16 + [b""]), "has a child in it that is too long to be there"),
    ],
)
def test_a_node_that_is_none_is_named(node: bytes, problem: str) -> None:
    trie = StateTrie(keccak256(node), [node])
    with pytest.raises(MalformedNode) as malformed:
        trie.update(pack_account(ADDRESSES[0], balance=1))
    place = f"node 0x{keccak256(node).hex()} on the path to account 0x{ADDRESSES[0].hex()}"
    assert str(malformed.value) == f"{place} {problem}"


@given(node=st.recursive(st.binary(max_size=34), lambda inner: st.lists(inner, min_size=2, max_size=17), max_leaves=20))
def test_any_bytes_are_a_node_or_are_named(node: rlp.Item) -> None:
    encoded = rlp.encode(node)
    for use in (lambda trie: trie.account(ADDRESSES[0]), lambda trie: trie.update(pack_account(ADDRESSES[0], nonce=1))):
        trie = StateTrie(keccak256(encoded), [encoded])
        try:
            use(trie)
        except (MalformedNode, MissingNode):
            continue


def test_codes_come_by_hash() -> None:
    state = FlatState({}, {}).apply({code_key(ADDRESSES[0]): b"code", balance_key(ADDRESSES[1]): b"\x01"}, ())
    root, nodes = witness_of(state)
    trie = StateTrie(root, nodes.values(), [b"code", b"other"])
    assert [trie.code(address) for address in ADDRESSES[:3]] == [b"code", b"", b""]
    with pytest.raises(MissingNode) as missing:
        StateTrie(root, nodes.values(), [b"other"]).code(ADDRESSES[0])
    assert str(missing.value) == f"code 0x{keccak256(b'code').hex()} of account 0x{ADDRESSES[0].hex()} is missing"


@pytest.mark.fixtures
@pytest.mark.parametrize("name", ["17000-2971844", "560048-1265656", "1-19426587"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_real_witness_gives_the_root_after_the_block(name: str, workers: int) -> None:
    content = block_file(name)
    case = block_file_case(name, content)
    assert isinstance(case, BlockFileCase)
    payload = to_payload(case.block(), case.chain_id, case.block_hashes)
    result = execute_block(Evm(case.fork), payload, case.state)
    nodes = [bytes.fromhex(node.removeprefix("0x")) for node in content["witness"]["nodes"]]
    codes = [bytes.fromhex(code.removeprefix("0x")) for code in content["witness"]["codes"]]
    trie = StateTrie(bytes.fromhex(content["preStateRoot"].removeprefix("0x")), nodes, codes)
    for step in result.steps:
        for key, read in step.reads.items():
            if not read.source:
                assert value_of(trie, key) == read.value, key.hex()
    trie.update(*packed(result.changes, result.wipes), workers=workers)
    assert trie.root(workers) == case.header.state_root


def value_of(trie: StateTrie, key: Key) -> Value:
    address = key[1:21]
    if key[0] == SLOT:
        return integer(trie.slot(address, int.from_bytes(key[21:], "big"))) or None
    account = trie.account(address)
    if account is None:
        return None
    if key == code_key(address):
        return trie.code(address) or None
    if key[0] == EMPTY_ACCOUNT:
        return EMPTY_ACCOUNT_VALUE if account == (0, 0, EMPTY_CODE_HASH, False) else None
    return integer(account[0] if key[0] == NONCE else account[1]) or None


@pytest.mark.fixtures
def test_official_tests_of_secure_tries() -> None:
    counted = 0
    for path, content in archive_members("ethereum-tests", "TrieTests/"):
        if "secure" in path:
            for name, case in json.loads(content).items():
                pairs = case["in"].items() if isinstance(case["in"], dict) else case["in"]
                root = secure_root((from_json(key), from_json(value or "")) for key, value in pairs)
                assert root == from_json(case["root"]), f"{path}: {name}"
                counted += 1
    assert counted >= 13


def from_json(text: str) -> bytes:
    """Bytes as the official tests write them: in hex after 0x, or as text."""
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()
