# What one block did, in the memory of those who executed it. See block_job.py.

from libc.stdint cimport uint64_t

from samestate.optimized.svm.packing cimport PackedBlock
from samestate.optimized.svm.seams cimport Job, Lattice
from samestate.optimized.svm.world cimport World

cdef class BlockJob:
    cdef Job* job
    cdef PackedBlock block
    cdef World world
    cdef uint64_t version       # of the world that it was executed on
    cdef Lattice lattice        # after the block …
    cdef bint is_committed      # … once somebody has asked
    cdef readonly object was_rebuilt
    cdef void _check(self) except *
    cdef int _commit(self, size_t workers, size_t rebuild_from) except -1
