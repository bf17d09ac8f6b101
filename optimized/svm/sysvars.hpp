// Accounts that the runtime itself writes: at the opening of a block, and at its closing.
// Sources: agave runtime/src/bank.rs (update_clock, update_slot_hashes, …), solana-sdk slot-hashes, slot-history, clock.

#ifndef SAMESTATE_SVM_SYSVARS_HPP
#define SAMESTATE_SVM_SYSVARS_HPP

#include "samestate/optimized/svm/work.hpp"

namespace samestate::svm {

inline constexpr uint64_t CLOCK_LENGTH = 40;
inline constexpr uint64_t MOST_SLOT_HASHES = 512;
inline constexpr uint64_t SLOT_HASHES_LENGTH = 8 + 40 * MOST_SLOT_HASHES;
inline constexpr uint64_t MOST_RECENT_BLOCKHASHES = 150;
inline constexpr uint64_t RECENT_BLOCKHASHES_LENGTH = 8 + 40 * MOST_RECENT_BLOCKHASHES;
inline constexpr uint64_t HISTORY_SLOTS = 1 << 20;
inline constexpr uint64_t SLOT_HISTORY_LENGTH = 1 + 8 + HISTORY_SLOTS / 8 + 8 + 8;

// A sysvar with new data: it keeps its lamports, or has what data of that length needs.
inline Account as_sysvar(const Environment& environment, const Account& before, const uint8_t* data, uint64_t length) {
    Account account = ABSENT;
    const uint64_t least = minimum_balance(environment, length);
    account.lamports = before.lamports > least ? before.lamports : least;
    account.data = data;
    account.length = length;
    account.owner = known[Known::SYSVAR_OWNER];
    return account;
}

// Memory for data that begins as what was there, as far as that goes, and goes on with zeros.
inline uint8_t* data_like(const Account& before, uint64_t length, Room& room) {
    uint8_t* data = room.take(length);
    const uint64_t kept = before.lamports ? (before.length < length ? before.length : length) : 0;
    if (kept) std::memcpy(data, before.data, kept);
    std::memset(data + kept, 0, length - kept);
    return data;
}

inline const uint8_t* next_clock(const Account& before, const BlockInput& input, const Bank& bank, Room& room) {
    uint8_t* data = data_like(before, CLOCK_LENGTH, room);
    write_u64(data, input.slot);
    write_u64(data + 16, bank.epochs.epoch_of(input.slot));
    write_u64(data + 24, bank.epochs.leader_schedule_epoch(input.slot));
    // Time never goes back.
    if (input.has_timestamp && input.unix_timestamp > static_cast<int64_t>(read_u64(data + 32)))
        write_u64(data + 32, static_cast<uint64_t>(input.unix_timestamp));
    return data;
}

// The parent goes where it belongs by its slot, which is in front in any chain; no more than 512 stay.
inline const uint8_t* next_slot_hashes(const Account& before, const Bank& bank, Room& room) {
    uint8_t* data = room.take(SLOT_HASHES_LENGTH);
    std::memset(data, 0, SLOT_HASHES_LENGTH);
    uint64_t kept = before.lamports && before.length >= 8 ? read_u64(before.data) : 0;
    if (kept > (before.length - 8) / 40) kept = (before.length - 8) / 40;
    uint64_t count = 0;
    bool is_added = false;
    const auto add = [&](uint64_t slot, const uint8_t* hash) {
        if (count == MOST_SLOT_HASHES) return;
        write_u64(data + 8 + 40 * count, slot);
        std::memcpy(data + 16 + 40 * count, hash, 32);
        ++count;
    };
    for (uint64_t place = 0; place < kept; ++place) {
        const uint8_t* item = before.data + 8 + 40 * place;
        const uint64_t slot = read_u64(item);
        if (!is_added && bank.slot >= slot) {
            add(bank.slot, bank.hash.bytes);
            is_added = true;
        }
        if (slot != bank.slot) add(slot, item + 8);
    }
    if (!is_added) add(bank.slot, bank.hash.bytes);
    write_u64(data, count);
    return data;
}

// The newest blockhashes first, each with the price of a signature.
inline const uint8_t* next_recent_blockhashes(const BlockhashQueue& queue, Room& room) {
    uint8_t* data = room.take(RECENT_BLOCKHASHES_LENGTH);
    std::memset(data, 0, RECENT_BLOCKHASHES_LENGTH);
    const size_t count = lower(queue.items.size(), MOST_RECENT_BLOCKHASHES);
    write_u64(data, count);
    for (size_t place = 0; place < count; ++place) {
        const BlockhashQueue::Item& item = queue.items[queue.items.size() - 1 - place];
        std::memcpy(data + 8 + 40 * place, item.hash.bytes, 32);
        write_u64(data + 8 + 40 * place + 32, item.lamports);
    }
    return data;
}

// A bit for each of the last 2^20 slots; those that were skipped have none.
inline const uint8_t* next_slot_history(const Account& before, uint64_t slot, Room& room) {
    uint8_t* data = data_like(before, SLOT_HISTORY_LENGTH, room);
    uint8_t* bits = data + 9;
    uint8_t* next = data + SLOT_HISTORY_LENGTH - 8;
    if (before.lamports == 0 || before.length < SLOT_HISTORY_LENGTH) {
        std::memset(data, 0, SLOT_HISTORY_LENGTH);
        data[0] = 1;
        write_u64(data + 1, HISTORY_SLOTS / 64);
        write_u64(data + SLOT_HISTORY_LENGTH - 16, HISTORY_SLOTS);
        bits[0] = 1;
        write_u64(next, 1);
    }
    const uint64_t expected = read_u64(next);
    if (slot > expected && slot - expected >= HISTORY_SLOTS) {
        std::memset(bits, 0, HISTORY_SLOTS / 8);
    } else {
        for (uint64_t skipped = expected; skipped < slot; ++skipped)
            bits[skipped % HISTORY_SLOTS / 8] &= static_cast<uint8_t>(~(1u << skipped % 8));
    }
    bits[slot % HISTORY_SLOTS / 8] |= static_cast<uint8_t>(1u << slot % 8);
    write_u64(next, slot + 1);
    return data;
}

}  // namespace samestate::svm

#endif
