# The EVM's state between two blocks. See world.py.

from libc.stdint cimport uint8_t, uint64_t

from samestate.optimized.core.base_state cimport BaseState, StateTable
from samestate.optimized.evm.seams cimport Code, CodeTable

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
    cdef CodeTable codes
    cdef void account_record(self, const uint8_t* address, AccountRecord* found) noexcept
    cdef int put_account(self, const uint8_t* address, const AccountRecord* account) except -1
    cdef void _check_address(self, bytes address) except *
    cdef void _put(self, bytes key, object value) except *
    cdef int put_slot(self, const uint8_t* address, const uint8_t* slot, const uint64_t* value) except -1
