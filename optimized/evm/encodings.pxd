# Decoded transactions and blocks, and roots over lists, as Python sees them. What each part is is said in the headers.

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libcpp.vector cimport vector

from samestate.optimized.evm.native.precompiles cimport Libraries, libraries_address

cdef extern from "samestate/optimized/words/u256.hpp" namespace "samestate" nogil:
    cppclass u256:
        void store_be(uint8_t* target) const

    u256 load_be "samestate::u256::load_be"(const uint8_t* source)


cdef extern from "samestate/optimized/evm/address.hpp" namespace "samestate::evm" nogil:
    cppclass Address:
        uint8_t bytes[20]

    cppclass Hash:
        uint8_t bytes[32]


cdef extern from "samestate/optimized/evm/buffer.hpp" namespace "samestate::evm" nogil:
    cppclass Buffer:
        const uint8_t* data()
        size_t size()

    cppclass Shelf:
        pass


cdef extern from "samestate/optimized/evm/rlp.hpp" namespace "samestate::evm::rlp" nogil:
    cppclass Item:
        pass

    cppclass Malformed:
        const char* reason
        size_t position

    Malformed check_item "samestate::evm::rlp::check"(const uint8_t* data, size_t length, Item* item)


cdef extern from "samestate/optimized/evm/rejections.hpp" namespace "samestate::evm" nogil:
    cppclass Rejection:
        pass

    const char* rejection_name(Rejection code)


cdef extern from "samestate/optimized/evm/transaction.hpp" namespace "samestate::evm" nogil:
    cppclass AccessListEntry:
        Address address
        uint32_t first_slot
        uint32_t slot_count

    cppclass Authorization:
        u256 chain_id
        Address address
        uint8_t y_parity
        uint64_t nonce
        u256 r
        u256 s

    cppclass Transaction:
        uint8_t type
        bint has_chain_id
        bint has_to
        uint8_t y_parity
        Address to
        uint64_t nonce
        uint64_t gas_limit
        u256 chain_id
        u256 max_priority_fee_per_gas
        u256 max_fee_per_gas
        u256 max_fee_per_blob_gas
        u256 value
        const uint8_t* data
        size_t data_length
        const AccessListEntry* access_list
        size_t access_list_length
        const u256* slots
        const Hash* blob_versioned_hashes
        size_t blob_count
        const Authorization* authorizations
        size_t authorization_count
        u256 v
        u256 r
        u256 s
        const uint8_t* raw
        size_t raw_length

    cppclass Header:
        Hash parent_hash
        Hash ommers_hash
        Address coinbase
        Hash state_root
        Hash transactions_root
        Hash receipts_root
        uint8_t bloom[256]
        u256 difficulty
        uint64_t number
        uint64_t gas_limit
        uint64_t gas_used
        uint64_t timestamp
        const uint8_t* extra_data
        size_t extra_data_length
        Hash prev_randao
        uint8_t nonce[8]
        u256 base_fee_per_gas
        Hash withdrawals_root
        uint64_t blob_gas_used
        uint64_t excess_blob_gas
        Hash parent_beacon_block_root
        Hash requests_hash
        Hash block_access_list_hash
        uint64_t slot_number
        size_t field_count
        const uint8_t* raw
        size_t raw_length

    cppclass ListedWithdrawal:
        uint64_t index
        uint64_t validator_index
        Address address
        uint64_t amount
        const uint8_t* raw
        size_t raw_length

    cppclass DecodedBlock:
        Header header
        Transaction* transactions
        size_t transaction_count
        Header* ommers
        size_t ommer_count
        const uint8_t* raw_ommers
        size_t raw_ommers_length
        bint has_withdrawals
        ListedWithdrawal* withdrawals
        size_t withdrawal_count


cdef extern from "samestate/optimized/evm/decoding.hpp" namespace "samestate::evm" nogil:
    cppclass DecodingError:
        Rejection code
        const char* what
        const char* reason
        size_t position
        int64_t transaction
        bint is_error "operator bool"()

    DecodingError decode_one "samestate::evm::decode_transaction"(
        const uint8_t* data, size_t length, Transaction& transaction, Shelf& shelf
    ) except +
    DecodingError decode_whole "samestate::evm::decode_block"(
        const uint8_t* data, size_t length, DecodedBlock& block, Shelf& shelf
    ) except +


cdef extern from "samestate/optimized/evm/senders.hpp" namespace "samestate::evm" nogil:
    void transaction_hash(const Transaction& transaction, uint8_t* digest)
    void signing_hash(const Transaction& transaction, Buffer& scratch, uint8_t* digest) except +
    ctypedef bint (*Recover)(const uint8_t* hash, const uint8_t* r, const uint8_t* s, int y_parity, uint8_t* address)
    Rejection check_chain(const Transaction& transaction, const u256& chain_id)
    Rejection sender_of "samestate::evm::recover_sender"(
        const Transaction& transaction, Recover recover, Buffer& scratch, Address& sender
    ) except +


cdef extern from "samestate/optimized/evm/native/recovery.hpp" namespace "samestate::evm" nogil:
    Recover recover_address
    Libraries* native_libraries


cdef extern from "samestate/optimized/words/keccak_many.hpp" namespace "samestate::keccak_lanes" nogil:
    ctypedef void (*Permute)()
    Permute permute_of(int bits)


cdef extern from "samestate/optimized/words/keccak_many.hpp" namespace "samestate" nogil:
    void keccak256(const uint8_t* data, size_t length, uint8_t* digest)

    cppclass KeccakBatch:
        void choose(Permute permute)
        void add(const uint8_t* data, size_t length, uint8_t* digest) except +
        void flush()


cdef extern from "samestate/optimized/evm/ordered_trie.hpp" namespace "samestate::evm" nogil:
    cppclass Reference:
        pass

    size_t index_in_order(size_t place, size_t count)
    size_t place_in_order(size_t index, size_t count)
    void ordered_leaf(
        size_t place, size_t count, const uint8_t* value, size_t length, Buffer& scratch, KeccakBatch& batch,
        Reference& leaf
    ) except +
    void root_of_leaves "samestate::evm::ordered_root"(const Reference* leaves, size_t count, uint8_t* root)


cdef extern from "samestate/optimized/evm/receipts.hpp" namespace "samestate::evm" nogil:
    cppclass Log:
        Address address
        uint32_t topic_count
        uint64_t data
        uint64_t data_length
        u256 topics[4]

    cppclass ReceiptView:
        uint8_t type
        bint succeeded
        uint64_t cumulative_gas_used
        const Log* logs
        size_t log_count
        const uint8_t* log_data

    cppclass Bloom:
        uint8_t bytes[256]
        void join(const Bloom& other)

    cppclass ReceiptHasher:
        void hash(
            const ReceiptView* receipts, size_t first, size_t last, size_t count, Bloom* blooms, Reference* leaves
        ) except +

    void hash_of_requests "samestate::evm::requests_hash"(
        const uint8_t* bytes, const uint64_t* ends, size_t count, uint8_t* digest
    ) except +
    void hash_of_logs "samestate::evm::logs_hash"(
        const Log* logs, size_t count, const uint8_t* log_data, Buffer& scratch, uint8_t* digest
    ) except +


cdef const uint8_t* bytes_of(bytes data) noexcept
cdef bytes copied(const uint8_t* data, size_t length)
cdef object number(const u256* word)
cdef int refuse(const DecodingError* error) except -1
cdef int refuse_sender(Rejection code) except -1
cdef dict transaction_fields(const Transaction* transaction)
cdef dict header_fields(const Header* header)
cdef int to_logs(object logs, vector[Log]* found, bytearray data) except -1
