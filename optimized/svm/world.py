"""The state of Solana's machine between two blocks: accounts in a table, and what a bank carries beside them.

Outside, an account's value has the canonical bytes of vectors/FORMAT.md: lamports (8, little-endian), owner (32),
executable (1), data.
"""

from collections.abc import Iterable, Mapping

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.svm.packing import put_address
from cython.cimports.samestate.optimized.svm.seams import (
    ABSENT,
    Address,
    HardFork,
    Processed,
    QueueItem,
    Stop,
    TableEntry,
    add_all,
    delete_state,
    new_state,
)

from samestate.optimized.svm.rulesets import SLOT_TIMES

HEAD = cython.declare(cython.size_t, 41)  # bytes before the data
LATTICE_LENGTH = 2048
LONGEST_DATA = 10 * 2**20


@cython.cfunc
def value_of(account: cython.pointer(cython.const[Account])) -> bytes:
    """The bytes of an account that is there."""
    value: bytes = PyBytes_FromStringAndSize(cython.NULL, HEAD + account.length)
    place: cython.p_char = PyBytes_AS_STRING(value)
    memcpy(place, cython.address(account.lamports), 8)
    memcpy(place + 8, cython.address(account.owner), 32)
    place[40] = 1 if account.executable else 0
    if account.length:
        memcpy(place + HEAD, account.data, account.length)
    return value


@cython.cclass
class World:
    """Accounts and a bank. It is changed between blocks alone, by :meth:`apply` of a result.

    ``version``: how often it was changed: results of blocks on it say nothing any more that they have not said before.
    """

    def __cinit__(self):
        self.state = new_state()
        self.slot_time = SLOT_TIMES[400]
        memset(cython.address(self.others), 0, LATTICE_LENGTH)

    def __dealloc__(self):
        delete_state(self.state)

    def put(self, address: bytes, value: bytes | None) -> None:
        """Give an account a value, before :meth:`begin`."""
        account: Account = ABSENT
        key: Address
        put_address(cython.address(key), address, "address")
        if value is not None:
            if len(value) < HEAD or len(value) > HEAD + LONGEST_DATA:
                raise ValueError(f"account 0x{address.hex()}: a value has 41 bytes and up to 10 MiB of data")
            place: cython.p_const_char = PyBytes_AS_STRING(value)
            memcpy(cython.address(account.lamports), place, 8)
            memcpy(cython.address(account.owner), place + 8, 32)
            account.executable = place[40]
            account.length = len(value) - HEAD
            account.data = cython.cast(cython.pointer(cython.const[uint8_t]), place + HEAD)
        self.state.accounts.put(key, account)

    def begin(
        self,
        slot: int,
        hash: bytes,
        blockhashes: Iterable[tuple[bytes, int, int]],
        others: bytes | None = None,
        processed: Mapping[bytes, Iterable[bytes]] | None = None,
        hard_forks: Iterable[tuple[int, int]] = (),
        epochs: tuple[int, int, int, int] | None = None,
        lamports_per_byte: int = 6960,
        lamports_per_signature: int = 5000,
        slot_time: int = 400,
        hashes_per_tick: int | None = None,
        ticks_per_slot: int = 64,
        workers: int = 1,
        lattice: bytes | None = None,
    ) -> None:
        """Say what the bank of the block before carries, once all accounts are there.

        ``blockhashes``: each hash, number and price of a signature, oldest first. ``others``: the lattice of accounts
        that are not listed. ``epochs``: slots per epoch, offset of the leader schedule, first normal epoch, first
        normal slot. ``lattice``: that of all accounts together, from which that of the others follows.
        """
        item: QueueItem
        fork: HardFork
        message: Processed
        block: vector[Processed]
        stop: Stop
        threads: cython.size_t = workers
        self.slot_time = SLOT_TIMES[slot_time]
        self.state.bank.slot = slot
        put_address(cython.address(self.state.bank.hash), hash, "hash")
        self.state.bank.queue.items.clear()
        for content, number, lamports in blockhashes:
            put_address(cython.address(item.hash), content, "blockhash")
            item.number = number
            item.lamports = lamports
            self.state.bank.queue.items.push_back(item)
        if self.state.bank.queue.items.empty():
            raise ValueError("a bank has a blockhash at least")
        for blockhash, hashes in (processed or {}).items():
            put_address(cython.address(message.blockhash), blockhash, "blockhash")
            for content in hashes:
                put_address(cython.address(message.message), content, "hash of a message")
                block.push_back(message)
        if not block.empty():
            self.state.bank.processed.add(block)
        self.state.bank.hard_forks.clear()
        for at, times in hard_forks:
            fork.slot = at
            fork.times = times
            self.state.bank.hard_forks.push_back(fork)
        if epochs is not None:
            self.state.bank.epochs.slots_per_epoch = epochs[0]
            self.state.bank.epochs.leader_schedule_slot_offset = epochs[1]
            self.state.bank.epochs.first_normal_epoch = epochs[2]
            self.state.bank.epochs.first_normal_slot = epochs[3]
        self.state.bank.lamports_per_byte = lamports_per_byte
        self.state.bank.lamports_per_signature = lamports_per_signature
        self.state.bank.hashes_per_tick = self.slot_time.hashes_per_tick if hashes_per_tick is None else hashes_per_tick
        self.state.bank.ticks_per_slot = ticks_per_slot
        if others is not None:
            if len(others) != LATTICE_LENGTH:
                raise ValueError(f"a lattice has {LATTICE_LENGTH} bytes, not {len(others)}")
            memcpy(cython.address(self.others), PyBytes_AS_STRING(others), LATTICE_LENGTH)
        self.state.bank.lattice = self.others
        with cython.nogil:
            add_all(self.state.bank.lattice, self.state[0], threads, stop)
        if lattice is not None:
            if len(lattice) != LATTICE_LENGTH:
                raise ValueError(f"a lattice has {LATTICE_LENGTH} bytes, not {len(lattice)}")
            memcpy(cython.address(self.others), PyBytes_AS_STRING(lattice), LATTICE_LENGTH)
            self.others.subtract(self.state.bank.lattice)
            memcpy(cython.address(self.state.bank.lattice), PyBytes_AS_STRING(lattice), LATTICE_LENGTH)
        self.version += 1

    def get(self, address: bytes) -> bytes | None:
        """The value of an account, None where there is none."""
        key: Address
        put_address(cython.address(key), address, "address")
        account: cython.pointer(cython.const[Account]) = cython.address(self.state.accounts.find(key))
        return value_of(account) if account.lamports else None

    def items(self) -> dict[bytes, bytes]:
        """All accounts."""
        found: dict = {}
        entry: cython.pointer(TableEntry)
        number: uint64_t
        for number in range(self.state.accounts.entries().size()):
            entry = self.state.accounts.entries()[number]
            if entry.account.lamports:
                found[cython.cast(cython.p_char, cython.address(entry.address))[:32]] = value_of(
                    cython.address(entry.account)
                )
        return found

    @property
    def slot(self) -> int:
        """The slot of the block that was last."""
        return self.state.bank.slot

    @property
    def hash(self) -> bytes:
        """The bank hash of the block that was last."""
        return cython.cast(cython.p_char, cython.address(self.state.bank.hash))[:32]

    @property
    def blockhash(self) -> bytes:
        """The newest blockhash."""
        return cython.cast(cython.p_char, cython.address(self.state.bank.queue.items.back().hash))[:32]

    def lattice(self) -> bytes:
        """The lattice of all accounts, those that are not listed too."""
        return cython.cast(cython.p_char, cython.address(self.state.bank.lattice))[:LATTICE_LENGTH]

    def root(self) -> bytes:
        """The checksum of the lattice."""
        digest: uint8_t[32]
        self.state.bank.lattice.checksum(digest)
        return cython.cast(cython.p_char, digest)[:32]
