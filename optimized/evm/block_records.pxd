# What came of the steps of a block. See block_records.py.

from libc.stdint cimport uint64_t

from samestate.optimized.evm.worker_seams cimport OutcomeRecord, StepRecords

cdef class BlockRecords:
    cdef StepRecords records
    cdef readonly object world          # the state before the block; has the codes that effects speak of
    cdef readonly uint64_t version      # … as long as it has this number
    cdef const OutcomeRecord* at(self, uint64_t step) except NULL
