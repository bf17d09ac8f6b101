# The compiled EVM's C++, as far as Cython handles it. What each thing means is said in the header that it is from.

from libc.stdint cimport int8_t, uint8_t, uint16_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

cdef extern from "samestate/optimized/words/u256.hpp" namespace "samestate" nogil:
    cppclass u256:
        u256() noexcept
        u256(uint64_t) noexcept
        uint64_t w[4]
        cbool is_zero() noexcept
        void store_be(uint8_t* bytes) noexcept

cdef extern from "samestate/optimized/evm/address.hpp" namespace "samestate::evm" nogil:
    cppclass Address:
        uint8_t bytes[20]
    cppclass Hash:
        uint8_t bytes[32]

cdef extern from "samestate/optimized/evm/code.hpp" namespace "samestate::evm" nogil:
    cppclass Code:
        Hash hash
        const uint8_t* bytes
        uint64_t size

cdef extern from "samestate/optimized/evm/code_table.hpp" namespace "samestate::evm" nogil:
    cppclass CodeTable:
        CodeTable() except +
        const Code& intern(const uint8_t* bytes, size_t length) except +
        const Code* find(const Hash& hash) noexcept
        const Code& empty() noexcept

cdef extern from "samestate/optimized/evm/state.hpp" namespace "samestate::evm" nogil:
    enum Part:
        EXISTENCE
        BALANCE
        NONCE
        CODE
        SLOT
    enum Existence:
        NOT_HELD
        HELD_EMPTY
        HELD_STORAGE_ALONE
    cppclass Account:
        Address address
        uint8_t loaded
        uint8_t observed
        uint8_t set
        cbool credited
        uint32_t wipes
        Existence existence_before
        Existence existence
        uint64_t nonce_before
        uint64_t nonce
        u256 balance_before
        u256 balance
        u256 credit
        const Code* code_before
        const Code* code
        uint64_t source[8]
        uint64_t step
        cbool add_credit() noexcept
    cppclass Slot:
        u256 key
        Account* owner
        cbool observed
        cbool set
        uint32_t set_after
        u256 before
        u256 value
        uint64_t source[2]
    cppclass State:
        vector[Account*] accounts
        vector[Slot*] slots

cdef extern from "samestate/optimized/evm/callbacks.hpp" namespace "samestate::evm" nogil:
    int answer_of(int result) noexcept
