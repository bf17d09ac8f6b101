# What transactions will probably access. See expecting.py.

from libc.stdint cimport uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from samestate.optimized.core.records cimport Task
from samestate.optimized.evm.block_records cimport BlockRecords
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
        cbool is_known
    enum class Estimator(int):
        declared
        static_analysis
        last_run
        pattern
        learned
        rehearsed
    cppclass Expectations:
        void set_workers(size_t workers) except +
        void begin_block(const KnownState& state, uint64_t transactions, uint64_t most) except +
        void expect(BlockInput& input, size_t worker, Estimator estimator, vector[Expected]& found) except +
        cbool is_new(BlockInput& input, uint64_t index) except +
        void take(HashedMessages& hashed) except +
        void learn(const BlockInput& input, uint64_t index, const OutcomeRecord& record, Estimator estimator) except +
        size_t kinds() noexcept
    void expect_accessed(const OutcomeRecord& record, const Address& coinbase, Expected& found) except +
    cbool are_apart(const vector[Expected]& transactions, size_t pieces) except +
    void take_libraries(Libraries* libraries) noexcept

cdef extern from "samestate/optimized/evm/expectations.hpp" namespace "samestate::evm::expectations" nogil:
    uint64_t number_of_key(const uint8_t* name, size_t length) noexcept

cdef extern from "samestate/optimized/evm/expected_runs.hpp" namespace "samestate::evm" nogil:
    cppclass ExpectedRuns:
        uint64_t divide(
            const BlockInput& input, const vector[Expected]& expected, uint64_t most, uint64_t most_gas, vector[uint64_t]& starts
        ) except +

cdef class ExpectedBlock:
    cdef vector[Expected] transactions
    cdef bint divides       # whether runs are made by it, of which access lists alone say too little

# Declare to the strategy what the transactions of each run will probably access; `starts` has the first of each, and the end of
# the last. False where the arena is full.
cdef bint declare_runs(Task* task, const uint64_t* starts, ExpectedBlock expected) noexcept

# Divide a block into runs (runs.pxd) by what its transactions are expected to access.
cdef uint64_t divide_expected(const BlockInput* input, uint64_t workers, ExpectedBlock expected, vector[uint64_t]* starts) except? 0

cdef class EvmExpectations:
    cdef Expectations expectations
    cdef Estimator estimator
    cdef Direct direct
    cdef PackedBlock block          # the one at hand, and what is expected of it
    cdef ExpectedBlock expected
    cdef Rehearsals rehearsals      # None, unless calls of unknown kinds are rehearsed
    cdef readonly uint64_t rehearsed    # transactions of the last block
    cdef uint64_t most
    cdef readonly bint remembers    # whether it learns from what transactions did, …
    cdef readonly bint hashes       # … and from what they hashed
    cdef void rehearse(self, PackedBlock block, World world) except *
