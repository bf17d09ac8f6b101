// Transactions, headers and blocks as plain data that points into the bytes they were decoded from.

#ifndef SAMESTATE_EVM_TRANSACTION_HPP
#define SAMESTATE_EVM_TRANSACTION_HPP

#include <cstddef>
#include <cstdint>

#include "samestate/optimized/evm/address.hpp"

namespace samestate::evm {

// Types of transactions (EIP-2718).
constexpr uint8_t LEGACY_TYPE = 0;
constexpr uint8_t ACCESS_LIST_TYPE = 1;   // EIP-2930
constexpr uint8_t FEE_MARKET_TYPE = 2;    // EIP-1559
constexpr uint8_t BLOB_TYPE = 3;          // EIP-4844
constexpr uint8_t SET_CODE_TYPE = 4;      // EIP-7702

// The y parity of a legacy transaction whose v says neither 0 nor 1. Of a typed one it is as given, up to 255.
constexpr uint8_t NO_PARITY = 255;

// An account that a transaction says it will access; its slots are a part of all slots of the access list.
struct AccessListEntry {
    Address address;
    uint32_t first_slot;
    uint32_t slot_count;
};

// The word of an account that it delegates its code to `address` (EIP-7702). Which values are right is not said here.
struct Authorization {
    u256 chain_id;
    Address address;
    uint8_t y_parity;
    uint64_t nonce;
    u256 r;
    u256 s;
    // The RLP of chain id, address and nonce, one after another: what is signed, without its list's prefix.
    const uint8_t* message;
    size_t message_length;
};

// A transaction. What its type does not have is zero, but for the fees: of a legacy or access-list transaction both
// fees per gas are its gas price (EIP-1559: it bids that much and tips what is over the base fee).
struct Transaction {
    uint8_t type;
    bool has_chain_id;    // false: a legacy transaction that is good on any chain, or has a v of no meaning
    bool has_to;          // false: a creation
    uint8_t y_parity;
    Address to;
    uint64_t nonce;
    uint64_t gas_limit;
    u256 chain_id;
    u256 max_priority_fee_per_gas;
    u256 max_fee_per_gas;
    u256 max_fee_per_blob_gas;
    u256 value;
    const uint8_t* data;
    size_t data_length;
    const AccessListEntry* access_list;
    size_t access_list_length;
    const u256* slots;                       // of the whole access list, entry after entry
    size_t slot_count;
    const Hash* blob_versioned_hashes;
    size_t blob_count;
    const Authorization* authorizations;
    size_t authorization_count;
    u256 v;               // of a legacy transaction, as given
    u256 r;
    u256 s;
    // The canonical bytes, of which the transaction's hash and the transactions root are made.
    const uint8_t* raw;
    size_t raw_length;
    // Where in `raw` the fields are that the sender signs, one after another without their list's prefix.
    const uint8_t* message;
    size_t message_length;
};

// A header. `field_count` says which of the later fields are there (15 to 23); those that are not are zero.
struct Header {
    Hash parent_hash;
    Hash ommers_hash;
    Address coinbase;
    Hash state_root;
    Hash transactions_root;
    Hash receipts_root;
    uint8_t bloom[256];
    u256 difficulty;
    uint64_t number;
    uint64_t gas_limit;
    uint64_t gas_used;
    uint64_t timestamp;
    const uint8_t* extra_data;
    size_t extra_data_length;
    Hash prev_randao;                  // the mix hash before Paris
    uint8_t nonce[8];
    u256 base_fee_per_gas;             // 16 fields: EIP-1559
    Hash withdrawals_root;             // 17: EIP-4895
    uint64_t blob_gas_used;            // 18: EIP-4844
    uint64_t excess_blob_gas;          // 19: EIP-4844
    Hash parent_beacon_block_root;     // 20: EIP-4788
    Hash requests_hash;                // 21: EIP-7685
    Hash block_access_list_hash;       // 22: EIP-7928
    uint64_t slot_number;              // 23: EIP-7843
    size_t field_count;
    const uint8_t* raw;                // its hash names the block
    size_t raw_length;
};

// A withdrawal as a body lists it (EIP-4895), the amount in gwei.
struct ListedWithdrawal {
    uint64_t index;
    uint64_t validator_index;
    Address address;
    uint64_t amount;
    const uint8_t* raw;
    size_t raw_length;
};

// A header and its body.
struct DecodedBlock {
    Header header;
    Transaction* transactions;
    size_t transaction_count;
    Header* ommers;
    size_t ommer_count;
    const uint8_t* raw_ommers;         // the list of ommers as it stands; its hash is the header's ommers hash
    size_t raw_ommers_length;
    bool has_withdrawals;
    ListedWithdrawal* withdrawals;
    size_t withdrawal_count;
};

}  // namespace samestate::evm

#endif
