# A trie of values that come in order. See sorted.py.

from libc.stdint cimport uint8_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

cdef extern from "samestate/optimized/evm/state_store.hpp" namespace "samestate::evm" nogil:
    const size_t SMALL

cdef extern from "samestate/optimized/words/keccak.hpp" namespace "samestate" nogil:
    void keccak256(const uint8_t* data, size_t length, uint8_t* digest) noexcept

cdef extern from "samestate/optimized/evm/sorted_trie.hpp" namespace "samestate::evm" nogil:
    cppclass SortedNode "samestate::evm::SortedTrie::Node":
        string name, bytes
        size_t values

    cppclass SortedTrie:
        SortedTrie() except +
        void begin(const string& owner, size_t smallest) except +
        vector[SortedNode] nodes
        cbool add(const string& key, const string& flat, cbool is_account) except +
        void root(uint8_t* root) except +

cdef class TrieInOrder:
    cdef SortedTrie trie
    cdef cbool is_of_accounts
