"""States: reading, applying changes, and roots that come out the same however one arrives at them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from samestate.spec.evm.rlp import encode, integer
from samestate.spec.evm.state import Account, FlatState, MissingWitness, PartialState, RootUnavailable, WitnessState
from samestate.spec.state.patricia import EMPTY_ROOT, MalformedNode, _item, reference
from tests.data import block_file

ALICE, BOB, CAROL = (bytes([number]) * 20 for number in (0xA1, 0xB0, 0xCA))

addresses = st.sampled_from([bytes([number]) * 20 for number in range(1, 6)])
slots = st.integers(min_value=0, max_value=5)
numbers = st.integers(min_value=0, max_value=2**40).map(lambda number: integer(number) or None)
codes = st.none() | st.binary(min_size=1, max_size=40)

key_values = st.one_of(
    st.tuples(addresses.map(nonce_key), numbers),
    st.tuples(addresses.map(balance_key), numbers),
    st.tuples(addresses.map(code_key), codes),
    st.tuples(addresses.map(empty_account_key), st.none()),
    st.tuples(st.builds(slot_key, addresses, slots), numbers),
)
steps = st.lists(
    st.tuples(st.lists(key_values, max_size=10).map(dict), st.lists(addresses, max_size=2, unique=True)), max_size=5
)
small = st.integers(min_value=0, max_value=3)
allocs = st.dictionaries(
    addresses.map(lambda address: "0x" + address.hex()),
    st.fixed_dictionaries(
        {
            "nonce": small.map(hex),
            "balance": small.map(hex),
            "code": st.sampled_from(["0x", "0x", "0x6001"]),
            "storage": st.dictionaries(slots.map(hex), small.map(hex), max_size=4),
        }
    ),
    max_size=5,
)


def witness_of(state: FlatState) -> list[bytes]:
    """Every node of a state's tries."""
    state.root()
    trie: Any = state._trie
    nodes: list[bytes] = []

    def collect(node: Any) -> None:
        if node is None:
            return
        reference(node)
        nodes.append(encode(_item(node)))
        for child in getattr(node, "children", (getattr(node, "child", None),)):
            collect(child)

    for each in (trie._accounts, *trie._storages.values()):
        collect(each._node)
    return nodes


def fresh(state: FlatState) -> FlatState:
    """The same state without anything carried over."""
    return FlatState(state.accounts, state.storage, state.empty_accounts)


def test_what_a_state_holds() -> None:
    state = FlatState({ALICE: Account(1, 256, b"\x60")}, {ALICE: {7: 258}, BOB: {1: 1}}, frozenset({CAROL}))
    assert state.get(nonce_key(ALICE)) == b"\x01"
    assert state.get(balance_key(ALICE)) == b"\x01\x00"
    assert state.get(code_key(ALICE)) == b"\x60"
    assert state.get(slot_key(ALICE, 7)) == b"\x01\x02"
    assert state.get(empty_account_key(CAROL)) == b"\x01"
    absent = [nonce_key(BOB), code_key(CAROL), slot_key(ALICE, 8), slot_key(CAROL, 1), empty_account_key(ALICE)]
    assert [state.get(key) for key in absent] == [None] * 5
    assert [state.has_storage(address) for address in (ALICE, BOB, CAROL)] == [False, True, False]
    with pytest.raises(ValueError, match="is no key: the first byte must be from 0 to 4"):
        state.get(b"\x05" + ALICE)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (balance_key(ALICE), b"", "must be a number of 1 to 32 bytes, or absent, but is 0x"),
        (slot_key(ALICE, 1), b"\x00", "slot 0x1 of 0xa1.*: must be .*, but is 0x00"),
        (nonce_key(ALICE), b"\x01" * 33, "nonce 0xa1"),
        (code_key(ALICE), b"", "code 0xa1.*: must not be empty: no code is absent"),
        (b"\x05" + ALICE, None, "is no key"),
    ],
)
def test_values_that_are_not_canonical_are_refused(key: bytes, value: bytes | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FlatState({}, {}).apply({key: value}, [])


def test_a_state_never_changes() -> None:
    state = FlatState({ALICE: Account(1, 1)}, {ALICE: {1: 1}}, frozenset({CAROL}))
    before = state.to_alloc()
    state.apply({balance_key(ALICE): b"\x05", slot_key(ALICE, 1): None, empty_account_key(CAROL): None}, [ALICE])
    assert state.to_alloc() == before


def test_known_roots() -> None:
    assert FlatState({}, {}).root() == EMPTY_ROOT
    # The one leaf of a state with one account, written out.
    empty_hash = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
    leaf = encode([b"\x20" + keccak256(ALICE), encode([b"\x01", b"\x02", EMPTY_ROOT, empty_hash])])
    assert FlatState({ALICE: Account(1, 2)}, {}).root() == keccak256(leaf)
    empty_leaf = encode([b"\x20" + keccak256(ALICE), encode([b"", b"", EMPTY_ROOT, empty_hash])])
    assert FlatState({}, {}, frozenset({ALICE})).root() == keccak256(empty_leaf)
    slot = encode([b"\x20" + keccak256(bytes(31) + b"\x03"), encode(b"\x04")])
    storage_leaf = encode([b"\x20" + keccak256(ALICE), encode([b"", b"", keccak256(slot), empty_hash])])
    assert FlatState({}, {ALICE: {3: 4}}).root() == keccak256(storage_leaf)


@given(allocs, steps, st.sets(st.integers(0, 5)))
def test_every_way_to_a_state_gives_the_same_root(
    alloc: dict[str, object], changes: list[tuple[dict[bytes, bytes | None], list[bytes]]], rooted: set[int]
) -> None:
    flat = FlatState.from_alloc(alloc)
    witness = WitnessState(flat.root(), witness_of(flat), [account.code for account in flat.accounts.values()])
    carried = fresh(flat)
    wanted = [key for changed, _ in changes for key in changed]
    wanted += [empty_account_key(key[1:21]) for key in wanted]
    for index, (changed, wipes) in enumerate(changes):
        if index in rooted:
            carried.root()
        flat, witness, carried = (
            flat.apply(changed, wipes),
            witness.apply(changed, wipes),
            carried.apply(changed, wipes),
        )
        assert [flat.get(key) for key in wanted] == [witness.get(key) for key in wanted]
        assert [flat.has_storage(key[1:21]) for key in wanted] == [witness.has_storage(key[1:21]) for key in wanted]
        assert witness.root() == fresh(flat).root()
    assert carried.root() == flat.root() == fresh(flat).root() == FlatState.from_alloc(flat.to_alloc()).root()


@given(allocs)
def test_an_alloc_comes_back(alloc: dict[str, object]) -> None:
    state = FlatState.from_alloc(alloc)
    assert FlatState.from_alloc(state.to_alloc()).to_alloc() == state.to_alloc()
    assert set(state.to_alloc()) == set(alloc)


def test_an_alloc_may_leave_fields_out_and_write_numbers_either_way() -> None:
    alloc = {"0x" + ALICE.hex(): {"balance": 16, "storage": {"0x00": "0x00", "0x01": "0x0a"}}, "0x" + CAROL.hex(): {}}
    assert FlatState.from_alloc(alloc).to_alloc() == {
        "0x" + ALICE.hex(): {"nonce": "0x0", "balance": "0x10", "code": "0x", "storage": {"0x1": "0xa"}},
        "0x" + CAROL.hex(): {"nonce": "0x0", "balance": "0x0", "code": "0x", "storage": {}},
    }


NAME = "0x" + ALICE.hex()


@pytest.mark.parametrize(
    ("alloc", "message"),
    [
        ({"0x01": {}}, "account 0x01: an address must be 20 bytes, but is 1"),
        ({"alice": {}}, "address: must be a hex string of whole bytes such as '0x1f2e', but is 'alice'"),
        (
            {NAME: {}, NAME.replace("a", "A"): {}},
            f"account {NAME.replace('a', 'A')}: must be listed once, but is listed twice",
        ),
        ({NAME: []}, f"account {NAME}: must be an object, but is []"),
        ({NAME: {"none": 1}}, f"account {NAME}: unknown field 'none'; the fields are nonce, balance, code, storage"),
        ({NAME: {"nonce": 2**64}}, f"account {NAME}: nonce: must fit into 64 bits and not be negative, but is {2**64}"),
        ({NAME: {"balance": -1}}, f"account {NAME}: balance: must fit into 256 bits and not be negative, but is -1"),
        (
            {NAME: {"balance": "12"}},
            f"account {NAME}: balance: must be a hex string such as '0x1f' or an integer, but is '12'",
        ),
        (
            {NAME: {"balance": True}},
            f"account {NAME}: balance: must be a hex string such as '0x1f' or an integer, but is True",
        ),
        (
            {NAME: {"code": "0x123"}},
            f"account {NAME}: code: must be a hex string of whole bytes such as '0x1f2e', but is '0x123'",
        ),
        ({NAME: {"storage": None}}, f"account {NAME}: storage: must be an object, but is None"),
        (
            {NAME: {"storage": {"0x1": 1, "0x01": 1}}},
            f"account {NAME}: storage slot 0x01: must be listed once, but is listed twice",
        ),
        (
            {NAME: {"storage": {"0x1": "1"}}},
            f"account {NAME}: storage slot 0x1: must be a hex string such as '0x1f' or an integer, but is '1'",
        ),
    ],
)
def test_a_malformed_alloc_names_account_and_field(alloc: Mapping[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        FlatState.from_alloc(alloc)


def test_a_partial_state_has_no_root_and_no_empty_accounts() -> None:
    state = PartialState.from_alloc({NAME: {"balance": "0x1"}, "0x" + CAROL.hex(): {"nonce": "0x0"}})
    assert state.get(empty_account_key(CAROL)) is None
    after = state.apply({balance_key(ALICE): b"\x02"}, [])
    assert after.get(balance_key(ALICE)) == b"\x02"
    assert not after.has_storage(ALICE)
    with pytest.raises(RootUnavailable, match="a state root needs the whole state or a witness"):
        after.root()


def missing(state: FlatState, node_hash: bytes) -> WitnessState:
    """The witness of a whole state but for one node, and without any code."""
    return WitnessState(state.root(), [node for node in witness_of(state) if keccak256(node) != node_hash], [])


def test_what_a_witness_lacks_is_named() -> None:
    state = FlatState({ALICE: Account(1, 1, b"\x60\x01"), BOB: Account(1, 1)}, {ALICE: {1: 1, 2: 2}})
    code_hash = keccak256(b"\x60\x01").hex()
    trie: Any = state.root() and state._trie
    account = trie.account(ALICE)

    without_root = missing(state, state.root())
    message = f"node 0x{state.root().hex()} on the path to account 0x{BOB.hex()} is missing"
    for read in (
        lambda: without_root.get(balance_key(BOB)),
        lambda: without_root.get(slot_key(BOB, 1)),
        lambda: without_root.has_storage(BOB),
        lambda: without_root.apply({balance_key(BOB): b"\x01"}, []),
    ):
        with pytest.raises(MissingWitness, match=f"^{message}$"):
            read()

    without_storage = missing(state, account.storage_root)
    assert without_storage.get(nonce_key(ALICE)) == b"\x01"
    message = f"node 0x{account.storage_root.hex()} on the path to slot 0x2 of account 0x{ALICE.hex()} is missing"
    with pytest.raises(MissingWitness, match=f"^{message}$"):
        without_storage.get(slot_key(ALICE, 2))
    with pytest.raises(MissingWitness, match=f"^{message}$"):
        without_storage.apply({slot_key(ALICE, 2): b"\x01"}, [])
    assert without_storage.apply({slot_key(ALICE, 1): b"\x09"}, [ALICE]).get(slot_key(ALICE, 2)) is None

    with pytest.raises(MissingWitness, match=f"^code 0x{code_hash} of account 0x{ALICE.hex()} is missing$"):
        without_storage.get(code_key(ALICE))


def test_a_collapse_in_the_accounts_names_the_account_that_goes() -> None:
    state = FlatState({ALICE: Account(1, 1), BOB: Account(1, 1)}, {})
    leaves = [node for node in witness_of(state) if keccak256(node) != state.root()]
    other = next(node for node in leaves if keccak256(BOB)[1:] in node)
    message = f"node 0x{keccak256(other).hex()} on the path to account 0x{ALICE.hex()} is missing"
    with pytest.raises(MissingWitness, match=f"^{message}$"):
        missing(state, keccak256(other)).apply({nonce_key(ALICE): None, balance_key(ALICE): None}, [])


@pytest.mark.parametrize(
    "value", [b"\x01", encode([b"", b"", EMPTY_ROOT]), encode([b"\x00", b"", EMPTY_ROOT, EMPTY_ROOT])]
)
def test_a_leaf_that_is_no_account_is_malformed(value: bytes) -> None:
    leaf = encode([b"\x20" + keccak256(ALICE), value])
    with pytest.raises(MalformedNode, match=f"^account 0x{ALICE.hex()}: "):
        WitnessState(keccak256(leaf), [leaf], []).get(balance_key(ALICE))


@pytest.mark.fixtures
def test_the_witness_of_a_real_block() -> None:
    block = block_file("1-23587691")
    nodes = [bytes.fromhex(node[2:]) for node in block["witness"]["nodes"]]
    codes = [bytes.fromhex(code[2:]) for code in block["witness"]["codes"]]
    state = WitnessState(bytes.fromhex(block["preStateRoot"][2:]), nodes, codes)
    credited = {balance_key(bytes.fromhex(each["address"][2:])) for each in block["withdrawals"]}
    before = {key: state.get(key) for key in credited}
    after = state.apply(dict.fromkeys(credited, b"\x01"), [])
    assert after.root() != state.root()
    assert after.apply(before, []).root() == state.root() == bytes.fromhex(block["preStateRoot"][2:])
