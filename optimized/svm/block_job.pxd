# What one block did, in the memory of those who executed it. See block_job.py.

from libc.stdint cimport uint64_t
from libcpp.vector cimport vector

from samestate.optimized.svm.packing cimport PackedBlock
from samestate.optimized.svm.seams cimport Effect, Job, Lattice, Record
from samestate.optimized.svm.world cimport World

cdef class Recorder:
    # Steps in block order: of each account, the value that it has by now, and the step that gave it that.
    cdef dict values
    cdef dict sources
    cdef dict keys
    cdef bytes key_of(self, const Record* record)
    cdef void read(self, dict reads, const Record* record) except *
    cdef void write(self, object number, const Effect* effect, dict writes, dict before) except *

cdef class BlockJob:
    cdef Job* job
    cdef PackedBlock block
    cdef World world
    cdef uint64_t version       # of the world that it was executed on
    cdef Lattice lattice        # after the block …
    cdef bint is_committed      # … once somebody has asked
    cdef readonly object was_rebuilt
    cdef void _check(self) except *
    cdef object _own_step(self, Recorder recorder, object number, const vector[Record*]* read, const vector[Effect]* left)
    cdef int _commit(self, size_t workers, size_t rebuild_from) except -1
