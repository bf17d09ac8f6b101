# States in stores as Cython handles them. What each thing means is said in state_store.hpp.

from libc.stdint cimport uint64_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

from samestate.optimized.stores.records cimport Changes, Run

cdef extern from "samestate/optimized/evm/state_store.hpp" namespace "samestate::evm" nogil:
    ctypedef cbool (*GetRecord)(void* itself, int table, const string* key, string* value, cbool* is_there) noexcept nogil
    ctypedef cbool (*ScanRecords)(
        void* itself, int table, const string* first, const string* end, Run* found
    ) noexcept nogil

    enum StoreTable:
        ACCOUNTS
        SLOTS
        CODES
        NODES

    cppclass StateStore:
        StateStore() except +
        void* itself
        GetRecord get
        ScanRecords scan
        cbool is_free
        const Changes* coming
        void look_first_at(const Changes* changes) noexcept
        uint64_t nodes_read_so_far() noexcept
        uint64_t values_read_so_far() noexcept
        void read_ahead(int table, const string& key, const string* value) except +
        void forget_ahead() noexcept
        uint64_t met_ahead() noexcept
        uint64_t asked_so_far() noexcept
        uint64_t scanned_so_far() noexcept
        uint64_t bytes_read_so_far() noexcept
        uint64_t waited_so_far() noexcept
