"""What a block has done to the state: its changes, put into a state or its trie, or given as Python objects.

The ledger itself is C++ (ledger.hpp), and so is all that is made of it unless somebody asks for objects. The block
access list (EIP-7928) that follows from it is written and compared here too.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcmp, memcpy
from cython.cimports.libcpp import bool as cbool
from cython.cimports.libcpp.string import string
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.core.records import Content
from cython.cimports.samestate.optimized.evm.block_records import BlockRecords
from cython.cimports.samestate.optimized.evm.packing import PackedBlock
from cython.cimports.samestate.optimized.evm.reading import number_at
from cython.cimports.samestate.optimized.evm.seams import (
    BALANCE,
    CODE,
    EXISTENCE,
    HELD_EMPTY,
    NONCE,
    SLOT,
    Address,
    u256,
)
from cython.cimports.samestate.optimized.evm.trie import AccountChange, SlotChange, thread_count
from cython.cimports.samestate.optimized.evm.worker_seams import Item, Malformed, malformed_access_list
from cython.cimports.samestate.optimized.evm.world import ACCOUNT_NAME, SLOT_NAME, AccountRecord, World

from samestate.optimized.result import Rejection

# What the ledger asks of the state before the block. `itself` is a Direct.


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ask_account(
    itself: cython.p_void, address: cython.pointer(cython.const[Address]), found: cython.pointer(AccountBefore)
) -> cbool:
    """What it holds of an account."""
    direct: cython.pointer(Direct) = cython.cast(cython.pointer(Direct), itself)
    record: cython.pointer(cython.const[AccountRecord])
    name: uint8_t[21]
    content: Content
    name[0] = ACCOUNT_NAME
    memcpy(name + 1, address.bytes, 20)
    if not direct.state.find(direct.state.itself, name, 21, cython.address(content)):
        return False
    found.nonce = 0
    found.balance = u256()
    found.code = direct.no_code
    found.is_held = False
    if content.data != cython.NULL:
        record = cython.cast(cython.pointer(cython.const[AccountRecord]), content.data)
        found.nonce = record.nonce
        memcpy(found.balance.w, record.balance, 32)
        if record.code != cython.NULL:
            found.code = record.code
        found.is_held = record.existence != 0
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ask_slot(
    itself: cython.p_void,
    address: cython.pointer(cython.const[Address]),
    slot: cython.pointer(cython.const[u256]),
    found: cython.pointer(u256),
) -> cbool:
    """What it holds of a slot."""
    direct: cython.pointer(Direct) = cython.cast(cython.pointer(Direct), itself)
    name: uint8_t[53]
    content: Content
    name[0] = SLOT_NAME
    memcpy(name + 1, address.bytes, 20)
    cython.cast(u256, slot[0]).store_be(name + 21)
    if not direct.state.find(direct.state.itself, name, 53, cython.address(content)):
        return False
    found[0] = u256()
    if content.data != cython.NULL:
        memcpy(found.w, content.data, 32)
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ask_slots(itself: cython.p_void, address: cython.pointer(cython.const[Address])) -> cbool:
    """Whether it holds any slot of an account."""
    direct: cython.pointer(Direct) = cython.cast(cython.pointer(Direct), itself)
    name: uint8_t[21]
    name[0] = SLOT_NAME
    memcpy(name + 1, address.bytes, 20)
    return direct.state.has_slots(direct.state.itself, name, 21)


def ask_of(before: cython.pointer(StateBefore), direct: cython.pointer(Direct)) -> cython.void:
    """Fill in what is asked of a state."""
    before.itself = direct
    before.account = ask_account
    before.slot = ask_slot
    before.has_slots = ask_slots


@cython.cfunc
def key_of(part: cython.int, address: cython.pointer(cython.const[Address])) -> object:
    """The canonical key of a part of an account."""
    return cython.cast(bytes, bytes((part,))) + PyBytes_FromStringAndSize(
        cython.cast(cython.p_const_char, address.bytes), 20
    )


@cython.cfunc
def word_at(limbs: cython.pointer(cython.const[uint64_t])) -> object:
    """The canonical bytes of a word, None for zero."""
    return number_at(cython.cast(cython.pointer(cython.const[uint8_t]), limbs))


@cython.cfunc
def place_of(data: bytes) -> cython.pointer(cython.const[uint8_t]):
    """Where the bytes of an object are."""
    return cython.cast(cython.pointer(uint8_t), cython.cast(cython.p_char, data))


@cython.cfunc
def digest_of(data: cython.pointer(cython.const[uint8_t]), length: cython.size_t) -> object:
    """The Keccak-256 hash of bytes."""
    digest: uint8_t[32]
    with cython.nogil:
        keccak256(data, length, digest)
    return cython.cast(cython.p_char, digest)[:32]


def refused_list(proposed: bytes, claimed_hash=None) -> object:
    """Why a block is invalid for the list that came with it, as far as that shows before it is executed; or None.

    ``claimed_hash``: what its header says of the list, where there is one. That accounts strictly ascend is part of the
    form of a list; what is wrong within one is for :meth:`BlockLedger.verify` to say.
    """
    item: Item
    malformed: Malformed
    if claimed_hash is not None:
        digest = digest_of(place_of(proposed), len(proposed))
        if digest != claimed_hash:
            said = f"the header says 0x{claimed_hash.hex()}, and it is 0x{digest.hex()}"
            return Rejection("INVALID_BAL_HASH", None, f"block access list hash: {said}")
    malformed = malformed_access_list(place_of(proposed), len(proposed), cython.address(item))
    if malformed.reason == cython.NULL:
        return None
    reason: bytes = malformed.reason
    return Rejection("MALFORMED_ACCESS_LIST", None, f"what begins at byte {malformed.position} {reason.decode()}")


@cython.cclass
class BlockLedger:
    """What a block has changed of a state, entered from its records.

    It speaks of the state as it was before the block: it is made, and asked for roots, before that changes, and can
    change it once. Raises ValueError where that is over, and MissingNode where a witness lacks what steps only touch or
    credit, which execution does not read.
    """

    def __init__(self, records: BlockRecords, block: PackedBlock, is_valid: bool) -> None:
        before: StateBefore
        steps: cython.size_t = records.records.steps.size() if is_valid else 0
        entered: cython.bint
        self.world = records.world
        self.version = records.version
        self.has_list = is_valid and block.ruleset.rules.has_access_list != 0
        if self.has_list:
            self.most_items = block.input.environment.gas_limit // block.ruleset.rules.block_access_list_item_gas
        self.check()
        self.world.ledgers += 1
        self.number = self.world.ledgers
        self.direct.state = self.world.asked
        self.direct.no_code = cython.address(self.world.codes.empty())
        ask_of(cython.address(before), cython.address(self.direct))
        self.ledger.begin(before, cython.address(self.world.codes), self.has_list)
        with cython.nogil:
            entered = self.ledger.enter(records.records, steps)
        if not entered:
            address = cython.cast(cython.p_char, self.ledger.missing.bytes)[:20]
            self.world.explain(key_of(EXISTENCE, cython.address(self.ledger.missing)))
            raise LookupError(f"the state before the block lacks what the block changes of account 0x{address.hex()}")

    def check(self) -> cython.int:
        """Raise ValueError where the state before the block is no more."""
        if self.world.version != self.version:
            raise ValueError("the state has changed since the block was executed on it")
        return 0

    @property
    def changes(self) -> dict:
        """Every key that was written or credited, and not wiped since, with its value after the block."""
        index: cython.size_t
        account: cython.pointer(LedgerAccount)
        slot: cython.pointer(LedgerSlot)
        if self.made is not None:
            return self.made
        changes: dict = {}
        for index in range(self.ledger.accounts.size()):
            account = cython.address(self.ledger.accounts[index])
            if account.changed & 1 << EXISTENCE:
                changes[key_of(EXISTENCE, cython.address(account.address))] = (
                    bytes((account.existence,)) if account.existence else None
                )
            if account.changed & 1 << BALANCE:
                changes[key_of(BALANCE, cython.address(account.address))] = word_at(account.balance.w)
            if account.changed & 1 << NONCE:
                number: u256 = u256(account.nonce)
                changes[key_of(NONCE, cython.address(account.address))] = word_at(number.w)
            if account.changed & 1 << CODE:
                changes[key_of(CODE, cython.address(account.address))] = (
                    PyBytes_FromStringAndSize(
                        cython.cast(cython.p_const_char, account.code.bytes),
                        cython.cast(cython.Py_ssize_t, account.code.size),
                    )
                    or None
                )
        for index in range(self.ledger.slots.size()):
            slot = cython.address(self.ledger.slots[index])
            if self.ledger.is_changed(slot[0]):
                name: uint8_t[32]
                slot.key.store_be(name)
                key = key_of(SLOT, cython.address(self.ledger.accounts[slot.owner].address))
                changes[key + cython.cast(cython.p_char, name)[:32]] = word_at(slot.value.w)
        self.made = changes
        return changes

    @property
    def wipes(self) -> tuple:
        """The addresses whose storage vanished, sorted. What was written there since is under :attr:`changes`."""
        index: cython.size_t
        found: list = []
        for index in range(self.ledger.accounts.size()):
            if self.ledger.accounts[index].wipes:
                found.append(cython.cast(cython.p_char, self.ledger.accounts[index].address.bytes)[:20])
        return tuple(sorted(found))

    def write_list(self) -> cython.int:
        """Have the block access list at hand. Raises ValueError where there is none."""
        if not self.has_list:
            raise ValueError("the block has no access list: it is invalid, or its fork has none (EIP-7928)")
        if not self.is_written:
            with cython.nogil:
                self.writer.write(self.ledger)
            self.is_written = True
        return 0

    @property
    def access_list(self) -> bytes:
        """The block access list in its RLP. Raises ValueError where the fork has none, or the block is invalid."""
        self.write_list()
        return PyBytes_FromStringAndSize(
            cython.cast(cython.p_const_char, self.writer.list.data()),
            cython.cast(cython.Py_ssize_t, self.writer.list.size()),
        )

    @property
    def access_list_hash(self) -> bytes:
        """What a header commits to it by."""
        self.write_list()
        return digest_of(self.writer.list.data(), self.writer.list.size())

    @property
    def access_list_items(self) -> int:
        """How many addresses and slots are in it."""
        self.write_list()
        return self.writer.items

    def verify(self, proposed=None) -> object:
        """Why the block is invalid for its access list, or None. ``proposed``: the list that came with it, if any did.

        In this order: the form, how many items the block needs, and last whether the list is in everything what the
        execution gives; the rejection says where it is not: account, part or slot, index and both values.
        """
        item: Item
        right: Item
        given: bytes = b"" if proposed is None else proposed
        found: string
        self.write_list()
        is_right: cython.bint = cython.cast(cython.size_t, len(given)) == self.writer.list.size() and not memcmp(
            place_of(given), self.writer.list.data(), self.writer.list.size()
        )
        if proposed is not None and not is_right:
            refused = refused_list(given)
            if refused is not None:
                return refused
        if self.writer.items > self.most_items:
            counted = f"{self.writer.items} addresses and slots, and the gas limit allows {self.most_items}"
            return Rejection("ACCESS_LIST_TOO_LARGE", None, counted)
        if proposed is None or is_right:
            return None
        malformed_access_list(place_of(given), len(given), cython.address(item))
        malformed_access_list(self.writer.list.data(), self.writer.list.size(), cython.address(right))
        with cython.nogil:
            found = access_list_difference(item, right)
        return Rejection("INVALID_BLOCK_ACCESS_LIST", None, cython.cast(bytes, found).decode())

    def root(self, workers: int = 1) -> bytes:
        """The root of the state after the block, on so many threads.

        The state's trie goes ahead for that, and goes back on its own where the block does not become part of it.
        Raises MissingNode where a witness lacks what the changes need.
        """
        accounts: vector[AccountChange]
        slots: vector[SlotChange]
        threads: cython.size_t = thread_count(workers)
        world: World = self.world
        self.check()
        if world.trie is None or world.ahead != self.number:
            world.trie_of_now(threads)
            world.account_returns.clear()
            world.slot_returns.clear()
            with cython.nogil:
                self.ledger.append_changes(accounts, slots)
                self.ledger.append_returns(world.account_returns, world.slot_returns)
            world.go_ahead(self.number, cython.address(accounts), cython.address(slots), threads)
        return world.trie.root(threads)

    def apply(self, workers: int = 1) -> None:
        """Make the block part of the state that it was executed on, and of its trie, if it has one."""
        accounts: vector[AccountChange]
        slots: vector[SlotChange]
        threads: cython.size_t = thread_count(workers)
        world: World = self.world
        self.check()
        if world.trie is not None and world.ahead != self.number:
            world.trie_of_now(threads)
            with cython.nogil:
                self.ledger.append_changes(accounts, slots)
            world.trie.put(accounts.data(), accounts.size(), slots.data(), slots.size(), threads)
        world.ahead = 0
        self.put_into(world)

    def put_into(self, world: World) -> cython.int:
        """Have the state's table hold the changes."""
        index: cython.size_t
        place: uint32_t
        account: cython.pointer(LedgerAccount)
        slot: cython.pointer(LedgerSlot)
        name: uint8_t[32]
        owner: uint8_t[21]
        owner[0] = SLOT_NAME
        world.version += 1
        if not world.keeps_table:
            return 0
        world.table.release()
        for index in range(self.ledger.accounts.size()):
            account = cython.address(self.ledger.accounts[index])
            if account.wipes:
                memcpy(owner + 1, account.address.bytes, 20)
                world.table.wipe_slots(owner, 21)
            if account.changed:
                self.put_account(world, account)
            place = account.first_slot
            while place != NOWHERE:
                slot = cython.address(self.ledger.slots[place])
                if self.ledger.is_changed(slot[0]):
                    slot.key.store_be(name)
                    world.put_slot(account.address.bytes, name, slot.value.w)
                place = slot.next
        return 0

    def put_account(self, world: World, account: cython.pointer(cython.const[LedgerAccount])) -> cython.int:
        """Have the state's table hold what has changed of an account."""
        record: AccountRecord
        world.account_record(account.address.bytes, cython.address(record))
        if account.changed & 1 << EXISTENCE:
            record.existence = HELD_EMPTY if account.existence == HELD_EMPTY else 0
        if account.changed & 1 << BALANCE:
            memcpy(record.balance, account.balance.w, 32)
        if account.changed & 1 << NONCE:
            record.nonce = account.nonce
        if account.changed & 1 << CODE:
            record.code = account.code if account.code.size else cython.NULL
        world.put_account(account.address.bytes, cython.address(record))
        return 0
