# Records of stores as Cython handles them. What each thing means is said in records.hpp.

from libcpp cimport bool as cbool
from libcpp.pair cimport pair
from libcpp.string cimport string
from libcpp.vector cimport vector

cdef extern from "samestate/optimized/stores/records.hpp" namespace "samestate::stores" nogil:
    cppclass Text "std::string_view":
        const char* data() noexcept
        size_t size() noexcept

    Text text "std::string_view"(const char* data, size_t size) noexcept

    cppclass Run:
        Run() except +
        void add(Text key, Text value) except +
        size_t size() noexcept
        Text key(size_t index) noexcept
        Text value(size_t index) noexcept

    cppclass Change:
        string key
        string value
        cbool is_put

    cppclass Changes:
        Changes() except +
        void clear(int table, string prefix) except +
        void put(int table, string key, string value) except +
        void remove(int table, string key) except +
        void sort() except +
        size_t records() noexcept
        size_t bytes() noexcept
        const vector[pair[int, string]]& ranges() noexcept
        const vector[Change]& of(int table) noexcept
