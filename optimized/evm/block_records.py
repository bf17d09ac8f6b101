"""What came of the steps of a block, as workers left it, and Python objects of it where somebody asks."""

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcmp
from cython.cimports.samestate.optimized.evm.packing import PackedBlock
from cython.cimports.samestate.optimized.evm.reading import effect_at, key_of
from cython.cimports.samestate.optimized.evm.seams import (
    EFFECT_CREDIT,
    EFFECT_SET,
    EFFECT_TOUCH,
    EFFECT_WIPE,
    EXISTENCE,
    SLOT,
    Hash,
)
from cython.cimports.samestate.optimized.evm.worker_seams import (
    Bloom,
    Log,
    OutcomeRecord,
    commit_to_receipts,
    name_of_end,
)
from cython.cimports.samestate.optimized.evm.world import World


@cython.cfunc
def bytes_at(place: cython.p_const_void, length: uint64_t) -> object:
    """Bytes, copied."""
    return PyBytes_FromStringAndSize(cython.cast(cython.p_const_char, place), cython.cast(cython.Py_ssize_t, length))


@cython.cfunc
def number_at(limbs: cython.pointer(cython.const[uint64_t])) -> object:
    """A word as a number."""
    return int.from_bytes(bytes_at(limbs, 32), "little")


@cython.cfunc
def topic_at(limbs: cython.pointer(cython.const[uint64_t])) -> object:
    """A word as 32 bytes."""
    return bytes_at(limbs, 32)[::-1]


@cython.cfunc
def meets_one_of(place: cython.pointer(cython.const[uint8_t]), length: uint64_t, keys: list) -> cython.bint:
    """Whether an effect (effects.hpp) reads, sets or credits one of these keys; EXISTENCE stands for an account."""
    end: cython.pointer(cython.const[uint8_t]) = place + length
    key: bytes
    while place < end:
        if place[0] != EFFECT_WIPE and place[0] != EFFECT_TOUCH:
            for key in keys:
                name: cython.pointer(cython.const[uint8_t]) = cython.cast(
                    cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(key)
                )
                if memcmp(place + 2, name + 1, 20) == 0 and (name[0] == EXISTENCE or key_of(place) == key):
                    return True
        size: cython.Py_ssize_t = 54 if place[1] == SLOT else 22
        if place[0] == EFFECT_SET or place[0] == EFFECT_CREDIT:
            size += 32
        place += size
    return False


@cython.cclass
class BlockRecords:
    """The records of a block's steps, each as outcome_record.hpp has it. Step 0 opens the block."""

    def __cinit__(self, world: World):
        self.world = world
        self.version = world.version

    def __len__(self) -> int:
        return self.records.steps.size()

    def at(self, step: uint64_t) -> cython.pointer(cython.const[OutcomeRecord]):
        """The record of a step. Raises IndexError where the block did not get there."""
        if step >= self.records.steps.size():
            raise IndexError(f"there are records of {self.records.steps.size()} steps, and none of step {step}")
        return self.records.steps[step]

    def outcome(self, transaction: int) -> tuple:
        """What a transaction did, in the order of the fields of :class:`samestate.optimized.evm.result.Outcome`."""
        record: cython.pointer(cython.const[OutcomeRecord]) = self.at(transaction + 1)
        logs: list = []
        log: cython.pointer(cython.const[Log])
        index: uint64_t
        topic: uint64_t
        for index in range(record.log_count):
            log = record.logs() + index
            topics: list = []
            for topic in range(log.topic_count):
                topics.append(topic_at(log.topics[topic].w))
            logs.append(
                (
                    bytes_at(log.address.bytes, 20),
                    tuple(topics),
                    bytes_at(record.log_data() + log.data, log.data_length),
                )
            )
        end: str | None = None
        if not record.figures.succeeded():
            end = cython.cast(bytes, name_of_end(cython.address(record.figures))).decode()
        return (
            bytes_at(record.sender.bytes, 20),
            record.type,
            record.figures.gas_paid,
            record.figures.execution_gas,
            record.figures.state_gas,
            record.figures.gas_refunded,
            record.figures.blob_gas,
            number_at(record.figures.effective_gas_price.w),
            logs,
            end,
            bytes_at(record.output(), record.output_length),
            bytes_at(record.figures.created.bytes, 20) if record.figures.is_creation else None,
        )

    def output(self, step: int) -> bytes:
        """What a step gave: a transaction's outermost frame its output; the closing step its requests (worker.hpp)."""
        record: cython.pointer(cython.const[OutcomeRecord]) = self.at(step)
        return bytes_at(record.output(), record.output_length)

    def commitments(self, block: PackedBlock) -> tuple:
        """The root over the receipts of an executed block, and the bloom of all its logs."""
        root: Hash
        bloom: Bloom
        with cython.nogil:
            commit_to_receipts(block.input, self.records, root, bloom)
        return bytes_at(root.bytes, 32), bytes_at(bloom.bytes, 256)

    def meet(self, keys: list) -> cython.bint:
        """Whether a step has read, set or credited one of these keys; EXISTENCE stands for a whole account."""
        record: cython.pointer(cython.const[OutcomeRecord])
        step: uint64_t
        for step in range(self.records.steps.size()):
            record = self.records.steps[step]
            if meets_one_of(record.effect(), record.effect_length, keys):
                return True
        return False

    def effect(self, step: int) -> object:
        """What a step changed, and what it read where that was recorded."""
        record: cython.pointer(cython.const[OutcomeRecord]) = self.at(step)
        return effect_at(record.effect(), record.effect_length, self.world)
