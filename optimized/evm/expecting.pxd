# What transactions will probably access. See expecting.py.

from libc.stdint cimport uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from samestate.optimized.core.records cimport Task
from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.native.precompiles cimport Libraries
from samestate.optimized.evm.packing cimport PackedBlock
from samestate.optimized.evm.rehearsing cimport Rehearsals
from samestate.optimized.evm.seams cimport Address, Code, Part, u256
from samestate.optimized.evm.worker_seams cimport BlockInput, HashedMessages, OutcomeRecord
from samestate.optimized.evm.world cimport World

cdef extern from "samestate/optimized/evm/known_state.hpp" namespace "samestate::evm" nogil:
    cppclass KnownState:
        void* itself
        const Code* (*find_code)(void* itself, const uint8_t* address) noexcept nogil
        void (*find_slot)(void* itself, const uint8_t* address, const uint8_t* slot, uint8_t* value) noexcept nogil

cdef extern from "samestate/optimized/evm/expectations.hpp" namespace "samestate::evm" nogil:
    cppclass ExpectedName:
        Part part
        Address address
        u256 slot
    cppclass Expected:
        vector[uint64_t] reads
        vector[uint64_t] writes
        vector[uint64_t] credits
        vector[ExpectedName] names
        cbool is_named
    enum class Estimator(int):
        declared
        static_analysis
        last_run
        pattern
        learned
        rehearsed
    cppclass Expectations:
        void begin_block(const KnownState& state, uint64_t most) except +
        void expect(BlockInput& input, uint64_t index, Estimator estimator, Expected& found) except +
        cbool is_new(BlockInput& input, uint64_t index) except +
        void take(HashedMessages& hashed) except +
        void learn(const BlockInput& input, uint64_t index, const OutcomeRecord& record, Estimator estimator) except +
        size_t kinds() noexcept
    cbool are_apart(const vector[Expected]& transactions, size_t pieces) except +
    void take_libraries(Libraries* libraries) noexcept

cdef extern from "samestate/optimized/evm/expectations.hpp" namespace "samestate::evm::expectations" nogil:
    uint64_t number_of_key(const uint8_t* name, size_t length) noexcept

cdef class ExpectedBlock:
    cdef vector[Expected] transactions

# Declare to the strategy what the transactions of each run will probably access; `starts` has the first of each, and the end of
# the last. False where the arena is full.
cdef bint declare_runs(Task* task, const uint64_t* starts, ExpectedBlock expected) noexcept

cdef class EvmExpectations:
    cdef Expectations expectations
    cdef Estimator estimator
    cdef Direct direct
    cdef Rehearsals rehearsals      # None, unless calls of unknown kinds are rehearsed
    cdef readonly uint64_t rehearsed    # transactions of the last block
    cdef uint64_t most
    cdef readonly bint remembers    # whether it learns from what transactions did, …
    cdef readonly bint hashes       # … and from what they hashed
    cdef void rehearse(self, PackedBlock block, World world) except *
