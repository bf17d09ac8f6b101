"""A state put into an empty store in one pass, with no more of it in memory than a batch; and a stored one checked so.

Both go through accounts and slots in the order of their hashes, and build the tries on the way (sorted.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from samestate.optimized.evm.sorted import SMALLEST, TrieInOrder, hash_of
from samestate.optimized.evm.trie import EMPTY_CODE_HASH
from samestate.optimized.stores.description import Description
from samestate.optimized.stores.store import (
    ACCOUNTS,
    CODES,
    META,
    NODES,
    SLOTS,
    TABLES,
    Changes,
    Record,
    Store,
    StoreDamaged,
)

EMPTY_ROOT: Final = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""The root of a trie that holds nothing."""

BATCH: Final = 50_000
"""Records that are written in one transaction while a store is filled, and read at once while it is checked."""
HAS_CODE: Final = 0x10
HAS_STORAGE: Final = 0x20


def flat_number(number: int) -> bytes:
    """A number without leading zeros, as stores have it."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def flat_account(nonce: int, balance: int, code_hash: bytes, storage_root: bytes) -> bytes:
    """An account as stores have it (state_trie.hpp)."""
    flat_nonce, flat_balance = flat_number(nonce), flat_number(balance)
    flags = len(flat_nonce)
    end = b""
    if code_hash != EMPTY_CODE_HASH:
        flags, end = flags | HAS_CODE, code_hash
    if storage_root != EMPTY_ROOT:
        flags, end = flags | HAS_STORAGE, end + storage_root
    return bytes((flags, len(flat_balance))) + flat_nonce + flat_balance + end


class StoredAccount(NamedTuple):
    """What a store has of an account, but for its numbers."""

    code_hash: bytes
    storage_root: bytes


def read_account(flat: bytes) -> StoredAccount:
    """The hashes in an account as stores have it; its form is checked by whoever builds a trie of it."""
    flags = flat[0] if flat else 0
    end = flat[len(flat) - 32 * (bool(flags & HAS_CODE) + bool(flags & HAS_STORAGE)) :]
    code_hash = end[:32] if flags & HAS_CODE else EMPTY_CODE_HASH
    return StoredAccount(code_hash, end[-32:] if flags & HAS_STORAGE else EMPTY_ROOT)


class Filler:
    """Fills a store. What was in it is gone; it holds a state only once :meth:`finish` has been called."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts = TrieInOrder()
        self._records: dict[int, list[tuple[bytes, bytes | None]]] = {}
        self._count = 0
        for table in (META, *range(len(TABLES) - 1)):
            store.write(Changes([(table, b"")], {}))

    def account(
        self,
        address_hash: bytes,
        nonce: int,
        balance: int,
        code: bytes = b"",
        slots: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """The next account, by the hash of its address. Its ``slots`` come by their hashes, values as stores have them.

        Raises ValueError where one does not come in its turn, or has no such form.
        """
        code_hash = EMPTY_CODE_HASH
        if code:
            code_hash = hash_of(code)
            self._put(CODES, [(code_hash, code)])
        flat = flat_account(nonce, balance, code_hash, self._storage(address_hash, iter(slots)))
        self._put_nodes(self._accounts.add([(address_hash, flat)]))
        self._put(ACCOUNTS, [(address_hash, flat)])

    def finish(
        self, fork: str, height: int, block_hash: bytes = b"", expected_root: bytes | None = None
    ) -> Description:
        """The state is whole. What it says of itself from now on.

        Raises StoreDamaged where its root is not the one that is expected; then no state is there.
        """
        root = self._accounts.root()
        if expected_root not in (None, root):
            raise StoreDamaged(f"the state must have the root 0x{expected_root.hex()}, and has 0x{root.hex()}")
        self._put_nodes(self._accounts.nodes())
        self._write()
        description = Description(fork, height, root, block_hash)
        meta: dict[bytes, bytes | None] = {**description.records(), b"root": root}
        self._store.write(Changes((), {META: sorted(meta.items())}))
        return description

    def _storage(self, owner: bytes, slots: Iterator[tuple[bytes, bytes]]) -> bytes:
        batch = list(islice(slots, BATCH))
        if not batch:
            return EMPTY_ROOT
        trie = TrieInOrder(owner)
        while batch:
            self._put_nodes(trie.add(batch))
            self._put(SLOTS, [(owner + slot, value) for slot, value in batch])
            batch = list(islice(slots, BATCH))
        root = trie.root()
        self._put_nodes(trie.nodes())
        return root

    def _put_nodes(self, nodes: list[tuple[bytes, bytes, int]]) -> None:
        if nodes:
            self._put(NODES, [(name, node) for name, node, _ in nodes])

    def _put(self, table: int, records: list[tuple[bytes, bytes]]) -> None:
        self._records.setdefault(table, []).extend(records)
        self._count += len(records)
        if self._count >= BATCH:
            self._write()

    def _write(self) -> None:
        self._store.write(Changes((), {table: sorted(set(records)) for table, records in self._records.items()}))
        self._records = {}
        self._count = 0


class Contents(NamedTuple):
    """How many records of each kind a state has."""

    accounts: int
    slots: int
    codes: int
    nodes: int


def check(store: Store, description: Description, progress: Callable[[int], None] = lambda done: None) -> Contents:
    """See that a stored state is whole: all roots and nodes follow from its values, and nothing else is there.

    ``progress`` is told how many accounts and slots were seen. Raises StoreDamaged with the first thing that is wrong.
    """
    accounts = TrieInOrder(smallest=1)
    slots = store.iterate(SLOTS)
    pending = next(slots, None)
    counts = {ACCOUNTS: 0, SLOTS: 0, CODES: 0, NODES: 0}
    codes: set[bytes] = set()
    for address_hash, flat in store.iterate(ACCOUNTS):
        account = read_account(flat)
        trie = TrieInOrder(address_hash, 1)
        batch: list[Record] = []
        while pending is not None and pending[0][:32] == address_hash:
            batch.append((pending[0][32:], pending[1]))
            pending = next(slots, None)
            if len(batch) == BATCH or pending is None or pending[0][:32] != address_hash:
                counts[NODES] += _check_nodes(store, _added(trie, batch))
                counts[SLOTS] += len(batch)
                progress(counts[ACCOUNTS] + counts[SLOTS])
                batch = []
        root = trie.root()
        counts[NODES] += _check_nodes(store, trie.nodes())
        if root != account.storage_root:
            raise StoreDamaged(
                f"the account with the hash 0x{address_hash.hex()} has the storage root 0x{account.storage_root.hex()},"
                f" and its slots give 0x{root.hex()}"
            )
        if account.code_hash != EMPTY_CODE_HASH and account.code_hash not in codes:
            code = store.get(CODES, account.code_hash)
            if code is None or hash_of(code) != account.code_hash:
                said = "is not there" if code is None else "is another"
                raise StoreDamaged(f"the code 0x{account.code_hash.hex()} of 0x{address_hash.hex()} {said}")
            codes.add(account.code_hash)
        counts[NODES] += _check_nodes(store, _added(accounts, [(address_hash, flat)]))
        counts[ACCOUNTS] += 1
        progress(counts[ACCOUNTS] + counts[SLOTS])
    if pending is not None:
        raise StoreDamaged(f"the slot 0x{pending[0][32:].hex()} is of no account: 0x{pending[0][:32].hex()}")
    root = accounts.root()
    counts[NODES] += _check_nodes(store, accounts.nodes())
    if root != description.root:
        raise StoreDamaged(f"the state says that its root is 0x{description.root.hex()}, and it is 0x{root.hex()}")
    there = sum(1 for _ in store.iterate(NODES))
    if there != counts[NODES]:
        raise StoreDamaged(f"there are {there} nodes, of which {there - counts[NODES]} are part of no trie")
    return Contents(counts[ACCOUNTS], counts[SLOTS], len(codes), counts[NODES])


def _added(trie: TrieInOrder, records: list[Record]) -> list[tuple[bytes, bytes, int]]:
    try:
        return trie.add(records)
    except ValueError as error:
        raise StoreDamaged(str(error)) from error


def _check_nodes(store: Store, nodes: list[tuple[bytes, bytes, int]]) -> int:
    """How many of these nodes the store has. Raises StoreDamaged where one that it has is another, or is lacking."""
    found = 0
    for (name, node, values), there in zip(nodes, store.get_many(NODES, [name for name, _, _ in nodes]), strict=True):
        if there is None and values <= SMALLEST:
            continue
        if there != node:
            said = "is not there" if there is None else "is another"
            raise StoreDamaged(f"the node 0x{name.hex()}, with {values} values below it, {said}")
        found += 1
    return found
