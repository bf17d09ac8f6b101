# Blocks of Solana's machine, one after another. See running.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.block_run cimport BlockRun
from samestate.optimized.core.machine cimport Machine
from samestate.optimized.svm.block_job cimport BlockJob
from samestate.optimized.svm.machine cimport SvmMachine, SvmWorker
from samestate.optimized.svm.packing cimport PackedBlock
from samestate.optimized.svm.seams cimport Job, Poll
from samestate.optimized.svm.world cimport World

cdef class SvmRun(BlockRun):
    cdef BlockJob at_hand
    cdef SvmMachine machine
    cdef Machine frame
    cdef SvmWorker* locals      # one for each worker, and the coordinator's
    cdef bint versioned         # whether the block at hand is executed on versioned memory
    cdef bint lacked_memory
    cdef void _begin_versioned(self) except *
    cdef void _raise_if_stopped(self) except *
    cdef Poll _poll(self, uint64_t worker)
