# The state of Solana's machine between two blocks. See world.py.

from libc.stdint cimport uint64_t

from samestate.optimized.svm.seams cimport Account, Lattice, State

cdef class World:
    cdef State* state
    cdef Lattice others         # of accounts that are in the state and are not listed
    cdef readonly uint64_t version
    cdef readonly object slot_time
    cdef readonly object closed

cdef bytes value_of(const Account* account)
