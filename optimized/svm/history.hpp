// Proof of history: each entry of a block says what comes of hashing on from the entry before it.
//
// Only who makes the chain has to hash one entry after another. Who verifies it takes each entry's stated hash for the
// start of the next, so all can be looked at in any order, several at once in each core (sha256_chains.hpp).
// Source of the rules: Agave, entry/src/entry.rs and poh.rs.

#ifndef SAMESTATE_SVM_HISTORY_HPP
#define SAMESTATE_SVM_HISTORY_HPP

#include <atomic>
#include <cstring>
#include <vector>

#include "samestate/optimized/core/parallel.hpp"
#include "samestate/optimized/svm/stop.hpp"
#include "samestate/optimized/words/sha256_chains.hpp"

namespace samestate::svm {

// An entry as it stands in a block: how many hashes it took, the last of them, and the signatures of all its
// transactions, 64 bytes each, one transaction after another. Without transactions it is a tick; transactions may have no
// signatures, of which nothing can come, but an entry of them is no tick for that.
struct HistoryEntry {
    uint64_t hashes;
    const uint8_t* hash;
    const uint8_t* const* signatures;
    size_t signature_count;
    bool is_tick;
};

// The root of the tree over the signatures: leaves are hashed with a zero in front, nodes with a one, and what has no
// neighbour is its own; the root of none is zero. Constant memory: finished subtrees wait in `levels` until their neighbour is there.
inline void mix_in(const uint8_t* const* signatures, size_t count, uint8_t* root) {
    static constexpr uint8_t LEAF = 0, NODE = 1;
    if (count == 0) {
        std::memset(root, 0, 32);
        return;
    }
    uint8_t levels[64][32];
    const auto join = [](const uint8_t* left, const uint8_t* right, uint8_t* target) {
        Sha256().update(&NODE, 1).update(left, 32).update(right, 32).finish(target);
    };
    for (size_t i = 0; i < count; ++i) {
        uint8_t hash[32];
        sha256(&LEAF, 1, signatures[i], 64, hash);
        size_t level = 0;
        for (; i >> level & 1; ++level) join(levels[level], hash, hash);
        std::memcpy(levels[level], hash, 32);
    }
    // From the right: what waits on a level joins what came of the levels below, which counts as a whole subtree once
    // it has been joined with itself as often as it takes.
    size_t top = 0;
    while ((count - 1) >> top > 0) ++top;
    bool is_there = false;
    uint8_t right[32];
    for (size_t level = 0; level < top; ++level) {
        const bool waits = count >> level & 1;
        if (waits && is_there) {
            join(levels[level], right, right);
        } else if (waits) {
            join(levels[level], levels[level], right);
            is_there = true;
        } else if (is_there) {
            join(right, right, right);
        }
    }
    std::memcpy(root, is_there ? right : levels[top], 32);
}

// The check of a chain of entries by any number of workers, each of which calls `work` once.
class HistoryCheck {
  public:
    // `start` is the last hash of the block before. All must stay where it is until the check is done.
    HistoryCheck(const uint8_t* start, const HistoryEntry* entries, size_t count)
        : start_(start), entries_(entries), count_(count), wrong_(count) {}

    // Takes entries until none is left, or one before them is wrong, or the work is to stop.
    void work(size_t worker, const Stop& stop) {
        Lane lanes[SHA256_CHAINS];
        size_t busy = 0;
        while (busy < SHA256_CHAINS && take(lanes[busy])) ++busy;
        while (busy > 0) {
            // All go on together until the first is done, or it is time to look up.
            uint64_t together = BETWEEN_LOOKS;
            uint8_t* values[SHA256_CHAINS];
            for (size_t i = 0; i < busy; ++i) {
                values[i] = lanes[i].value;
                if (lanes[i].left < together) together = lanes[i].left;
            }
            sha256_chains(values, busy, together);
            if (stopped_.load(std::memory_order_relaxed)) return;
            if (stop(worker)) {
                stopped_.store(true, std::memory_order_relaxed);
                return;
            }
            for (size_t i = 0; i < busy;) {
                lanes[i].left -= together;
                if (lanes[i].left == 0) {
                    finish(lanes[i]);
                    if (!take(lanes[i])) {
                        lanes[i] = lanes[--busy];
                        continue;
                    }
                }
                ++i;
            }
        }
    }

    // Once all workers are done: whether they were stopped, and the first entry that is wrong, or how many there are.
    bool was_stopped() const { return stopped_.load(std::memory_order_relaxed); }
    size_t wrong() const { return wrong_.load(std::memory_order_relaxed); }

  private:
    static constexpr uint64_t BETWEEN_LOOKS = 4096;  // hashes, a tenth of a millisecond

    struct Lane {
        size_t index;
        uint64_t left;
        uint8_t value[32];
    };

    // Gives the lane the next entry that has hashes of its own before the last step; those without are done at once.
    bool take(Lane& lane) {
        for (;;) {
            lane.index = next_.fetch_add(1, std::memory_order_relaxed);
            if (lane.index >= count_ || lane.index > wrong_.load(std::memory_order_relaxed)) return false;
            const HistoryEntry& entry = entries_[lane.index];
            std::memcpy(lane.value, lane.index == 0 ? start_ : entries_[lane.index - 1].hash, 32);
            // The last hash takes in the signatures; an entry of no hashes with transactions has this one all the same.
            lane.left = entry.is_tick || entry.hashes == 0 ? entry.hashes : entry.hashes - 1;
            if (lane.left > 0) return true;
            finish(lane);
        }
    }

    void finish(Lane& lane) {
        const HistoryEntry& entry = entries_[lane.index];
        if (!entry.is_tick) {
            uint8_t root[32];
            mix_in(entry.signatures, entry.signature_count, root);
            sha256(lane.value, 32, root, 32, lane.value);
        }
        if (std::memcmp(lane.value, entry.hash, 32) == 0) return;
        size_t first = wrong_.load(std::memory_order_relaxed);
        while (lane.index < first && !wrong_.compare_exchange_weak(first, lane.index, std::memory_order_relaxed)) {
        }
    }

    const uint8_t* start_;
    const HistoryEntry* entries_;
    size_t count_;
    std::atomic<size_t> next_{0};
    std::atomic<size_t> wrong_;
    std::atomic<bool> stopped_{false};
};

// Gives the first entry that does not follow from the one before it, `count` where all do; any number where the work was
// stopped, which `was_stopped` says. On so many threads, of which this is worker 0.
inline size_t verify_history(const uint8_t* start, const HistoryEntry* entries, size_t count, size_t workers,
                             const Stop& stop, bool& was_stopped) {
    HistoryCheck check(start, entries, count);
    in_parallel(workers, workers < count ? workers : count, 1,
                [&](size_t, size_t, size_t worker) { check.work(worker, stop); });
    was_stopped = check.was_stopped();
    return check.wrong();
}

}  // namespace samestate::svm

#endif
