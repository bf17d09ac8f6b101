# A state of the EVM in a store. See stored.py, and state_store.hpp for what is in the store.

from libc.stdint cimport uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

from samestate.optimized.core.base_state cimport BaseState
from samestate.optimized.evm.state_store cimport StateStore
from samestate.optimized.evm.trie cimport AccountChange, SlotChange, StateTrie
from samestate.optimized.evm.witness cimport Witness
from samestate.optimized.evm.world cimport World
from samestate.optimized.stores.lmdb_store cimport LmdbStore
from samestate.optimized.stores.records cimport Changes, Run

cdef extern from "samestate/optimized/words/keccak.hpp" namespace "samestate" nogil:
    void keccak256(const uint8_t* data, size_t length, uint8_t* digest) noexcept

cdef class StoredWorld(World):
    cdef Witness witness
    cdef BaseState own
    cdef StateTrie proof
    cdef StateStore place
    cdef readonly object store
    cdef LmdbStore native           # the store, where it is asked without the interpreter lock
    cdef readonly bint reads_ahead  # whether it is worth while to read ahead
    cdef bytes written              # the root of what was committed last, …
    cdef bytes settled              # … and of what of that is in the store for certain
    cdef bint is_pending            # whether there are changes that were not committed
    cdef object problem             # what the store has raised, until somebody is told
    cdef object get_of_store        # what the store answers by
    cdef object scan_of_store
    cdef uint64_t keys_ahead        # how many keys were read ahead, …
    cdef uint64_t bytes_ahead       # … with values of how many bytes, …
    cdef uint64_t waited_ahead      # … in how many nanoseconds
    cdef uint64_t commits           # how often changes were handed to the store, …
    cdef uint64_t records_written   # … how many records they were, …
    cdef uint64_t bytes_written     # … of how many bytes, …
    cdef uint64_t waited_commits    # … and for how many nanoseconds that was waited for
    cdef cbool get_record(self, int table, const string* key, string* value, cbool* is_there) noexcept
    cdef cbool scan_records(self, int table, const string* first, const string* end, Run* found) noexcept
    cdef int begin(self) except -1
    cdef int put_changes(self, vector[AccountChange]* accounts, vector[SlotChange]* slots) except -1
    cdef uint64_t fold_after        # values that may be read into the tries before they are folded
    cdef int kept_depth             # nibbles down to which nodes of tries stay
    cdef size_t kept                # nodes and values of tries after they were folded last
    cdef uint64_t folded            # how many values had been read when the tries were folded last
    cdef int fold(self) except -1
    cdef int collect(self, Changes& changes) except -1
    cdef int write(self, Changes& changes, cbool waits) except -1
