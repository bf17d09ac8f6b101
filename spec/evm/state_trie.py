"""The commitment to a state: a trie of accounts, each of which commits to a trie of its storage.

Both tries are secure ones: an account stands under the hash of its address, a slot under the hash of its 32 bytes
(yellow paper, section 4.1). The trie may be partial, as in a witness; what is missing is named by MissingWitness.
"""

# source: yellow paper, section 4.1

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import (
    EMPTY_ACCOUNT_VALUE,
    balance_key,
    code_key,
    empty_account_key,
    nonce_key,
    storage_owner,
)
from samestate.spec.evm.rlp import MalformedRlp, decode, encode, integer, to_bytes, to_int, to_list
from samestate.spec.state.patricia import EMPTY_ROOT, MalformedNode, MissingNode, Trie

EMPTY_CODE_HASH = keccak256(b"")
"""The code hash of an account without code."""


class MissingWitness(Exception):  # noqa: N818 - says what is wrong with the witness
    """Something was asked of a partial state that its witness does not hold."""


@dataclass(frozen=True, slots=True)
class AccountLeaf:
    """What the trie of accounts holds of an account: ``balance`` in wei, storage and code by their hashes."""

    nonce: int = 0
    balance: int = 0
    storage_root: bytes = EMPTY_ROOT
    code_hash: bytes = EMPTY_CODE_HASH

    def encode(self) -> bytes:
        """The RLP that stands in the trie."""
        # rule: evm.account.leaf
        return encode([integer(self.nonce), integer(self.balance), self.storage_root, self.code_hash])


EMPTY_LEAF = AccountLeaf()
"""An account that has nothing."""


class StateTrie:
    """An immutable state as its tries know it: accounts by address, storage by account, and code by hash only.

    Reading and updating raise MissingWitness where a partial trie lacks a node, and MalformedNode where it is no node.
    """

    __slots__ = ("_accounts", "_nodes", "_storages")

    def __init__(self, accounts: Trie, storages: Mapping[bytes, Trie], nodes: Mapping[bytes, bytes]) -> None:
        self._accounts = accounts
        self._storages = storages
        self._nodes = nodes

    @classmethod
    def empty(cls) -> StateTrie:
        """The state without accounts."""
        return cls(Trie(), {}, {})

    @classmethod
    def partial(cls, root: bytes, nodes: Mapping[bytes, bytes]) -> StateTrie:
        """The state with this root, its nodes to be found by hash in ``nodes``, which is kept, not copied."""
        return cls(Trie.partial(root, nodes), {}, nodes)

    def account(self, address: bytes) -> AccountLeaf | None:
        """The leaf of an account, or None where there is no such account."""
        try:
            leaf = self._accounts.get(keccak256(address))
        except MissingNode as missing:
            raise _missing_on_the_way_to_account(missing, address) from missing
        return None if leaf is None else _decode_leaf(leaf, address)

    def slot(self, address: bytes, slot: bytes) -> int:
        """The value of a storage slot, given as 32 bytes; zero where it is absent."""
        leaf = self.account(address)
        if leaf is None:
            return 0
        try:
            value = self._storage(address, leaf).get(keccak256(slot))
        except MissingNode as missing:
            raise _missing_on_the_way_to_slot(missing, address, slot) from missing
        if value is None:
            return 0
        try:
            return to_int(decode(value), 32, "value")
        except MalformedRlp as error:
            raise MalformedNode(f"slot {_short_hex(slot)} of account 0x{address.hex()}: {error}") from error

    def update(self, changes: Mapping[bytes, bytes | None], wiped: frozenset[bytes]) -> StateTrie:
        """The state after storage under ``wiped`` has vanished and then ``changes``, by state key, have been made."""
        changes_by_address: dict[bytes, dict[bytes, bytes | None]] = {address: {} for address in wiped}
        for key, value in changes.items():
            changes_by_address.setdefault(key[1:21], {})[key] = value
        storages = dict(self._storages)
        leaves: dict[bytes, bytes | None] = {}
        address_by_hash: dict[bytes, bytes] = {}
        for address, changed in changes_by_address.items():
            before = self.account(address)
            storage = Trie() if address in wiped else self._storage(address, before or EMPTY_LEAF)
            storage = _update_storage(storage, address, changed)
            storage_root = storage.root()
            # An account without storage needs no trie of its own: there are far more of those.
            storages.pop(address, None)
            if storage_root != EMPTY_ROOT:
                storages[address] = storage
            leaf = _update_leaf(before or EMPTY_LEAF, storage_root, address, changed)
            path = keccak256(address)
            address_by_hash[path] = address
            leaves[path] = leaf.encode() if _is_kept(before, leaf, address, changed) else None
        try:
            accounts = self._accounts.update(leaves)
        except MissingNode as missing:
            raise _missing_on_the_way_to_account(missing, address_by_hash[missing.key]) from missing
        return StateTrie(accounts, storages, self._nodes)

    def root(self) -> bytes:
        """The state root."""
        return self._accounts.root()

    def _storage(self, address: bytes, leaf: AccountLeaf) -> Trie:
        """The storage trie of an account."""
        known = self._storages.get(address)
        return Trie.partial(leaf.storage_root, self._nodes) if known is None else known


def _update_storage(storage: Trie, address: bytes, changed: Mapping[bytes, bytes | None]) -> Trie:
    """The storage trie of an account after the changes to its slots."""
    values: dict[bytes, bytes | None] = {}
    slot_by_hash: dict[bytes, bytes] = {}
    for key, value in changed.items():
        if storage_owner(key) is not None:
            slot = key[21:]
            slot_by_hash[keccak256(slot)] = slot
            # rule: evm.storage.leaf
            values[keccak256(slot)] = None if value is None else encode(value)
    if not values:
        return storage
    try:
        return storage.update(values)
    except MissingNode as missing:
        raise _missing_on_the_way_to_slot(missing, address, slot_by_hash[missing.key]) from missing


def _update_leaf(
    leaf: AccountLeaf, storage_root: bytes, address: bytes, changed: Mapping[bytes, bytes | None]
) -> AccountLeaf:
    """The leaf of an account with this storage, after the changes to its nonce, balance and code."""
    nonce, balance, code_hash = leaf.nonce, leaf.balance, leaf.code_hash
    if (key := nonce_key(address)) in changed:
        nonce = int.from_bytes(changed[key] or b"", "big")
    if (key := balance_key(address)) in changed:
        balance = int.from_bytes(changed[key] or b"", "big")
    if (key := code_key(address)) in changed:
        code_hash = keccak256(changed[key] or b"")
    return AccountLeaf(nonce, balance, storage_root, code_hash)


def _is_kept(
    before: AccountLeaf | None, leaf: AccountLeaf, address: bytes, changed: Mapping[bytes, bytes | None]
) -> bool:
    """Whether an account remains in the trie: it has something, or was empty from the start and nobody touched it."""
    if leaf != EMPTY_LEAF:
        return True
    was_empty = EMPTY_ACCOUNT_VALUE if before == EMPTY_LEAF else None
    # rule: evm.account.empty-is-absent
    # source: EIP-161, specification d; docs/decisions/0003
    return changed.get(empty_account_key(address), was_empty) is not None


def _decode_leaf(data: bytes, address: bytes) -> AccountLeaf:
    try:
        nonce, balance, storage_root, code_hash = to_list(decode(data), "leaf", 4)
        return AccountLeaf(
            to_int(nonce, 8, "nonce"),
            to_int(balance, 32, "balance"),
            to_bytes(storage_root, "storage root", 32),
            to_bytes(code_hash, "code hash", 32),
        )
    except MalformedRlp as error:
        raise MalformedNode(f"account 0x{address.hex()}: {error}") from error


def _missing_on_the_way_to_account(missing: MissingNode, address: bytes) -> MissingWitness:
    return MissingWitness(f"node 0x{missing.node_hash.hex()} on the path to account 0x{address.hex()} is missing")


def _missing_on_the_way_to_slot(missing: MissingNode, address: bytes, slot: bytes) -> MissingWitness:
    place = f"slot {_short_hex(slot)} of account 0x{address.hex()}"
    return MissingWitness(f"node 0x{missing.node_hash.hex()} on the path to {place} is missing")


def _short_hex(slot: bytes) -> str:
    return hex(int.from_bytes(slot, "big"))
