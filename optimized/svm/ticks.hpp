// Whether the entries of a block are those of its slot: ticks, their hashes, and the proof of history.
// Source: agave ledger/src/blockstore_processor.rs (verify_ticks), entry/src/entry.rs.

#ifndef SAMESTATE_SVM_TICKS_HPP
#define SAMESTATE_SVM_TICKS_HPP

#include "samestate/optimized/svm/history.hpp"
#include "samestate/optimized/svm/work.hpp"

namespace samestate::svm {

// The name of what is wrong with the number and place of ticks; null: nothing.
inline const char* tick_problem(const BlockInput& input, const Bank& parent) {
    uint64_t ticks = 0;
    for (const Entry& entry : input.entries) ticks += entry.count == 0;
    if (ticks > parent.ticks_per_slot) return "TOO_MANY_TICKS";
    if (ticks < parent.ticks_per_slot) return "TOO_FEW_TICKS";
    if (input.entries.back().count) return "TRAILING_ENTRY";
    if (parent.hashes_per_tick == 0) return nullptr;
    uint64_t hashes = 0;
    for (const Entry& entry : input.entries) {
        hashes = hashes + entry.hashes < hashes ? ~uint64_t{0} : hashes + entry.hashes;
        if (entry.count) continue;
        if (entry.hashes == 0 || hashes != parent.hashes_per_tick) return "INVALID_TICK_HASH_COUNT";
        hashes = 0;
    }
    return nullptr;
}

// Whether each entry follows from the one before it. Transactions are decoded, since an entry mixes in their signatures.
inline bool has_true_history(const Work& work, size_t workers, const Stop& stop, bool& was_stopped) {
    const BlockInput& input = *work.input;
    std::vector<const uint8_t*> signatures;
    std::vector<size_t> firsts;
    for (const Entry& entry : input.entries) {
        firsts.push_back(signatures.size());
        for (size_t index = entry.first; index < size_t{entry.first} + entry.count; ++index) {
            const Message& message = work.transactions[index].message;
            for (size_t place = 0; place < message.signature_count; ++place)
                signatures.push_back(message.signatures + 64 * place);
        }
    }
    firsts.push_back(signatures.size());
    std::vector<HistoryEntry> entries;
    for (size_t place = 0; place < input.entries.size(); ++place) {
        const Entry& entry = input.entries[place];
        const size_t first = firsts[place], count = firsts[place + 1] - first;
        entries.push_back({entry.hashes, entry.hash.bytes, signatures.data() + first, count, entry.count == 0});
    }
    const Hash& start = work.state->bank.queue.items.back().hash;
    return verify_history(start.bytes, entries.data(), entries.size(), workers, stop, was_stopped) == entries.size();
}

}  // namespace samestate::svm

#endif
