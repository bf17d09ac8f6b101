# The compiled EVM's C++, as far as Cython handles it. What each thing means is said in the header that it is from.

from libc.stdint cimport int8_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

cdef extern from "samestate/optimized/words/u256.hpp" namespace "samestate" nogil:
    cppclass u256:
        u256() noexcept
        u256(uint64_t) noexcept
        uint64_t w[4]
        cbool is_zero() noexcept
        void store_be(uint8_t* bytes) noexcept

cdef extern from "samestate/optimized/evm/mutants.hpp" nogil:
    enum:
        WIPE_UNSEEN
        SEEN_ACROSS_WIPE
        CREDIT_LOST_WHEN_READ

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

cdef extern from "samestate/optimized/evm/rules.hpp" namespace "samestate::evm" nogil:
    cppclass Rules:
        uint64_t has_access_list
        uint64_t block_access_list_item_gas
        uint8_t defined[256]
        uint32_t gas[256]
    cbool set_number(Rules& rules, const char* name, uint64_t value) noexcept

cdef extern from "samestate/optimized/evm/code_table.hpp" namespace "samestate::evm" nogil:
    cppclass CodeTable:
        CodeTable() except +
        const Code& intern(const uint8_t* bytes, size_t length) except +
        const Code* find(const Hash& hash) noexcept
        const Code& empty() noexcept
        size_t count() noexcept
        void translate_after(uint64_t count) noexcept
        uint64_t begin_block(const Rules& rules, uint64_t limit) except +

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
        cbool credit_overflows
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
        uint64_t run
        uint8_t kept
        cbool kept_credited
        u256 kept_credit
        uint32_t epoch
        int8_t storage_alone
    cppclass Slot:
        u256 key
        Account* owner
        cbool observed
        cbool set
        uint32_t set_after
        u256 before
        u256 value
        uint64_t source[2]
        cbool kept
        uint32_t epoch
    cppclass State:
        vector[Account*] accounts
        vector[Slot*] slots
        vector[Account*] run_accounts
        vector[Slot*] run_slots
        void begin_run() noexcept

cdef extern from "samestate/optimized/evm/callbacks.hpp" namespace "samestate::evm" nogil:
    int answer_of(int result) noexcept
    const int MISSING_ANSWER

cdef extern from "samestate/optimized/evm/buffer.hpp" namespace "samestate::evm" nogil:
    cppclass Buffer:
        uint8_t* data() noexcept
        size_t size() noexcept
        void clear() noexcept

cdef extern from "samestate/optimized/evm/effects.hpp" namespace "samestate::evm" nogil:
    enum EffectKind:
        EFFECT_READ
        EFFECT_SET
        EFFECT_CREDIT
        EFFECT_WIPE
        EFFECT_TOUCH

cdef extern from "samestate/optimized/evm/environment.hpp" namespace "samestate::evm" nogil:
    cppclass Environment:
        uint64_t chain_id
        uint64_t number
        uint64_t timestamp
        uint64_t gas_limit
        uint64_t slot_number
        u256 base_fee
        u256 difficulty
        Hash prev_randao
        uint64_t excess_blob_gas
        u256 blob_base_fee
        cbool blob_base_fee_overflows
        Address coinbase
        Hash parent_hash
        Hash parent_beacon_block_root
        Address deposit_contract
        cbool is_bare
