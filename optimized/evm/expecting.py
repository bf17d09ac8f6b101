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
from cython.cimports.samestate.optimized.evm.seams import Code
from cython.cimports.samestate.optimized.evm.world import ACCOUNT_NAME, AccountRecord, World

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
    return cython.cast(cython.pointer(cython.const[AccountRecord]), content.data).code


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
        self.remembers = estimator == "last-run"
        if estimator == "declared":
            self.estimator = Estimator.declared
        elif estimator == "static":
            self.estimator = Estimator.static_analysis
        elif estimator == "last-run":
            self.estimator = Estimator.last_run
        else:
            raise ConfigurationError(
                f"estimator = {estimator}: the machine evm is compiled, and asks no function: choose of declared,"
                " static, last-run"
            )

    def __len__(self) -> int:
        return self.expectations.kinds()

    def expect(self, block: PackedBlock, world: World):
        """What the transactions of a block will probably access on a state. To be asked before :meth:`learn`."""
        expected: ExpectedBlock = ExpectedBlock()
        count: uint64_t = block.input.transactions.size()
        index: uint64_t
        self.direct.state = cython.address(world.table.asked)
        self.expectations.begin_block(cython.address(self.direct), code_of, self.most)
        expected.transactions.resize(count)
        for index in range(count):
            self.expectations.expect(block.input, index, self.estimator, expected.transactions[index])
        return expected

    def learn(self, block: PackedBlock, records: BlockRecords) -> None:
        """What they did, where that is remembered: their records say what was read too."""
        index: uint64_t = block.input.transactions.size()
        if self.remembers:
            while index:
                index -= 1
                self.expectations.learn(block.input, index, records.at(index + 1)[0])
