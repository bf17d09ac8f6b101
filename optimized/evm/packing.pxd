# A block of the EVM as the engine takes it. See packing.py.

from libc.stdint cimport uint64_t

from samestate.optimized.evm.ruleset cimport Ruleset
from samestate.optimized.evm.worker_seams cimport BlockInput

cdef class PackedBlock:
    cdef BlockInput input
    cdef readonly Ruleset ruleset
    cdef readonly object raw        # the bytes of the transactions: what they were decoded from, and point into
    cdef readonly object malformed  # (index, code) of the first transaction whose bytes are none, or None
    cdef readonly object predictions
    cdef readonly object coinbase
    cdef readonly object header     # of a block that came as a whole: its fields by name, with its hash; else None
    cdef readonly object has_withdrawals
