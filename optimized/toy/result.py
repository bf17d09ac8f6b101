"""What a block of the toy machine did, in the ledger's arrays; Python objects are made of them when asked for."""

from types import MappingProxyType
from typing import NamedTuple

import cython
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.toy.chain import chain_allocate, chain_free
from cython.cimports.samestate.optimized.toy.interpreter import FEE_CREDITED, FEE_TOUCHED, SUCCESS, Access
from cython.cimports.samestate.optimized.toy.ledger import (
    ACCESS_LIST_MISMATCH,
    NO_KEY,
    PackedReceipt,
    Source,
    StepRecord,
)
from cython.cimports.samestate.optimized.toy.merkle import MerkleTree, merkle_add, merkle_finish, merkle_start
from cython.cimports.samestate.optimized.toy.packing import FlatBlock, PackedBlock, PackedTransaction
from cython.cimports.samestate.optimized.words.word import (
    Word,
    store_big_endian,
    word_equal,
    word_to_python,
    word_to_value,
)

from samestate.optimized.errors import OutOfMemory
from samestate.optimized.record import OPEN, Read, Step
from samestate.optimized.result import Rejection
from samestate.optimized.toy.packing import REGISTERED

REJECTIONS = {
    2: "NONCE_TOO_LOW",
    3: "NONCE_TOO_HIGH",
    4: "NONCE_IS_MAX",
    5: "INSUFFICIENT_BALANCE",
    6: "SIGNATURE_LENGTH",
    7: "HYBRID_HALF_MISSING",
    8: "SIGNATURE_MALFORMED",
    9: "KEY_LENGTH",
    10: "KEY_UNKNOWN",
    11: "SCHEME_MISMATCH",
    12: "SIGNATURE_INVALID",
    13: "REGISTRATION_FOREIGN",
    14: "ADDRESS_MISMATCH",
    15: "POSSESSION_INVALID",
    16: "GAS_ALLOWANCE_EXCEEDED",
    17: "ACCESS_LIST_MISMATCH",
}
RECEIPT_HEAD = cython.declare(cython.size_t, 30)


class Receipt(NamedTuple):
    """What one transaction reports. ``first_log`` is the index in the block of its first log, ``error`` a name."""

    succeeded: bool
    gas_used: int
    cumulative_gas_used: int
    first_log: int
    logs: tuple[bytes, ...]
    error: str | None


class ToyResult:
    """What a block did, or why it is invalid; see :class:`samestate.optimized.result.Result`."""

    def __cinit__(self, block: PackedBlock):
        self.block = block

    def __dealloc__(self):
        free(self.ledger.sources)
        chain_free(cython.address(self._allocated))

    def _array(self, count: uint64_t, size: uint64_t, zeroed: cython.bint) -> cython.p_void:
        """Give room for so many records of a size, which stays as long as the result. Raises OutOfMemory."""
        array: cython.p_void = chain_allocate(cython.address(self._allocated), count, size, zeroed)
        if array == cython.NULL:
            raise OutOfMemory("this process cannot have the memory of the block's result")
        return array

    def lay_out(self, recording: cython.bint) -> cython.void:
        """Take room for everything that the block can do, with the state before it."""
        block: PackedBlock = self.block
        ledger: cython.pointer(Ledger) = cython.address(self.ledger)
        count: uint64_t = block.flat.transactions_length
        ledger.current = cython.cast(
            cython.pointer(Word), self._array(block.flat.key_count, cython.sizeof(Word), False)
        )
        memcpy(ledger.current, block.flat.base, block.flat.key_count * cython.sizeof(Word))
        ledger.changed = cython.cast(cython.pointer(uint8_t), self._array(block.flat.key_count, 1, True))
        ledger.receipts = cython.cast(
            cython.pointer(PackedReceipt), self._array(count, cython.sizeof(PackedReceipt), False)
        )
        ledger.digests = cython.cast(cython.pointer(uint8_t), self._array(block.flat.all_logs, 32, False))
        ledger.recording = recording
        ledger.accesses = cython.cast(
            cython.pointer(Access),
            self._array(block.flat.all_keys if recording else block.flat.most_keys, cython.sizeof(Access), False),
        )
        ledger.order = cython.cast(
            cython.pointer(uint64_t),
            self._array(
                2 * block.flat.most_keys + 1 + block.flat.withdrawals_length + block.flat.opening_length, 8, False
            ),
        )
        if recording:
            ledger.steps = cython.cast(cython.pointer(StepRecord), self._array(count, cython.sizeof(StepRecord), False))
            ledger.newest = cython.cast(
                cython.pointer(uint32_t), self._array(block.flat.key_count, cython.sizeof(uint32_t), True)
            )
            ledger.seen = cython.cast(
                cython.pointer(uint32_t), self._array(block.flat.key_count, cython.sizeof(uint32_t), True)
            )
            ledger.sources_capacity = block.flat.all_keys + count + 16
            ledger.sources = cython.cast(
                cython.pointer(Source), malloc(ledger.sources_capacity * cython.sizeof(Source))
            )
            if ledger.sources == cython.NULL:
                raise OutOfMemory("this process cannot have the memory of the block's access record")
            ledger.sources_used = 1

    def conclude(self) -> cython.void:
        """Say why the block is invalid, if it is."""
        ledger: cython.pointer(Ledger) = cython.address(self.ledger)
        if not ledger.rejection:
            return
        code = REJECTIONS[ledger.rejection]
        if ledger.rejection != ACCESS_LIST_MISMATCH:
            self.rejection = Rejection(code, ledger.rejected)
            return
        steps = self.block.flat.transactions_length + 2
        step = ledger.wrong_step
        if ledger.wrong_key == NO_KEY:
            self.rejection = Rejection(
                code, None, f"the list has {self.block.flat.listed_steps} entries for {steps} steps"
            )
            return
        transaction = step - 1 if 0 < step < steps - 1 else None
        name = "open" if step == 0 else "close" if step == steps - 1 else str(step - 1)
        detail = f"the entry of step {name} is wrong in key 0x{self.block.names[ledger.wrong_key].hex()}"
        self.rejection = Rejection(code, transaction, detail)

    @property
    def outcomes(self):
        """The receipts say all."""
        return self.receipts

    @property
    def metrics(self):
        """Figures of the run, worked out when they are first asked for."""
        if self._metrics is None and self.make_metrics is not None:
            self._metrics = self.make_metrics(self)
            self.make_metrics = None
        return self._metrics

    @property
    def wipes(self):
        """No storage vanishes in the toy machine."""
        return ()

    @property
    def gas_used(self):
        """The gas of all transactions."""
        return 0 if self.rejection is not None else self.ledger.gas_used

    @property
    def receipts(self):
        """The receipt of each transaction."""
        index: uint64_t
        log: uint64_t
        receipt: cython.pointer(PackedReceipt)
        transactions: cython.pointer(PackedTransaction) = self.block.flat.transactions
        if self._receipts is None:
            receipts: list = []
            for index in range(0 if self.rejection is not None else self.ledger.committed):
                receipt = self.ledger.receipts + index
                logs: list = []
                for log in range(transactions[index].first_log, transactions[index].first_log + receipt.logs):
                    logs.append(cython.cast(cython.p_char, self.ledger.digests + 32 * log)[:32])
                receipts.append(
                    Receipt(
                        receipt.code == SUCCESS,
                        receipt.gas_used,
                        receipt.cumulative_gas_used,
                        receipt.first_log,
                        tuple(logs),
                        None if receipt.code == SUCCESS else "OUT_OF_GAS",
                    )
                )
            self._receipts = tuple(receipts)
        return self._receipts

    @property
    def changes(self):
        """Every key written or credited, with the value that it has after the block, or None where it is absent."""
        key: cython.Py_ssize_t
        if self._changes is None:
            changes: dict = {}
            if self.rejection is None:
                for key in range(self.block.flat.key_count):
                    if self.ledger.changed[key]:
                        changes[self.block.names[key]] = self._value(key, cython.address(self.ledger.current[key]))
            self._changes = changes
        return MappingProxyType(self._changes)

    @property
    def steps(self):
        """The access record: open, each transaction, close. Empty unless it was recorded."""
        if self._steps is None:
            if self.ledger.recording and self.rejection is None:
                transactions = [self._transaction(index) for index in range(self.ledger.committed)]
                self._steps = (self._open(), *transactions, self._close())
            else:
                self._steps = ()
        return self._steps

    def leave_out_record(self) -> None:
        """Have no access record, whether there was one or not."""
        self._steps = ()

    def _open(self):
        flat: cython.pointer(FlatBlock) = cython.address(self.block.flat)
        index: uint64_t
        writes: dict = {}
        before: dict = {}
        for index in range(flat.opening_length):
            key: uint32_t = flat.opening[index].key
            if not word_equal(cython.address(flat.base[key]), cython.address(flat.opening[index].value)):
                name = self.block.names[key]
                before[name] = word_to_value(cython.address(flat.base[key]))
                writes[name] = word_to_value(cython.address(flat.opening[index].value))
        return Step(OPEN, {}, writes, before)

    def _transaction(self, index: cython.Py_ssize_t):
        record: cython.pointer(StepRecord) = self.ledger.steps + index
        access: cython.pointer(Access)
        place: uint64_t
        reads: dict = {}
        writes: dict = {}
        before: dict = {}
        for place in range(record.accesses):
            access = self.ledger.accesses + record.first_access + place
            name = self.block.names[access.key]
            value = self._value(access.key, cython.address(access.original))
            reads[name] = Read(value, self._source(access.source))
            if not word_equal(cython.address(access.original), cython.address(access.value)):
                before[name] = value
                writes[name] = self._value(access.key, cython.address(access.value))
        credits = {}
        if record.fee_kind == FEE_CREDITED:
            credits[self.block.names[self.block.flat.coinbase_balance]] = word_to_python(cython.address(record.fee))
        touches = (self.block.coinbase,) if record.fee_kind == FEE_TOUCHED else ()
        return Step(index, reads, writes, before, credits, (), touches)

    def _close(self):
        index: uint64_t
        credits: dict = {}
        touches: set = set()
        for index in range(self.block.flat.withdrawals_length):
            name = self.block.names[self.block.flat.withdrawals[index].balance]
            amount = self.block.flat.withdrawals[index].amount
            if amount:
                credits[name] = credits.get(name, 0) + amount
            else:
                touches.add(name[1:])
        return Step(self.block.flat.transactions_length, {}, {}, {}, credits, (), tuple(sorted(touches)))

    def _value(self, key: uint32_t, word: cython.pointer(cython.const[Word])) -> object:
        """Give the canonical bytes of a key's value: the word's, or those of the public key that it numbers."""
        name: bytes = self.block.names[key]
        if self.block.flat.is_signed and name[:1] == REGISTERED:
            return self.block.registered[word.limb0]
        return word_to_value(word)

    def _source(self, newest: uint32_t) -> tuple:
        """Give the steps in such a list, oldest first. The first transaction, step 1 to the engine, is 0 to Python."""
        steps: list = []
        while newest:
            steps.append(cython.cast(cython.Py_ssize_t, self.ledger.sources[newest].step) - 1)
            newest = self.ledger.sources[newest].older
        steps.reverse()
        return tuple(steps)

    def receipts_root(self) -> bytes:
        """The commitment to the receipts."""
        tree: MerkleTree
        key: uint8_t[8]
        root: uint8_t[32]
        index: uint64_t
        length: uint64_t
        most: uint64_t = 0
        log: uint64_t
        receipt: cython.pointer(PackedReceipt)
        if self.rejection is not None:
            raise ValueError("an invalid block has no receipts")
        for index in range(self.ledger.committed):
            most = max(most, self.ledger.receipts[index].logs)
        text: cython.pointer(uint8_t) = cython.cast(cython.pointer(uint8_t), malloc(RECEIPT_HEAD + 32 * most))
        if text == cython.NULL:
            raise OutOfMemory("this process cannot have the memory of the longest receipt")
        merkle_start(cython.address(tree))
        for index in range(self.ledger.committed):
            receipt = self.ledger.receipts + index
            text[0] = 1 if receipt.code == SUCCESS else 0
            text[1] = cython.cast(uint8_t, receipt.code)
            store_big_endian(text + 2, receipt.gas_used)
            store_big_endian(text + 10, receipt.cumulative_gas_used)
            # The number of logs has 4 bytes: those before it are zero, and then overwritten.
            store_big_endian(text + 22, receipt.logs)
            store_big_endian(text + 18, receipt.first_log)
            log = self.block.flat.transactions[index].first_log
            memcpy(text + RECEIPT_HEAD, self.ledger.digests + 32 * log, 32 * receipt.logs)
            store_big_endian(key, index)
            length = RECEIPT_HEAD + 32 * receipt.logs
            merkle_add(cython.address(tree), key, 8, text, length)
        free(text)
        merkle_finish(cython.address(tree), root)
        return cython.cast(cython.p_char, root)[:32]
