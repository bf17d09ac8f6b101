"""A state in a store: what a block asks of it is read when it is asked for, what it changed is written as a whole.

A World like any other for whoever executes blocks (world.py), but that nothing is in its table. What is read stays as
it was committed last, until the next commit. Changes go into the tries alone (state_trie.hpp), which load the nodes on
the way to them, and :meth:`StoredWorld.commit` has the store make of them one transaction: where the store can, while
the next block is executed already.

LMDB is asked without the interpreter lock. Of another store, values that a block will probably read can be read ahead,
many at once; for anything else a worker takes the lock. `counts` says how often which of the two it was.
"""

import time
from collections.abc import Iterable, Mapping

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.libcpp import bool as cbool
from cython.cimports.libcpp.string import string
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.evm.seams import BALANCE, CODE, EXISTENCE, NONCE, SLOT, Code
from cython.cimports.samestate.optimized.evm.seams import Hash as CodeHash
from cython.cimports.samestate.optimized.evm.state_store import ACCOUNTS, CODES, SLOTS
from cython.cimports.samestate.optimized.evm.trie import (
    BALANCE_SET,
    CODE_SET,
    HELD,
    NONCE_SET,
    WIPED,
    AccountChange,
    SlotChange,
    StateTrie,
    load_be,
    thread_count,
)
from cython.cimports.samestate.optimized.evm.witness import find_content, has_slots
from cython.cimports.samestate.optimized.evm.world import World
from cython.cimports.samestate.optimized.stores import lmdb_store
from cython.cimports.samestate.optimized.stores.lmdb_store import LmdbStore
from cython.cimports.samestate.optimized.stores.records import Change, Changes, Run, text

from samestate.optimized.evm.world import limbs_of
from samestate.optimized.stores import store as stores
from samestate.optimized.stores.store import META, TABLES

META_TABLE = cython.declare(cython.int, META)
KEPT_NODES = cython.declare(cython.size_t, 400_000)
"""So many nodes of tries stay in memory from block to block, of some 120 bytes each; with more, none does."""
FOLD_AFTER = cython.declare(uint64_t, 30_000)
"""Values, of some 150 bytes each."""
KEPT_DEPTH = cython.declare(cython.int, 4)
"""Nibbles: above them are at most 4,369 branches of a trie."""


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def get_record(
    itself: cython.p_void,
    table: cython.int,
    key: cython.pointer(cython.const[string]),
    value: cython.pointer(string),
    is_there: cython.pointer(cbool),
) -> cbool:
    """A record of the store. See state_store.hpp."""
    with cython.gil:
        return cython.cast(StoredWorld, itself).get_record(table, key, value, is_there)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def scan_records(
    itself: cython.p_void,
    table: cython.int,
    first: cython.pointer(cython.const[string]),
    end: cython.pointer(cython.const[string]),
    found: cython.pointer(Run),
) -> cbool:
    """Records of the store that follow one another."""
    with cython.gil:
        return cython.cast(StoredWorld, itself).scan_records(table, first, end, found)


@cython.cfunc
def hash_of(data: bytes) -> bytes:
    """The Keccak-256 hash of bytes."""
    digest: uint8_t[32]
    keccak256(cython.cast(cython.pointer(uint8_t), cython.cast(cython.p_char, data)), len(data), digest)
    return cython.cast(cython.p_char, digest)[:32]


@cython.cfunc
def as_python(changes: cython.const[Changes]) -> object:
    """Changes as a store that is written in Python takes them."""
    table: cython.int
    index: cython.size_t
    change: cython.pointer(cython.const[Change])
    ranges: list = []
    for index in range(changes.ranges().size()):
        ranges.append((changes.ranges()[index].first, cython.cast(bytes, changes.ranges()[index].second)))
    tables: dict = {}
    for table in range(len(TABLES)):
        records: list = []
        for index in range(changes.of(table).size()):
            change = cython.address(changes.of(table)[index])
            value = cython.cast(bytes, change.value) if change.is_put else None
            records.append((cython.cast(bytes, change.key), value))
        if records:
            tables[table] = records
    return stores.Changes(ranges, tables)


@cython.cclass
class StoredWorld(World):
    """The state with a root, of which a store has all values (store.py, :class:`Store`).

    Whatever the store raises is raised by whoever asked, or by :meth:`explain` where a block did. With the commit after
    ``fold_after`` values were read into the tries, what is ``kept_depth`` nibbles down and deeper is let go of.
    """

    def __init__(self, store: object, root: bytes, fold_after: int = FOLD_AFTER, kept_depth: int = KEPT_DEPTH) -> None:
        self.store = store
        self.fold_after = fold_after
        self.kept_depth = kept_depth
        self.written = self.settled = root
        self.keeps_table = False
        self.get_of_store = store.get
        self.scan_of_store = store.scan
        self.native = store if isinstance(store, LmdbStore) else None
        self.reads_ahead = self.native is None
        if self.native is None:
            self.place.itself = cython.cast(cython.p_void, self)
            self.place.get = get_record
            self.place.scan = scan_records
        else:
            self.place.itself = self.native.opened()
            self.place.get = lmdb_store.get_record
            self.place.scan = lmdb_store.scan_records
            self.place.is_free = True
        self.begin()
        self.own.itself = cython.address(self.witness)
        self.own.find = find_content
        self.own.has_slots = has_slots
        self.own.outside = cython.NULL
        self.asked = cython.address(self.own)
        self.lacking_code = self.witness.lacking_code()

    def begin(self) -> cython.int:
        """Stand at what was committed last, whatever has been done since."""
        self.proof = StateTrie()
        self.proof.tries.begin_stored(
            cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(self.written)), cython.address(self.place)
        )
        self.commit_to(self.proof)
        self.is_pending = False
        self.witness.begin(
            cython.address(self.proof.tries), cython.address(self.proof.codes), cython.address(self.codes)
        )
        return 0

    def get_record(
        self,
        table: cython.int,
        key: cython.pointer(cython.const[string]),
        value: cython.pointer(string),
        is_there: cython.pointer(cbool),
    ) -> cbool:
        """See :func:`get_record`."""
        found: bytes
        try:
            answer = self.get_of_store(table, PyBytes_FromStringAndSize(key.data(), key.size()))
            is_there[0] = answer is not None
            if answer is not None:
                found = answer
                value.assign(PyBytes_AS_STRING(found), cython.cast(cython.size_t, len(found)))
        except BaseException as problem:
            self.problem = problem
            return False
        return True

    def scan_records(
        self,
        table: cython.int,
        first: cython.pointer(cython.const[string]),
        end: cython.pointer(cython.const[string]),
        found: cython.pointer(Run),
    ) -> cbool:
        """See :func:`scan_records`."""
        key: bytes
        value: bytes
        try:
            for key, value in self.scan_of_store(
                table,
                PyBytes_FromStringAndSize(first.data(), first.size()),
                PyBytes_FromStringAndSize(end.data(), end.size()),
            ):
                found.add(text(PyBytes_AS_STRING(key), len(key)), text(PyBytes_AS_STRING(value), len(value)))
        except BaseException as problem:
            self.problem = problem
            return False
        return True

    def begin_block(self) -> cython.int:
        """See :meth:`World.begin_block`. Raises ValueError where the block before it was not committed."""
        if self.is_pending:
            raise ValueError("the block before this one is part of the state, and was not committed to its store")
        return 0

    def trie_of_now(self, workers: cython.size_t) -> StateTrie:
        """See :meth:`World.trie_of_now`. What a block that was not accepted has done to the tries is let go of."""
        if self.trie.is_broken or self.ahead:
            self.begin()
        return self.trie

    def revert(self) -> None:
        """Let go of whatever was changed and not committed."""
        self.version += 1
        self.begin()

    def lacking(self) -> list:
        """See :meth:`World.lacking`."""
        found: list = []
        for name in self.witness.lacking():
            found.append(cython.cast(bytes, name))
        return found

    def explain(self, key: bytes) -> None:
        """Raise what the store has raised when somebody last asked, or that it is damaged where a code is not there."""
        self.raise_problem()
        if key[0] == CODE:
            raise LookupError(f"the state has no code of account 0x{key[1:].hex()}, and has its hash: it is damaged")
        self.proof.account(key[1:21])
        if key[0] == SLOT:
            self.proof.slot(key[1:21], int.from_bytes(key[21:], "big"))

    def raise_problem(self) -> None:
        """Raise what the store has raised, if anything."""
        if self.native is not None:
            self.native.raise_failure()
        problem, self.problem = self.problem, None
        if problem is not None:
            raise problem

    def get(self, key: bytes) -> bytes | None:
        """See :meth:`World.get`."""
        value = World.get(self, key)
        self.raise_problem()
        return value

    def read_ahead(self, keys: Iterable[bytes]) -> None:
        """Read what these canonical keys name, all at once: workers then find it without the interpreter lock."""
        accounts: set = set()
        slots: set = set()
        for key in keys:
            if key[0] == SLOT:
                slots.add(hash_of(key[1:21]) + hash_of(key[21:]))
            accounts.add(hash_of(key[1:21]))
        for table, names in ((ACCOUNTS, sorted(accounts)), (SLOTS, sorted(slots))):
            began = time.perf_counter_ns()
            values = self.store.get_many(table, names)
            self.waited_ahead += cython.cast(uint64_t, time.perf_counter_ns() - began)
            for name, value in zip(names, values, strict=True):
                self.take(table, name, value)
                self.bytes_ahead += cython.cast(uint64_t, len(value or b""))
            self.keys_ahead += len(names)

    def take(self, table: cython.int, key: bytes, value: object) -> None:
        """Have what a store said at hand."""
        name: string
        text: string
        data: bytes
        name.assign(PyBytes_AS_STRING(key), cython.cast(cython.size_t, len(key)))
        if value is None:
            self.place.read_ahead(table, name, cython.NULL)
        else:
            data = value
            text.assign(PyBytes_AS_STRING(data), cython.cast(cython.size_t, len(data)))
            self.place.read_ahead(table, name, cython.address(text))

    def counts(self) -> dict:
        """How often the store was asked and written, how much that was, and how long others waited for it.

        ``on_demand``, ``scans``: single keys and ranges that a worker or a trie asked for; ``ahead``: keys read ahead,
        of which ``met`` counts uses; ``nodes``, ``values``: read into tries; ``kept``: of these,
        what was left when some were let go of last; ``read_bytes``: of all answers;
        ``read_nanoseconds``: until there were answers, of all threads together. ``commits``: what was handed over to be
        written, with ``written`` records of ``written_bytes``, for which ``commit_nanoseconds`` were waited.
        """
        return {
            "on_demand": self.place.asked_so_far(),
            "scans": self.place.scanned_so_far(),
            "ahead": self.keys_ahead,
            "met": self.place.met_ahead(),
            "nodes": self.place.nodes_read_so_far(),
            "values": self.place.values_read_so_far(),
            "read_bytes": self.place.bytes_read_so_far() + self.bytes_ahead,
            "read_nanoseconds": self.place.waited_so_far() + self.waited_ahead,
            "commits": self.commits,
            "written": self.records_written,
            "written_bytes": self.bytes_written,
            "commit_nanoseconds": self.waited_commits,
            "kept": self.kept,
        }

    def apply(self, changes: Mapping[bytes, bytes | None], wipes: Iterable[bytes] = ()) -> None:
        """See :meth:`World.apply`. Nothing of it is read before it is committed."""
        accounts: vector[AccountChange]
        slots: vector[SlotChange]
        account: AccountChange
        slot: SlotChange
        named: bytes
        limbs: bytes
        text: bytes
        self.trie_of_now(1)
        for address in wipes:
            named = address
            account.parts = WIPED
            memcpy(account.address.bytes, PyBytes_AS_STRING(named), 20)
            accounts.push_back(account)
        for key, value in changes.items():
            named = key
            if named[0] == SLOT:
                limbs = limbs_of(value or b"")
                memcpy(slot.address.bytes, PyBytes_AS_STRING(named) + 1, 20)
                slot.slot = load_be(cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(named)) + 21)
                memcpy(cython.address(slot.value), PyBytes_AS_STRING(limbs), 32)
                slots.push_back(slot)
                continue
            memcpy(account.address.bytes, PyBytes_AS_STRING(named) + 1, 20)
            if named[0] == EXISTENCE:
                account.parts = HELD
                account.is_held = value == b"\x01"
            elif named[0] == CODE:
                text = value or b""
                account.parts = CODE_SET
                memcpy(
                    account.code_hash.bytes,
                    self.codes.intern(
                        cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(text)), len(text)
                    ).hash.bytes,
                    32,
                )
            else:
                limbs = limbs_of(value or b"")
                account.parts = BALANCE_SET if named[0] == BALANCE else NONCE_SET
                memcpy(cython.address(account.balance), PyBytes_AS_STRING(limbs), 32)
                memcpy(cython.address(account.nonce), PyBytes_AS_STRING(limbs), 8)
            accounts.push_back(account)
        self.is_pending = True
        self.version += 1
        self.put_changes(cython.address(accounts), cython.address(slots))

    def put_changes(
        self, accounts: cython.pointer(vector[AccountChange]), slots: cython.pointer(vector[SlotChange])
    ) -> cython.int:
        """Put changes into the tries."""
        try:
            self.proof.put(accounts.data(), accounts.size(), slots.data(), slots.size(), 1)
        except Exception:
            self.raise_problem()
            raise
        return 0

    def put_packed(self, accounts: bytes, slots: bytes, codes: Iterable[bytes] = ()) -> None:
        """Change many accounts and slots, packed as :func:`samestate.optimized.evm.trie.pack_account` has it.

        ``codes`` are those whose hashes the accounts name.
        """
        text: bytes
        for text in codes:
            self.codes.intern(cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(text)), len(text))
        self.trie_of_now(1)
        self.is_pending = True
        self.version += 1
        try:
            self.proof.update(accounts, slots)
        except Exception:
            self.raise_problem()
            raise

    def commit(self, meta: Mapping[bytes, bytes], workers: int = 1, waits: bool = True) -> bytes:
        """Write all that has changed, and what is said of it, in one transaction. Gives the root.

        Where that fails the store and the state are as they were before the changes. Unless it ``waits``, a store that
        can writes while the next block is executed; that it is there is known once :meth:`settle`, or the next commit,
        returns, and if it fails, that raises, and the state is as it was before both.
        """
        root: bytes
        changes: Changes
        written: cython.size_t
        size: cython.size_t
        try:
            root = self.root(thread_count(workers))
            self.collect(changes)
            for name, value in {**meta, b"root": root}.items():
                changes.put(META_TABLE, name, value)
            changes.sort()
            written, size = changes.records(), changes.bytes()  # which a store may take over
            self.write(changes, waits)
        except BaseException:
            self.revert()
            self.raise_problem()
            raise
        self.commits += 1
        self.records_written += written
        self.bytes_written += size
        self.written = root
        if self.place.coming == cython.NULL:
            self.settled = root
        self.is_pending = False
        self.ahead = 0
        self.version += 1
        self.place.forget_ahead()
        self.fold()
        return root

    def fold(self) -> cython.int:
        """Let go of what was read into the tries, once it is much: all that was visited is looked at."""
        read: uint64_t = self.place.values_read_so_far()
        if read - self.folded < self.fold_after:
            self.witness.forget()
            return 0
        self.folded = read
        self.kept = self.proof.tries.fold(self.kept_depth)
        if self.kept > KEPT_NODES:
            self.begin()
        else:
            self.witness.forget()
        return 0

    def settle(self) -> None:
        """Wait until what was committed is in the store. Raises StoreError where it is not.

        Then the state is as it was before that, and before what has changed since.
        """
        if self.place.coming == cython.NULL:
            return
        began = time.perf_counter_ns()
        try:
            self.native.settle()
        except BaseException:
            self.place.look_first_at(cython.NULL)
            self.written = self.settled
            self.revert()
            raise
        finally:
            self.waited_commits += cython.cast(uint64_t, time.perf_counter_ns() - began)
        self.place.look_first_at(cython.NULL)
        self.settled = self.written

    def write(self, changes: Changes, waits: cbool) -> cython.int:
        """Have the store write changes."""
        self.settle()
        began = time.perf_counter_ns()
        try:
            if self.native is None:
                self.store.write(as_python(changes))
            elif waits:
                self.native.write_native(changes)
            else:
                self.native.write_behind(changes)
                self.place.look_first_at(self.native.native.writing())
        finally:
            self.waited_commits += cython.cast(uint64_t, time.perf_counter_ns() - began)
        return 0

    def collect(self, changes: Changes) -> cython.int:
        """What has changed, with the codes that accounts came to have."""
        codes: vector[string]
        hash: CodeHash
        code: cython.pointer(cython.const[Code])
        text: string
        index: cython.size_t
        self.proof.tries.append_stored(changes, codes)
        for index in range(codes.size()):
            memcpy(hash.bytes, codes[index].data(), 32)
            code = self.codes.find(hash)
            if code == cython.NULL:
                raise LookupError("a code that an account came to have is not in the table of codes: this is a bug")
            text.assign(cython.cast(cython.p_const_char, code.bytes), code.size)
            changes.put(CODES, codes[index], text)
        return 0

    def items(self) -> dict:
        """A store has no names of accounts and slots, but their hashes. Raises ValueError."""
        raise ValueError("a state in a store cannot list its keys: it has their hashes")

    def put(self, address: bytes, nonce: int, balance: int, code: bytes, storage: Mapping[int, int]) -> None:
        """See :meth:`World.put`."""
        key = bytes(address)
        changes: dict = {b"\x00" + key: b"\x01"} if not storage else {}
        for part, number in ((BALANCE, balance), (NONCE, nonce)):
            if number:
                changes[bytes((part,)) + key] = number.to_bytes((number.bit_length() + 7) // 8, "big")
        if code:
            changes[bytes((CODE,)) + key] = code
        for slot, number in storage.items():
            if number:
                changes[bytes((SLOT,)) + key + slot.to_bytes(32, "big")] = number.to_bytes(
                    (number.bit_length() + 7) // 8, "big"
                )
        self.apply(changes)

    def clear(self) -> None:
        """A state in a store is not emptied. Raises ValueError."""
        raise ValueError("a state in a store is not used for another")

    def close(self) -> None:
        """Give the store back, once what was committed is in it. Raises StoreError where it is not."""
        try:
            self.settle()
        finally:
            World.close(self)
            self.store.close()
