# The EVM's state between two blocks. See world.py.

from libc.stdint cimport uint8_t, uint64_t
from libcpp.vector cimport vector

from samestate.optimized.core.base_state cimport BaseState, StateTable
from samestate.optimized.evm.seams cimport Code, CodeTable
from samestate.optimized.evm.trie cimport AccountChange, SlotChange, StateTrie

cdef enum:
    ACCOUNT_NAME = 0        # first byte of the name of an account's record: then the address
    SLOT_NAME = 4           # of a slot's: then address and slot. Of its owner: then the address alone

cdef struct AccountRecord:
    # What the table holds of an account that has anything of this. At most 64 bytes, so that it is written over in place.
    uint64_t nonce
    uint64_t balance[4]
    const Code* code        # NULL: none
    uint64_t existence      # HELD_EMPTY, where it has nothing and is there all the same

cdef class World:
    cdef readonly StateTable table
    cdef BaseState* asked               # what is asked while a block runs: the table's, unless something else keeps the state
    cdef const Code* lacking_code       # stands for a code that is not known (witness.hpp); NULL where all are
    cdef CodeTable codes
    cdef readonly uint64_t version      # how often it was changed
    cdef uint64_t ledgers               # how many ledgers of blocks on it there were, which are numbered from 1
    cdef StateTrie trie                 # None until somebody asks for a root
    cdef bint keeps_table               # whether accounts and slots are in the table: a witness or a store may have them instead
    cdef bint is_partial                # whether the trie is a witness's, and so cannot be built from what the table holds
    # A block's changes are put into the trie for its root before it is known whether the block is accepted. Until then the trie is
    # ahead of the table, by the block of this ledger (0: it is not), and this is what takes it back.
    cdef uint64_t ahead
    cdef vector[AccountChange] account_returns
    cdef vector[SlotChange] slot_returns
    cdef int begin_block(self) except -1
    cdef StateTrie trie_of_now(self, size_t workers)
    cdef int build_trie(self, size_t workers) except -1
    cdef int go_ahead(
        self, uint64_t ledger, const vector[AccountChange]* accounts, const vector[SlotChange]* slots, size_t workers
    ) except -1
    cdef int take_back(self, size_t workers) except -1
    cdef int append_storages(self, set owners, vector[SlotChange]* found) except -1
    cdef int follow(self, object changes, object wipes) except -1
    cdef void account_record(self, const uint8_t* address, AccountRecord* found) noexcept
    cdef int put_account(self, const uint8_t* address, const AccountRecord* account) except -1
    cdef void _check_address(self, bytes address) except *
    cdef void _put(self, bytes key, object value) except *
    cdef int put_slot(self, const uint8_t* address, const uint8_t* slot, const uint64_t* value) except -1
