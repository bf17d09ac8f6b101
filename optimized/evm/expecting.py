"""What the transactions of a block of the EVM will probably access: hints for `locks` and `waves`, never trusted.

How that is found out is in expectations.hpp. Keys are numbers that are equal for equal keys.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.core.arena import allocate
from cython.cimports.samestate.optimized.core.records import Content, DeclaredAccess, Session
from cython.cimports.samestate.optimized.evm.block_records import BlockRecords
from cython.cimports.samestate.optimized.evm.native.precompiles import libraries_address
from cython.cimports.samestate.optimized.evm.packing import PackedBlock
from cython.cimports.samestate.optimized.evm.rehearsing import Rehearsals
from cython.cimports.samestate.optimized.evm.seams import SLOT, Code, u256
from cython.cimports.samestate.optimized.evm.worker_seams import OutcomeRecord
from cython.cimports.samestate.optimized.evm.world import ACCOUNT_NAME, SLOT_NAME, AccountRecord, World

from samestate.optimized.analysis import NumberedAccess
from samestate.optimized.errors import ConfigurationError

take_libraries(libraries_address())


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def code_of(itself: cython.p_void, address: cython.pointer(cython.const[uint8_t])) -> cython.pointer(
    cython.const[Code]
):
    """The code of an account before the block, or NULL."""
    direct: cython.pointer(Direct) = cython.cast(cython.pointer(Direct), itself)
    name: uint8_t[21]
    content: Content
    name[0] = ACCOUNT_NAME
    memcpy(name + 1, address, 20)
    direct.state.find(direct.state.itself, name, 21, cython.address(content))
    if content.data == cython.NULL:
        return cython.NULL
    code: cython.pointer(cython.const[Code]) = cython.cast(
        cython.pointer(cython.const[AccountRecord]), content.data
    ).code
    if code == direct.lacking_code:
        return cython.NULL
    return code


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def slot_of(
    itself: cython.p_void,
    address: cython.pointer(cython.const[uint8_t]),
    slot: cython.pointer(cython.const[uint8_t]),
    value: cython.pointer(uint8_t),
) -> cython.void:
    """What a slot holds before the block, big-endian in 32 bytes; zero where that is not known."""
    direct: cython.pointer(Direct) = cython.cast(cython.pointer(Direct), itself)
    name: uint8_t[53]
    content: Content
    word: u256 = u256(0)
    name[0] = SLOT_NAME
    memcpy(name + 1, address, 20)
    memcpy(name + 21, slot, 32)
    if direct.state.find(direct.state.itself, name, 53, cython.address(content)) and content.data != cython.NULL:
        memcpy(word.w, content.data, 32)
    word.store_be(value)


def number_of(key: bytes) -> int:
    """The number that stands for a key, by its canonical name."""
    return number_of_key(cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(key)), len(key))


@cython.cclass
class ExpectedBlock:
    """What the transactions of one block are expected to access."""

    def __len__(self) -> int:
        return self.transactions.size()

    def is_apart(self, pieces: int) -> bool:
        """Whether in so many pieces of equal numbers no transaction will probably conflict with one of another one."""
        return are_apart(self.transactions, pieces)

    def access(self, index: int):
        """What a transaction is expected to read and to write, as numbers of keys."""
        place: uint64_t = index
        if place >= self.transactions.size():
            raise IndexError(f"there are {self.transactions.size()} transactions, and none with index {index}")
        return NumberedAccess(frozenset(self.transactions[place].reads), frozenset(self.transactions[place].writes))

    def names(self, index: int) -> list:
        """The keys that a transaction is expected to access, where the block was asked for with names: each once."""
        place: uint64_t = index
        if place >= self.transactions.size():
            raise IndexError(f"there are {self.transactions.size()} transactions, and none with index {index}")
        found: dict = {}
        number: cython.size_t
        slot: uint8_t[32]
        name: bytes
        for number in range(self.transactions[place].names.size()):
            each: cython.pointer(ExpectedName) = cython.address(self.transactions[place].names[number])
            name = bytes((cython.cast(int, each.part),)) + cython.cast(cython.p_char, each.address.bytes)[:20]
            if each.part == SLOT:
                each.slot.store_be(slot)
                name += cython.cast(cython.p_char, slot)[:32]
            found[name] = None
        return list(found)


def declare_runs(
    task: cython.pointer(Task), starts: cython.pointer(cython.const[uint64_t]), expected: ExpectedBlock
) -> cython.bint:
    """Declare what the transactions of each run will probably access. False where the arena is full.

    To be credited is declared as a read: two credits do not conflict, and whoever looks at a balance, or sets it,
    conflicts with both.
    """
    session: cython.pointer(Session) = task.session
    run: uint64_t
    index: uint64_t
    reads: uint64_t
    writes: uint64_t
    offset: uint64_t
    declared: cython.pointer(DeclaredAccess)
    keys: cython.pointer(uint64_t)
    for run in range(session.record.transactions):
        reads = 0
        writes = 0
        for index in range(starts[run], starts[run + 1]):
            reads += expected.transactions[index].reads.size() + expected.transactions[index].credits.size()
            writes += expected.transactions[index].writes.size()
        offset = allocate(task, cython.sizeof(DeclaredAccess) + 8 * (reads + writes))
        if offset == 0:
            return False
        session.steps[run + 1].declared = offset
        declared = cython.cast(cython.pointer(DeclaredAccess), session.base + offset)
        declared.read_count = reads
        declared.write_count = writes
        keys = cython.cast(cython.pointer(uint64_t), declared + 1)
        for index in range(starts[run], starts[run + 1]):
            keys = put_numbers(keys, cython.address(expected.transactions[index].reads))
            keys = put_numbers(keys, cython.address(expected.transactions[index].credits))
        for index in range(starts[run], starts[run + 1]):
            keys = put_numbers(keys, cython.address(expected.transactions[index].writes))
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_numbers(place: cython.pointer(uint64_t), numbers: cython.pointer(vector[uint64_t])) -> cython.pointer(uint64_t):
    """Numbers one after another. Where the next one goes."""
    if numbers.size():
        memcpy(place, numbers.data(), 8 * numbers.size())
    return place + numbers.size()


@cython.cclass
class EvmExpectations:
    """One engine's estimator. ``most``: of how many kinds of calls it remembers the last one."""

    def __cinit__(self, estimator: str, most: int):
        self.most = most
        self.hashes = estimator in ("learned", "rehearsed")
        self.remembers = self.hashes or estimator == "last-run"
        if estimator == "declared":
            self.estimator = Estimator.declared
        elif estimator == "static":
            self.estimator = Estimator.static_analysis
        elif estimator == "last-run":
            self.estimator = Estimator.last_run
        elif estimator == "pattern":
            self.estimator = Estimator.pattern
        elif estimator == "learned":
            self.estimator = Estimator.learned
        elif estimator == "rehearsed":
            self.estimator = Estimator.rehearsed
            self.rehearsals = Rehearsals()
        else:
            raise ConfigurationError(
                f"estimator = {estimator}: the machine evm is compiled, and asks no function: choose of declared,"
                " static, last-run, pattern, learned, rehearsed"
            )

    def __len__(self) -> int:
        return self.expectations.kinds()

    def expect(self, block: PackedBlock, world: World, named: bool = False):
        """What the transactions of a block will probably access on a state. To be asked before :meth:`learn`.

        ``named``: whether the keys are wanted by their names, too.
        """
        expected: ExpectedBlock = ExpectedBlock()
        count: uint64_t = block.input.transactions.size()
        index: uint64_t
        known: KnownState
        world.begin_block()  # a witness may be ahead, of which nothing is to be read
        self.direct.state = world.asked
        self.direct.lacking_code = world.lacking_code
        known.itself = cython.address(self.direct)
        known.find_code = code_of
        known.find_slot = slot_of
        self.expectations.begin_block(known, self.most)
        expected.transactions.resize(count)
        if self.rehearsals is not None:
            self.rehearse(block, world)
        for index in range(count):
            expected.transactions[index].is_named = named
            self.expectations.expect(block.input, index, self.estimator, expected.transactions[index])
        return expected

    def rehearse(self, block: PackedBlock, world: World) -> cython.void:
        """Learn of calls of unknown kinds by executing them beforehand."""
        count: uint64_t = block.input.transactions.size()
        index: uint64_t
        record: cython.pointer(cython.const[OutcomeRecord])
        self.rehearsed = 0
        self.rehearsals.begin_block(block, world)
        for index in range(count):
            if not self.expectations.is_new(block.input, index):
                continue
            record = self.rehearsals.rehearse(index)
            self.expectations.take(self.rehearsals.worker.executor.hashes.messages)
            if record != cython.NULL:
                self.rehearsed += 1
                self.expectations.learn(block.input, index, record[0], self.estimator)

    def learn(self, block: PackedBlock, records: BlockRecords) -> None:
        """What they did, where that is remembered: their records say what was read too."""
        index: uint64_t = block.input.transactions.size()
        if self.remembers:
            while index:
                index -= 1
                self.expectations.learn(block.input, index, records.at(index + 1)[0], self.estimator)
