# The state before a block, read from a witness. See witness.py.

from libc.stdint cimport uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

from samestate.optimized.core.base_state cimport BaseState
from samestate.optimized.core.records cimport Content
from samestate.optimized.evm.seams cimport Address, Code, CodeTable, u256
from samestate.optimized.evm.trie cimport Preimages, StateTrie, Tries
from samestate.optimized.evm.world cimport World

cdef extern from "samestate/optimized/evm/witness.hpp" namespace "samestate::evm" nogil:
    cppclass WitnessedAccount:
        pass
    cppclass Witness:
        Witness() except +
        void begin(const Tries* tries, const Preimages* codes, CodeTable* code_table) except +
        void forget() except +
        const Code* lacking_code() noexcept
        cbool account(const Address& address, const WitnessedAccount*& found) noexcept
        cbool has_slots(const Address& address) noexcept
        cbool slot(const Address& address, const uint8_t* key, const u256*& found) noexcept
        vector[string] lacking() except +

# The seam of the core (base_state.pxd); `itself` is a Witness.
cdef bint find_content(void* itself, const void* name, uint64_t length, Content* found) noexcept nogil
cdef bint has_slots(void* itself, const void* owner, uint64_t length) noexcept nogil

cdef class WitnessWorld(World):
    cdef Witness witness
    cdef BaseState own
    cdef StateTrie proof
    cdef uint64_t read_version      # of which state the witness's tables are
