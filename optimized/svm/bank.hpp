// What goes on from block to block beside accounts: recent blockhashes, what was processed, the parent's hash, the lattice.

#ifndef SAMESTATE_SVM_BANK_HPP
#define SAMESTATE_SVM_BANK_HPP

#include <unordered_set>

#include "samestate/optimized/svm/lattice.hpp"
#include "samestate/optimized/svm/mutants.hpp"
#include "samestate/optimized/svm/rules.hpp"
#include "samestate/optimized/svm/table.hpp"

namespace samestate::svm {

// Blockhashes, newest last. Source: agave accounts-db/src/blockhash_queue.rs.
struct BlockhashQueue {
    struct Item {
        Hash hash;
        uint64_t number;        // how many were registered before it
        uint64_t lamports;      // per signature, then
    };
    static constexpr uint64_t OLDEST_KEPT = 300;

    std::vector<Item> items;

    // Registers the blockhash of a block.
    void add(const Hash& hash, uint64_t lamports) {
        const uint64_t number = items.empty() ? 0 : items.back().number + 1;
        std::vector<Item> kept;
        for (const Item& item : items)
            if ((items.size() < OLDEST_KEPT || number - item.number <= OLDEST_KEPT) && item.hash != hash) kept.push_back(item);
        kept.push_back({hash, number, lamports});
        items = std::move(kept);
    }

    // Whether a transaction of the next block may name it.
    bool is_usable(const Hash& hash) const {
        for (size_t place = items.size(); place-- > 0;)
            if (items[place].hash == hash)
                return items.back().number - items[place].number <= OLDEST_BLOCKHASH - MUTANT(AGE_OFF_BY_ONE);
        return false;
    }
};

// Messages that were processed: the blockhash that each names, and its hash.
struct Processed {
    Hash blockhash;
    Hash message;
};

inline bool operator==(const Processed& one, const Processed& other) {
    return one.message == other.message && one.blockhash == other.blockhash;
}

class ProcessedHash {
  public:
    size_t operator()(const Processed& each) const { return mixed(each.message, seed_); }

  private:
    uint64_t seed_ = drawn_seed();
};

// What ancestors have processed. What a block has processed is forgotten when its blockhashes have long expired, since a message
// whose blockhash has expired is refused before anybody asks here.
class StatusCache {
  public:
    static constexpr size_t LONGEST = 301;

    bool has(const Hash& blockhash, const Hash& message) const { return all_.count({blockhash, message}) != 0; }

    void add(std::vector<Processed> block) {
        for (const Processed& each : block) all_.insert(each);
        blocks_.push_back(std::move(block));
        if (blocks_.size() <= LONGEST) return;
        for (const Processed& each : blocks_.front()) all_.erase(each);
        blocks_.erase(blocks_.begin());
    }

    bool is_empty() const { return all_.empty(); }

  private:
    std::unordered_set<Processed, ProcessedHash> all_;
    std::vector<std::vector<Processed>> blocks_;
};

// How slots make epochs. Source: solana-sdk epoch-schedule.
struct EpochSchedule {
    uint64_t slots_per_epoch = 432000;
    uint64_t leader_schedule_slot_offset = 432000;
    uint64_t first_normal_epoch = 0;
    uint64_t first_normal_slot = 0;

    static constexpr uint64_t FEWEST_SLOTS = 32;    // of the first epoch, while epochs double

    uint64_t epoch_of(uint64_t slot) const {
        if (slot >= first_normal_slot) return first_normal_epoch + (slot - first_normal_slot) / slots_per_epoch;
        uint64_t epoch = 0;
        for (uint64_t end = FEWEST_SLOTS; slot >= end; end += FEWEST_SLOTS << epoch) ++epoch;
        return epoch;
    }

    // The epoch whose leaders are settled in this slot.
    uint64_t leader_schedule_epoch(uint64_t slot) const {
        if (slot < first_normal_slot) return epoch_of(slot) + 1;
        return first_normal_epoch + (slot - first_normal_slot + leader_schedule_slot_offset) / slots_per_epoch;
    }
};

struct HardFork {
    uint64_t slot;
    uint64_t times;
};

// The bank of the block before.
struct Bank {
    uint64_t slot = 0;
    Hash hash{};                            // its bank hash
    BlockhashQueue queue;
    StatusCache processed;
    std::vector<HardFork> hard_forks;       // by slot
    EpochSchedule epochs;
    uint64_t lamports_per_byte = 6960;
    uint64_t lamports_per_signature = 5000;
    uint64_t hashes_per_tick = 62500;       // 0: nobody counts
    uint64_t ticks_per_slot = 64;
    Lattice lattice;                        // of all accounts, those that are not listed too
};

}  // namespace samestate::svm

#endif
