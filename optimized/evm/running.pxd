# Blocks of the EVM, one after another, on one arena. See running.py.

from libc.stdint cimport uint64_t
from libcpp.vector cimport vector

from samestate.optimized.core.block_run cimport BlockRun
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.evm.block_records cimport BlockRecords
from samestate.optimized.evm.machine cimport EvmMachine, EvmWorker
from samestate.optimized.evm.packing cimport PackedBlock
from samestate.optimized.evm.worker_seams cimport Settlement
from samestate.optimized.evm.world cimport World

cdef enum:
    ANALYSES = 67108864     # bytes that analyses of codes may take between two blocks

cdef class EvmRun(BlockRun):
    cdef PackedBlock block
    cdef World world
    cdef EvmMachine machine
    cdef Machine frame
    cdef Settlement settlement
    cdef EvmWorker* locals      # one for each worker, and the coordinator's
    cdef vector[uint64_t] runs  # the first transaction of each, and the end of the last
    cdef readonly uint64_t longest_run  # transactions; 1 where each is a run of its own
    cdef uint64_t key_capacity
    cdef uint64_t read_latency  # nanoseconds
    cdef bint recording
    cdef bint learning
    cdef int ended              # sequential: a StepResult
    cdef uint64_t ended_at      # … of this step

    cdef void _lay_out(self, object expected) except *
    cdef void _make_runs(self, uint64_t length, object expected) except *
    cdef void _begin_workers(self, bint versioned) except *
    cdef void _begin_versioned(self, object expected) except *
    cdef object _rejected(self, BlockRecords records, str code, uint64_t step)
    cdef void _look_at(self, uint64_t step, uint64_t number) except *
    cdef str _code(self)
    cdef object _totals(self)
