// Address lookup tables: the addresses that a message of version 0 takes from accounts.
// Source: solana-sdk address-lookup-table-interface/src/state.rs, agave accounts-db/src/accounts.rs.

#ifndef SAMESTATE_SVM_LOOKUP_TABLES_HPP
#define SAMESTATE_SVM_LOOKUP_TABLES_HPP

#include "samestate/optimized/svm/block.hpp"

namespace samestate::svm {

inline constexpr uint64_t TABLE_HEAD = 56;
inline constexpr uint64_t TABLE_SIZE = 8248;    // what each counts of the loaded size (SIMD-0186)

// Whether a slot is among the recent ones.
inline bool is_in_slot_hashes(const Environment& environment, uint64_t slot) {
    if (environment.slot_hashes_length < 8) return false;
    const uint64_t count = read_u64(environment.slot_hashes);
    for (uint64_t place = 0; place < count && 8 + 40 * (place + 1) <= environment.slot_hashes_length; ++place)
        if (read_u64(environment.slot_hashes + 8 + 40 * place) == slot) return true;
    return false;
}

// The addresses that a table has for this slot.
struct TableContent {
    const Address* addresses;
    uint64_t count;
};

inline Refusal read_table(const Account& account, const Environment& environment, TableContent& content) {
    if (environment.slot_hashes == nullptr) return refuse(TransactionError::ACCOUNT_NOT_FOUND);
    if (account.lamports == 0) return refuse(TransactionError::ADDRESS_LOOKUP_TABLE_NOT_FOUND);
    if (account.owner != known[Known::LOOKUP_TABLE]) return refuse(TransactionError::INVALID_ADDRESS_LOOKUP_TABLE_OWNER);
    const Refusal invalid = refuse(TransactionError::INVALID_ADDRESS_LOOKUP_TABLE_DATA);
    if (account.length < TABLE_HEAD || read_u32(account.data) != 1 || (account.length - TABLE_HEAD) % 32) return invalid;
    // An authority is there or not, and so is the byte that says so.
    if (account.data[21] > 1) return invalid;
    const uint64_t deactivated = read_u64(account.data + 4);
    const uint64_t extended = read_u64(account.data + 12);
    const uint64_t start = account.data[20];
    if (deactivated != ~uint64_t{0} && deactivated != environment.slot && !is_in_slot_hashes(environment, deactivated))
        return refuse(TransactionError::ADDRESS_LOOKUP_TABLE_NOT_FOUND);
    content.addresses = reinterpret_cast<const Address*>(account.data + TABLE_HEAD);
    content.count = (account.length - TABLE_HEAD) / 32;
    if (environment.slot > extended) return {};
    if (start > content.count) return invalid;
    content.count = start;
    return {};
}

}  // namespace samestate::svm

#endif
