// What is known here of the Vote program: a vote for a tower that is no newer than the account's last one fails as too old.
// Everything else of it is not specified, and ends the block as a program in bytecode does.
// Sources: solana-sdk vote-interface/src/state, agave programs/vote/src/vote_processor.rs.

#ifndef SAMESTATE_SVM_VOTE_PROGRAM_HPP
#define SAMESTATE_SVM_VOTE_PROGRAM_HPP

#include "samestate/optimized/svm/invocation.hpp"

namespace samestate::svm {

inline constexpr uint64_t VOTE_UNITS = 2100;

namespace votes {

inline constexpr uint32_t TOWER_SYNC = 14;
inline constexpr uint32_t VOTE_TOO_OLD = 0;

// The newest slot that a TowerSync votes for, in its compact form; false where it cannot be told.
inline bool newest_slot(const uint8_t* data, size_t length, uint64_t& slot) {
    Reader reader(data, length);
    const uint8_t* head = reader.take(12);
    if (head == nullptr || read_u32(head) != TOWER_SYNC) return false;
    slot = read_u64(head + 4);
    if (slot == ~uint64_t{0}) slot = 0;     // no root
    const uint16_t count = reader.take_short();
    for (uint16_t place = 0; place < count; ++place) {
        uint64_t offset = 0;
        for (int shift = 0;; shift += 7) {
            const uint8_t byte = reader.take_byte();
            if (reader.has_failed() || shift > 56) return false;
            offset |= static_cast<uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) break;
        }
        reader.take_byte();
        slot += offset;
    }
    return count > 0 && !reader.has_failed();
}

// The last slot that a vote account has voted for; false where its state is of a version that is not known here, or has no votes.
inline bool last_voted(const Account& account, uint64_t& slot) {
    Reader reader(account.data, account.length);
    const uint8_t* version = reader.take(4);
    if (version == nullptr) return false;
    size_t size = 13;
    switch (read_u32(version)) {
        case 1: size = 12; reader.take(32 + 32 + 1); break;
        case 2: reader.take(32 + 32 + 1); break;
        case 3:
            reader.take(4 * 32 + 2 + 2 + 8);
            if (reader.take_byte()) reader.take(48);
            break;
        default: return false;
    }
    const uint8_t* count = reader.take(8);
    if (count == nullptr || read_u64(count) == 0 || read_u64(count) > 31) return false;
    const uint8_t* votes = reader.take(size * read_u64(count));
    if (votes == nullptr) return false;
    slot = read_u64(votes + size * (read_u64(count) - 1) + size - 12);
    return true;
}

}  // namespace votes

// Runs a vote; false where what it does is not specified.
inline bool run_vote(Invocation& invocation, Ending& ending) {
    if (!invocation.has(1)) {
        ending = fail(InstructionError::MISSING_ACCOUNT);
        return true;
    }
    if (invocation.account(0).owner != known[Known::VOTE]) {
        ending = fail(InstructionError::INVALID_ACCOUNT_OWNER);
        return true;
    }
    uint64_t newest, last;
    if (!votes::newest_slot(invocation.data(), invocation.data_length(), newest)) return false;
    if (!votes::last_voted(invocation.account(0), last) || newest > last) return false;
    ending = fail_with(votes::VOTE_TOO_OLD);
    return true;
}

}  // namespace samestate::svm

#endif
