"""What one block did, in the memory of those who executed it: receipts, changes, the record, commitments, when asked.

A result keeps it. As long as it does, the memory is not used for another block.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libcpp import bool as cbool
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.svm.seams import (
    Address,
    Change,
    Effect,
    Hand,
    Known,
    Outcome,
    Record,
    Status,
    Stop,
    Totals,
    Transaction,
    add_changes,
    apply,
    bank_hash,
    changes_of,
    delete_job,
    new_job,
    text_of_error,
    written_by,
)
from cython.cimports.samestate.optimized.svm.world import value_of

from samestate.optimized.errors import EngineError
from samestate.optimized.record import OPEN, Read, Step

NO_KEYS: dict = {}


@cython.cfunc
def address_bytes(address: cython.pointer(cython.const[Address])) -> bytes:
    """Its 32 bytes."""
    return cython.cast(cython.p_char, address)[:32]


@cython.cfunc
def status_name(status: Status) -> str:
    """As receipts call it."""
    if status == Status.SUCCEEDED:
        return "success"
    return "failed" if status == Status.FAILED else "fees-only"


@cython.cclass
class Recorder:
    """Steps in block order: of each account, the value that it has by now, and the step that gave it that."""

    def __cinit__(self):
        self.values = {}
        self.sources = {}
        self.keys = {}

    def key_of(self, record: cython.pointer(cython.const[Record])) -> bytes:
        """The key of an account, whose value is known after this."""
        place: uint64_t = cython.cast(uint64_t, record)
        key = self.keys.get(place)
        if key is None:
            key = address_bytes(cython.address(record.address))
            self.keys[place] = key
            self.values[key] = value_of(record.base) if record.base.lamports else None
            self.sources[key] = ()
        return key

    def read(self, reads: dict, record: cython.pointer(cython.const[Record])) -> cython.void:
        """A step reads an account."""
        key = self.key_of(record)
        if key not in reads:
            reads[key] = Read(self.values[key], self.sources[key])

    def write(
        self, number: object, effect: cython.pointer(cython.const[Effect]), writes: dict, before: dict
    ) -> cython.void:
        """A step leaves an account."""
        key = self.key_of(effect.record)
        value = value_of(cython.address(effect.after)) if effect.after.lamports else None
        before[key] = self.values[key]
        writes[key] = value
        self.values[key] = value
        self.sources[key] = (number,)


@cython.cclass
class BlockJob:
    """A block and all that its workers keep of it."""

    def __cinit__(self):
        self.job = new_job()

    def __dealloc__(self):
        delete_job(self.job)

    def _check(self) -> cython.void:
        """Nothing can be said any more once the state that the block was executed on is another."""
        if self.version != self.world.version:
            raise EngineError("the state that this block was executed on has gone on: ask before that")

    def rejection(self) -> tuple | None:
        """Why the block is invalid: a code, the transaction at fault, what the runtime would print."""
        if not self.job.is_invalid():
            return None
        code: bytes = self.job.code()
        if not self.job.problem.empty():
            return (code.decode(), None, "")
        detail: bytes = self.job.detail()
        return (code.decode(), self.job.in_place.settlement.verdict.transaction, detail.decode())

    def count(self) -> int:
        """How many transactions there are."""
        return self.job.work.transactions.size()

    def receipt(self, index: int) -> tuple:
        """Status, error, units, fee, priority fee, loaded size, cost, lines logged."""
        transaction: cython.pointer(Transaction) = cython.address(self.job.work.transactions[index])
        outcome: cython.pointer(Outcome) = cython.address(self.job.work.outcomes[index])
        logs: bytes = b""
        error = None
        if outcome.logs != cython.NULL and outcome.log_length:
            logs = outcome.logs[: outcome.log_length]
        if outcome.status != Status.SUCCEEDED:
            text: bytes = text_of_error(outcome.error)
            error = text.decode()
        return (
            status_name(outcome.status),
            error,
            outcome.units,
            transaction.signature_fee,
            transaction.priority_fee,
            outcome.loaded_size,
            outcome.cost,
            tuple(logs.decode().split("\n")) if logs else (),
        )

    def totals(self) -> tuple:
        """Signatures, what they cost, priority fees, what was deposited and burnt, the cost of the block."""
        totals: cython.pointer(Totals) = cython.address(self.job.in_place.settlement.totals)
        return (
            totals.signatures,
            totals.signature_fees,
            totals.priority_fees,
            totals.deposited,
            totals.burnt,
            totals.cost,
        )

    def changes(self) -> dict:
        """Every account that a step wrote, with the value that it has after the block.

        Where no record was asked for: every account that is another after it.
        """
        found: vector[Change]
        written: vector[cython.pointer(cython.const[Record])]
        number: cython.size_t
        changes: dict = {}
        self._check()
        if self.job.work.options.records:
            written = written_by(self.job.work)
            for number in range(written.size()):
                value = value_of(cython.address(written[number].now)) if written[number].now.lamports else None
                changes[address_bytes(cython.address(written[number].address))] = value
            return changes
        found = changes_of(self.job.work)
        for number in range(found.size()):
            value = value_of(found[number].after) if found[number].after.lamports else None
            changes[address_bytes(found[number].address)] = value
        return changes

    def allocation(self) -> int:
        """How many bytes the transactions ask for, as the block's limit counts them."""
        return self.job.in_place.settlement.totals.allocation

    def account_costs(self) -> dict:
        """Of each account that transactions may write to: the cost of those together."""
        number: cython.size_t
        index: cython.size_t
        hand: cython.pointer(Hand)
        costs: dict = {}
        for number in range(self.job.work.hands.size()):
            hand = self.job.work.hands[number].get()
            for index in range(hand.records.size()):
                if hand.records[index].cost:
                    costs[address_bytes(cython.address(hand.records[index].address))] = hand.records[index].cost
        return costs

    def steps(self) -> list:
        """The access record: every key of a transaction is read, and program data with its program."""
        self._check()
        recorder: Recorder = Recorder()
        index: uint64_t
        place: uint64_t
        count: uint64_t = self.job.work.transactions.size()
        steps: list = [
            self._own_step(
                recorder, OPEN, cython.address(self.job.work.opening_reads), cython.address(self.job.work.opened)
            )
        ]
        for index in range(count):
            transaction: cython.pointer(Transaction) = cython.address(self.job.work.transactions[index])
            outcome: cython.pointer(Outcome) = cython.address(self.job.work.outcomes[index])
            reads: dict = {}
            writes: dict = {}
            before: dict = {}
            for place in range(transaction.key_count):
                record: cython.pointer(Record) = transaction.keys[place].record
                if record.known == Known.INSTRUCTIONS:
                    continue
                recorder.read(reads, record)
                if record.is_program:
                    recorder.read(reads, record.data_record())
            for place in range(outcome.effect_count):
                recorder.write(index, outcome.effects + place, writes, before)
            steps.append(Step(index, reads, writes, before))
        steps.append(
            self._own_step(
                recorder, count, cython.address(self.job.work.closing_reads), cython.address(self.job.work.closed)
            )
        )
        return steps

    def _own_step(
        self,
        recorder: Recorder,
        number: object,
        read: cython.pointer(cython.const[vector[cython.pointer(Record)]]),
        left: cython.pointer(cython.const[vector[Effect]]),
    ) -> object:
        """The opening or the closing step."""
        place: uint64_t
        reads: dict = {}
        writes: dict = {}
        before: dict = {}
        for place in range(read.size()):
            recorder.read(reads, read[0][place])
        for place in range(left.size()):
            recorder.write(number, cython.address(left[0][place]), writes, before)
        return Step(number, reads, writes, before)

    def _commit(self, workers: cython.size_t, rebuild_from: cython.size_t) -> cython.int:
        """Find the lattice after the block, once."""
        stop: Stop
        rebuilt: cbool = False
        changes: vector[Change]
        if self.is_committed:
            return 0
        self._check()
        with cython.nogil:
            changes = changes_of(self.job.work)
            self.lattice = self.world.state.bank.lattice
            add_changes(
                self.lattice,
                self.world.others,
                self.world.state[0],
                changes,
                workers,
                rebuild_from,
                stop,
                rebuilt,
            )
        self.was_rebuilt = rebuilt
        self.is_committed = True
        return 0

    def state_root(self, workers: int = 1, rebuild_from: int = 50) -> bytes:
        """The checksum of the lattice after the block.

        ``rebuild_from``: how many hundredths of the listed accounts have to change for all to be hashed anew.
        """
        digest: uint8_t[32]
        self._commit(workers, rebuild_from)
        self.lattice.checksum(digest)
        return cython.cast(cython.p_char, digest)[:32]

    def bank_hash(self, workers: int = 1, rebuild_from: int = 50) -> bytes:
        """The bank hash of the slot."""
        self._commit(workers, rebuild_from)
        if self.version != self.world.version:
            return self.world.hash
        hash: Address = bank_hash(
            self.world.state.bank, self.block.input, self.job.in_place.settlement.totals.signatures, self.lattice
        )
        return address_bytes(cython.address(hash))

    def blockhash(self) -> bytes:
        """What the last tick registers."""
        return address_bytes(cython.address(self.block.input.blockhash))

    def apply(self, workers: int = 1, rebuild_from: int = 50) -> None:
        """Have the state go on to what the block has left. Nothing but receipts can be asked after that."""
        self._check()
        if self.job.is_invalid():
            raise EngineError("an invalid block leaves nothing")
        self._commit(workers, rebuild_from)
        hash: Address = bank_hash(
            self.world.state.bank, self.block.input, self.job.in_place.settlement.totals.signatures, self.lattice
        )
        apply(self.world.state[0], self.job.work, hash, self.lattice)
        self.world.version += 1
