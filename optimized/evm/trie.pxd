# The state's tries as Python sees them. What each part does is said in state_trie.hpp and preimages.hpp.

from libc.stdint cimport uint8_t, uint64_t
from libcpp.string cimport string
from libcpp.vector cimport vector

from samestate.optimized.evm.state_store cimport StateStore
from samestate.optimized.stores.records cimport Changes

cdef extern from "samestate/optimized/words/u256.hpp" namespace "samestate" nogil:
    cppclass u256:
        void store_be(uint8_t* target)

    u256 load_be "samestate::u256::load_be"(const uint8_t* source)
    uint64_t load_be64(const uint8_t* source)


cdef extern from "samestate/optimized/evm/address.hpp" namespace "samestate::evm" nogil:
    cppclass Address:
        uint8_t bytes[20]

    cppclass Hash:
        uint8_t bytes[32]


cdef extern from "samestate/optimized/evm/preimages.hpp" namespace "samestate::evm" nogil:
    cppclass Bytes:
        const uint8_t* data
        size_t length

    cppclass Preimages:
        void add(const Bytes* bytes, size_t count) except +
        const Bytes* find(const uint8_t* hash)


cdef extern from "samestate/optimized/evm/state_trie.hpp" namespace "samestate::evm" nogil:
    cppclass AccountValue:
        uint64_t nonce
        u256 balance
        Hash code_hash
        bint has_storage()

    enum:
        HELD "samestate::evm::AccountChange::HELD"
        BALANCE_SET "samestate::evm::AccountChange::BALANCE_SET"
        NONCE_SET "samestate::evm::AccountChange::NONCE_SET"
        CODE_SET "samestate::evm::AccountChange::CODE_SET"
        WIPED "samestate::evm::AccountChange::WIPED"

    cppclass AccountChange:
        Address address
        uint8_t parts
        bint is_held
        uint64_t nonce
        u256 balance
        Hash code_hash

    cppclass SlotChange:
        Address address
        u256 slot
        u256 value

    cppclass Gap:
        bint is_open
        const char* reason
        uint8_t hash[32]

    cppclass StateGap:
        Gap gap
        Address address
        bint is_slot
        u256 slot

    cppclass Tries "samestate::evm::StateTrie":
        void begin_partial(const uint8_t* root, const Preimages* nodes)
        void begin_stored(const uint8_t* root, const StateStore* store) except +
        size_t fold(int depth) noexcept
        void append_stored(Changes& changes, vector[string]& codes) except +
        bint read_account "read"(const Address& address, AccountValue& value, StateGap& gap)
        u256 read_slot "read"(const Address& address, const u256& slot, StateGap& gap)
        bint update(
            const AccountChange* accounts, size_t account_count, const SlotChange* slots, size_t slot_count,
            size_t workers, StateGap& gap
        ) except +
        void root(size_t workers, uint8_t* root) except +


cdef extern from "samestate/optimized/evm/bytes_trie.hpp" namespace "samestate::evm" nogil:
    cppclass BytesTrie:
        bint set(const uint8_t* key, size_t key_length, const uint8_t* value, size_t length) except +
        void root(uint8_t* root) except +


cdef class StateTrie:
    cdef Tries tries
    cdef Preimages nodes
    cdef Preimages codes
    cdef list kept
    cdef bint is_broken

    cdef int keep(self, Preimages* preimages, object given) except -1
    cdef int check(self) except -1
    cdef int put(
        self, const AccountChange* accounts, size_t account_count, const SlotChange* slots, size_t slot_count, size_t workers
    ) except -1


cdef const uint8_t* bytes_of(bytes data) noexcept
cdef size_t thread_count(object workers) except 0
cdef int to_address(Address* target, bytes address) except -1
cdef int raise_gap(const StateGap* gap) except -1
