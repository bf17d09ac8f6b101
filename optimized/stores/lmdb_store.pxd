# A state in LMDB. See lmdb_store.py, and lmdb.hpp for what is called.

from libc.stdint cimport uint64_t, uintptr_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

from samestate.optimized.stores.records cimport Changes, Run

cdef extern from "samestate/optimized/stores/lmdb.hpp" namespace "samestate::stores" nogil:
    int NOTFOUND
    int INCOMPLETE "samestate::stores::Lmdb::INCOMPLETE"

    cppclass LmdbFunctions:
        @staticmethod
        vector[string] names() except +
        void fill(const uintptr_t* addresses) noexcept

    cppclass Lmdb:
        Lmdb(const LmdbFunctions& functions, size_t resident) except +
        int open(const string& folder, const vector[string]& names, cbool is_writable, size_t map_size, cbool is_synced) except +
        void close() noexcept
        const char* words_of(int error) noexcept
        int get(int table, const string& key, string& value, cbool& is_there) except +
        int scan(int table, const string& first, const string& end, size_t most, Run& records) except +
        int write(const Changes& changes) except +
        int write_behind(Changes& changes) except +
        const Changes* writing() noexcept
        int settle() except +
        int take_failure() noexcept

    cbool get_record(void* itself, int table, const string* key, string* value, cbool* is_there) noexcept
    cbool scan_records(void* itself, int table, const string* first, const string* end, Run* found) noexcept

cdef extern from *:
    """
    static samestate::stores::Lmdb* new_lmdb(const samestate::stores::LmdbFunctions& functions, size_t resident) {
        return new samestate::stores::Lmdb(functions, resident);
    }
    static void delete_lmdb(samestate::stores::Lmdb* lmdb) { delete lmdb; }
    """
    Lmdb* new_lmdb(const LmdbFunctions& functions, size_t resident) except +
    void delete_lmdb(Lmdb* lmdb) noexcept nogil

cdef class LmdbStore:
    cdef Lmdb* native               # null once it is closed
    cdef object folder
    cdef object map_size
    cdef object lock
    cdef uint64_t version           # how often it was written
    cdef Lmdb* opened(self) except NULL
    cdef int check(self, int error) except -1
    cdef int write_native(self, const Changes& changes) except -1
    cdef int write_behind(self, Changes& changes) except -1
    cdef int raise_failure(self) except -1
