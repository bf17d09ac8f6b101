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
from cython.cimports.samestate.optimized.evm.runs import RUN_GAS, divide, most_of
from cython.cimports.samestate.optimized.evm.seams import SLOT, Code, u256
from cython.cimports.samestate.optimized.evm.worker_seams import BlockInput, OutcomeRecord
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


def accessed_block(block: PackedBlock, records: BlockRecords) -> ExpectedBlock:
    """What the transactions of an executed block did access, as if it had been expected: no estimator says more.

    Of what they read, as far as their records say so.
    """
    expected: ExpectedBlock = ExpectedBlock()
    count: uint64_t = max(0, len(records) - 2)
    index: uint64_t
    expected.transactions.resize(count)
    expected.divides = True
    for index in range(count):
        expect_accessed(records.at(index + 1)[0], block.input.environment.coinbase, expected.transactions[index])
    return expected


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


def divide_expected(
    input: cython.pointer(cython.const[BlockInput]),
    workers: uint64_t,
    expected: ExpectedBlock,
    starts: cython.pointer(vector[uint64_t]),
) -> uint64_t:
    """Divide a block into runs by what its transactions will probably access, if more is known than access lists say.

    How many transactions the longest has.
    """
    runs: ExpectedRuns
    if not expected.divides:
        return divide(input, workers, 0, starts)
    return runs.divide(input[0], expected.transactions, most_of(input.transactions.size(), workers), RUN_GAS, starts[0])


def declare_runs(
    task: cython.pointer(Task), starts: cython.pointer(cython.const[uint64_t]), expected: ExpectedBlock
) -> cython.bint:
    """Declare what the transactions of each run will probably access. False where the arena is full.

    What is written or credited is left (records.pxd): who does not look at it waits for nobody.
    """
    session: cython.pointer(Session) = task.session
    run: uint64_t
    index: uint64_t
    reads: uint64_t
    left: uint64_t
    offset: uint64_t
    declared: cython.pointer(DeclaredAccess)
    keys: cython.pointer(uint64_t)
    for run in range(session.record.transactions):
        reads = 0
        left = 0
        for index in range(starts[run], starts[run + 1]):
            reads += expected.transactions[index].reads.size()
            left += expected.transactions[index].writes.size() + expected.transactions[index].credits.size()
        offset = allocate(task, cython.sizeof(DeclaredAccess) + 8 * (reads + left))
        if offset == 0:
            return False
        session.steps[run + 1].declared = offset
        declared = cython.cast(cython.pointer(DeclaredAccess), session.base + offset)
        declared.read_count = reads
        declared.write_count = 0
        declared.left_count = left
        keys = cython.cast(cython.pointer(uint64_t), declared + 1)
        for index in range(starts[run], starts[run + 1]):
            keys = put_numbers(keys, cython.address(expected.transactions[index].reads))
        for index in range(starts[run], starts[run + 1]):
            keys = put_numbers(keys, cython.address(expected.transactions[index].writes))
            keys = put_numbers(keys, cython.address(expected.transactions[index].credits))
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
    """One engine's estimator. ``most``: of how many kinds of calls it remembers the last one.

    ``workers``: how many may expect side by side.
    """

    def __cinit__(self, estimator: str, most: int, workers: int = 1):
        self.expectations.set_workers(workers)
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

    def expect(self, block: PackedBlock, world: World, named: bool = False, share: object = None):
        """What the transactions of a block will probably access on a state. To be asked before :meth:`learn`.

        ``named``: whether the keys are wanted by their names, too. ``share``: calls what it is given with each worker's
        number, on their threads; unless given, it is found out here.
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
        self.expectations.begin_block(known, count, self.most)
        expected.transactions.resize(count)
        expected.divides = self.estimator != Estimator.declared
        if self.rehearsals is not None:
            self.rehearse(block, world)
        for index in range(count):
            expected.transactions[index].is_named = named
        self.block = block
        self.expected = expected
        try:
            if share is None:
                self.work(0)
            else:
                share(self.work)
        finally:
            self.block = None
            self.expected = None
        return expected

    def work(self, worker: int) -> None:
        """Be one of the workers that expect what nobody else has expected yet. Without the GIL."""
        number: cython.size_t = worker
        block: PackedBlock = self.block
        expected: ExpectedBlock = self.expected
        with cython.nogil:
            self.expectations.expect(block.input, number, self.estimator, expected.transactions)

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
