"""What came of the steps of a block, as workers left it, and Python objects of it where somebody asks."""

import cython
from cython.cimports.cpython.bytes import PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.evm.packing import PackedBlock
from cython.cimports.samestate.optimized.evm.reading import effect_at
from cython.cimports.samestate.optimized.evm.seams import Hash
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

    def effect(self, step: int) -> object:
        """What a step changed, and what it read where that was recorded."""
        record: cython.pointer(cython.const[OutcomeRecord]) = self.at(step)
        return effect_at(record.effect(), record.effect_length, self.world)
