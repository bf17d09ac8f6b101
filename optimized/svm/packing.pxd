# A block of Solana's machine as the engine takes it. See packing.py.

from samestate.optimized.svm.seams cimport Address, BlockInput

cdef class PackedBlock:
    cdef BlockInput input
    cdef readonly object rules

cdef int put_address(Address* target, object given, object what) except -1
