// Nonce accounts: what their data says. Source: solana-sdk nonce/src/{state,versions}.rs.

#ifndef SAMESTATE_SVM_NONCE_HPP
#define SAMESTATE_SVM_NONCE_HPP

#include "samestate/optimized/svm/block.hpp"
#include "samestate/optimized/words/sha256.hpp"

namespace samestate::svm {

inline constexpr uint64_t NONCE_LENGTH = 80;

struct Nonce {
    bool is_current = false;        // version 1; version 0 can only be upgraded
    bool is_initialized = false;
    Address authority{};
    Hash nonce{};
    uint64_t lamports_per_signature = 0;
};

// Decodes data; false where it is no nonce, initialized or not.
inline bool read_nonce(const uint8_t* data, uint64_t length, Nonce& nonce) {
    if (length < 8) return false;
    const uint32_t version = read_u32(data);
    const uint32_t state = read_u32(data + 4);
    if (version > 1 || state > 1 || (state == 1 && length < NONCE_LENGTH)) return false;
    nonce.is_current = version == 1;
    nonce.is_initialized = state == 1;
    if (state == 0) return true;
    std::memcpy(&nonce.authority, data + 8, 32);
    std::memcpy(&nonce.nonce, data + 40, 32);
    nonce.lamports_per_signature = read_u64(data + 72);
    return true;
}

// Encodes it; how many bytes that takes.
inline size_t write_nonce(const Nonce& nonce, uint8_t* data) {
    write_u32(data, nonce.is_current);
    write_u32(data + 4, nonce.is_initialized);
    if (!nonce.is_initialized) return 8;
    std::memcpy(data + 8, &nonce.authority, 32);
    std::memcpy(data + 40, &nonce.nonce, 32);
    write_u64(data + 72, nonce.lamports_per_signature);
    return NONCE_LENGTH;
}

// The nonce that comes of a blockhash.
inline Hash durable_nonce(const Hash& blockhash) {
    Hash nonce;
    Sha256().update(reinterpret_cast<const uint8_t*>("DURABLE_NONCE"), 13).update(blockhash.bytes, 32).finish(nonce.bytes);
    return nonce;
}

// An account of the System program that is an initialized nonce of the right length may pay fees.
inline bool is_paying_nonce(const Account& account) {
    Nonce nonce;
    return account.length == NONCE_LENGTH && read_nonce(account.data, account.length, nonce) && nonce.is_initialized;
}

// The account with the next nonce; its data is written anew. It is an initialized nonce.
inline Account advanced(const Account& account, const Environment& environment, Room& room) {
    Nonce nonce;
    read_nonce(account.data, account.length, nonce);
    nonce.is_current = true;
    nonce.nonce = environment.durable_nonce;
    nonce.lamports_per_signature = environment.remembered_price;
    Account next = account;
    uint8_t* data = room.take(account.length);
    std::memcpy(data, account.data, account.length);
    write_nonce(nonce, data);
    next.data = data;
    return next;
}

}  // namespace samestate::svm

#endif
