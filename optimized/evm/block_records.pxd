# What came of the steps of a block. See block_records.py.

from libc.stdint cimport uint64_t
from libcpp.vector cimport vector

from samestate.optimized.evm.seams cimport Buffer
from samestate.optimized.evm.worker_seams cimport OutcomeRecord

cdef class BlockRecords:
    cdef Buffer bytes
    cdef vector[uint64_t] places        # of the OutcomeRecord of each step: open, the transactions, close; as many as there are
    cdef readonly object world          # the state before the block; has the codes that effects speak of
    cdef readonly uint64_t version      # … as long as it has this number
    cdef const OutcomeRecord* at(self, uint64_t step) except NULL
