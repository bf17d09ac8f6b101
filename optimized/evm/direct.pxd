# Values from the state before the block, for transactions that run one after another. See direct.py.

from libc.stdint cimport uint8_t, uint64_t

from samestate.optimized.core.base_state cimport BaseState
from samestate.optimized.evm.seams cimport Account, Code, Slot
from samestate.optimized.evm.world cimport AccountRecord

cdef struct Direct:
    const BaseState* state
    const Code* no_code
    const Code* lacking_code        # World.lacking_code
    uint8_t lacking[53]             # the last key that was asked for and is not known, by its name, …
    uint64_t lacking_length         # … and how long that is

# By the seams of callbacks.hpp; `itself` is a Direct.
cdef int load_account_directly(void* itself, Account* account, int part) noexcept nogil
cdef int load_slot_directly(void* itself, Slot* slot) noexcept nogil
cdef int has_storage_alone(void* itself, Account* account) noexcept nogil
cdef int holds_storage_alone(Direct* direct, Account* account, const AccountRecord* record) noexcept nogil

# What the state before the block holds of an account. False, and nothing, where that is not known.
cdef bint find_account(Direct* direct, Account* account, AccountRecord* record) noexcept nogil
