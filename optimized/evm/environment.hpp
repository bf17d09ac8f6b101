// What a block tells the transactions in it, apart from state.

#ifndef SAMESTATE_EVM_ENVIRONMENT_HPP
#define SAMESTATE_EVM_ENVIRONMENT_HPP

#include <cstdint>

#include "samestate/optimized/evm/address.hpp"

namespace samestate::evm {

constexpr std::uint64_t BLOCK_HASH_WINDOW = 256;

struct Withdrawal {
    Address address;
    std::uint64_t amount;   // gwei
};

struct OmmerMiner {
    Address address;
    std::uint64_t number;   // of the ommer
};

// The environment of a block. Plain data; made once a block, read by all workers.
struct Environment {
    std::uint64_t chain_id;
    std::uint64_t number;
    std::uint64_t timestamp;
    std::uint64_t gas_limit;
    std::uint64_t slot_number;          // EIP-7843
    u256 base_fee;
    u256 difficulty;                    // before Paris
    Hash prev_randao;                   // since Paris
    std::uint64_t excess_blob_gas;
    u256 blob_base_fee;                 // of the excess, by the fork's schedule; worked out once
    bool blob_base_fee_overflows;       // it does not fit 256 bits: no blob transaction and no BLOBBASEFEE can be had
    Address coinbase;
    // Whose logs are deposits (EIP-6110): mainnet's, unless a chain has its own.
    Address deposit_contract{{0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c,
                              0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}};
    Hash parent_hash;
    Hash parent_beacon_block_root;
    bool is_bare;                       // nothing happens before the first and after the last transaction (state tests)
    // Hashes of the blocks number - 1, number - 2, …: as many as are known, one after another; `known` says which of them.
    const Hash* block_hashes;
    const bool* block_hash_known;
    std::uint64_t block_hash_count;     // at most BLOCK_HASH_WINDOW
    const Withdrawal* withdrawals;
    std::uint64_t withdrawal_count;
    const OmmerMiner* ommers;
    std::uint64_t ommer_count;
};

}  // namespace samestate::evm

#endif
