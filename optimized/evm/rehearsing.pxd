# Transactions executed beforehand, for what they access. See rehearsing.py.

from libc.stdint cimport uint64_t

from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.packing cimport PackedBlock
from samestate.optimized.evm.seams cimport Address
from samestate.optimized.evm.worker_seams cimport OutcomeRecord, Worker
from samestate.optimized.evm.world cimport World

cdef struct Rehearsed:
    Direct direct
    uint64_t nonce      # the one that the sender is said to have
    Address sender

cdef class Rehearsals:
    cdef Worker* worker
    cdef Rehearsed rehearsed
    cdef PackedBlock block
    cdef uint64_t gas       # that rehearsals of the block may still use
    cdef uint64_t stop
    cdef void begin_block(self, PackedBlock block, World world) except *
    # What a transaction did on the state before the block; NULL where it could not be executed there. Its sender is known.
    cdef const OutcomeRecord* rehearse(self, uint64_t transaction) noexcept
