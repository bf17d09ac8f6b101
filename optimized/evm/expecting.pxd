# What transactions will probably access. See expecting.py.

from libc.stdint cimport uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from samestate.optimized.core.records cimport Task
from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.native.precompiles cimport Libraries
from samestate.optimized.evm.seams cimport Code
from samestate.optimized.evm.worker_seams cimport BlockInput, OutcomeRecord

cdef extern from "samestate/optimized/evm/expectations.hpp" namespace "samestate::evm" nogil:
    cppclass Expected:
        vector[uint64_t] reads
        vector[uint64_t] writes
        vector[uint64_t] credits
    enum class Estimator(int):
        declared
        static_analysis
        last_run
    ctypedef const Code* (*CodeOf)(void* itself, const uint8_t* address) noexcept nogil
    cppclass Expectations:
        void begin_block(void* itself, CodeOf code_of, uint64_t most) except +
        void expect(BlockInput& input, uint64_t index, Estimator estimator, Expected& found) except +
        void learn(const BlockInput& input, uint64_t index, const OutcomeRecord& record) except +
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
    cdef uint64_t most
    cdef readonly bint remembers
