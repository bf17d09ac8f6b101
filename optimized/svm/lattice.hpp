// The lattice hash of a state: the sum of a vector for each account, so that a block changes it by what it changed.
//
// An account's vector is 1,024 numbers of 16 bits, the output of BLAKE3 over its content; sums wrap around. An account
// without lamports is none, and counts nothing. Source: SIMD-0215; Agave, accounts-db, `hash_account`.

#ifndef SAMESTATE_SVM_LATTICE_HPP
#define SAMESTATE_SVM_LATTICE_HPP

#include <atomic>
#include <cstring>
#include <mutex>

#include "samestate/optimized/core/parallel.hpp"
#include "samestate/optimized/svm/stop.hpp"
#include "samestate/optimized/words/blake3.hpp"

namespace samestate::svm {

// An account where it lies; owner and address are 32 bytes each.
struct AccountView {
    uint64_t lamports;
    const uint8_t* data;
    size_t length;
    bool executable;
    const uint8_t* owner;
    const uint8_t* address;
};

struct Lattice {
    static constexpr size_t SIZE = 1024;
    uint16_t element[SIZE] = {};

    void add(const Lattice& other) {
        for (size_t i = 0; i < SIZE; ++i) element[i] = static_cast<uint16_t>(element[i] + other.element[i]);
    }
    void subtract(const Lattice& other) {
        for (size_t i = 0; i < SIZE; ++i) element[i] = static_cast<uint16_t>(element[i] - other.element[i]);
    }
    bool operator==(const Lattice& other) const { return std::memcmp(element, other.element, sizeof(element)) == 0; }

    // The 32 bytes that stand for it where it is printed.
    void checksum(uint8_t* digest) const { blake3(reinterpret_cast<const uint8_t*>(element), sizeof(element), digest); }
};

// Adds up the vectors of many accounts, those that are short several at a time. One a thread.
class LatticeBatch {
  public:
    explicit LatticeBatch(const blake3_lanes::Wide* wide = blake3_lanes::best) : wide_(wide) {}

    void add(const AccountView& account) { take(account, ADDED); }
    void subtract(const AccountView& account) { take(account, SUBTRACTED); }

    // Adds what there is by now to a lattice, and begins anew.
    void give(Lattice& lattice) {
        waiting_.flush([this](auto& row, size_t blocks) { expand(row, blocks); });
        // As `expand` has laid them out: word w of block lanes g + l at (16 g + w) lanes + l.
        for (size_t i = 0; i < 512; ++i) {
            const size_t lane = i % wide_->lanes, word = i / wide_->lanes % 16, group = i / wide_->lanes / 16;
            const size_t target = 2 * ((group * wide_->lanes + lane) * 16 + word);
            for (size_t half = 0; half < 2; ++half) {
                uint16_t added, subtracted;
                std::memcpy(&added, sums_[ADDED] + 4 * i + 2 * half, 2);
                std::memcpy(&subtracted, sums_[SUBTRACTED] + 4 * i + 2 * half, 2);
                lattice.element[target + half] = static_cast<uint16_t>(lattice.element[target + half] + added - subtracted);
            }
        }
        std::memset(sums_, 0, sizeof(sums_));
    }

  private:
    enum Sign : uint8_t { ADDED, SUBTRACTED };

    void take(const AccountView& account, Sign sign) {
        if (account.lamports == 0) return;
        uint8_t end[65];
        end[0] = account.executable;
        std::memcpy(end + 1, account.owner, 32);
        std::memcpy(end + 33, account.address, 32);
        const Piece pieces[3] = {
            {reinterpret_cast<const uint8_t*>(&account.lamports), 8}, {account.data, account.length}, {end, 65}};
        const size_t length = 8 + account.length + 65;
        if (length > BLAKE3_CHUNK) {
            const Blake3Root root = Blake3Tree(pieces, 3, wide_).root();
            wide_->expand(root.chain, root.block, root.length, root.flags, sums_[sign]);
        } else {
            waiting_.add(pieces, 3, length, sign, wide_->lanes, [this](auto& row, size_t blocks) { expand(row, blocks); });
        }
    }

    void expand(Blake3Waiting<Sign>::Row& row, size_t blocks) {
        using namespace blake3_lanes;
        uint32_t chains[MOST_LANES][8];
        if (blocks > 1) {
            wide_->chains(row.messages, row.count, blocks - 1, 0, false, 0, CHUNK_START, 0, nullptr,
                          reinterpret_cast<uint8_t*>(chains));
        }
        const uint32_t flags = (blocks == 1 ? CHUNK_START : 0u) | CHUNK_END | ROOT;
        for (size_t i = 0; i < row.count; ++i) {
            const uint8_t* last = row.messages[i] + 64 * (blocks - 1);
            wide_->expand(blocks > 1 ? chains[i] : START, last, row.last_lengths[i], flags, sums_[row.along[i]]);
        }
    }

    const blake3_lanes::Wide* wide_;
    Blake3Waiting<Sign> waiting_;
    alignas(64) uint8_t sums_[2][2048] = {};
};

// The vector of one account.
inline Lattice account_lattice(const AccountView& account) {
    Lattice lattice;
    LatticeBatch batch;
    batch.add(account);
    batch.give(lattice);
    return lattice;
}

// An account that counts in a sum, or that is taken out of it.
struct LatticeTerm {
    AccountView account;
    bool is_subtracted;
};

// A sum by any number of workers, each of which calls `work` once.
class LatticeSum {
  public:
    // Terms and accounts must stay where they are until the work is done.
    LatticeSum(const LatticeTerm* terms, size_t count, const blake3_lanes::Wide* wide = blake3_lanes::best)
        : wide_(wide), terms_(terms), count_(count), stretch_(count < MANY ? 1 : 16) {}

    // Takes terms until none is left, or the work is to stop.
    void work(size_t worker, const Stop& stop) {
        LatticeBatch batch(wide_);
        size_t bytes = 0;
        for (;;) {
            const size_t first = next_.fetch_add(stretch_, std::memory_order_relaxed);
            if (first >= count_) break;
            const size_t last = count_ - first < stretch_ ? count_ : first + stretch_;
            for (size_t i = first; i < last; ++i) {
                const LatticeTerm& term = terms_[i];
                if (term.is_subtracted) batch.subtract(term.account);
                else batch.add(term.account);
                bytes += term.account.length + 1024;
                if (bytes < BETWEEN_LOOKS) continue;
                bytes = 0;
                if (stop(worker)) stopped_.store(true, std::memory_order_relaxed);
                if (stopped_.load(std::memory_order_relaxed)) return;
            }
        }
        Lattice mine;
        batch.give(mine);
        const std::lock_guard<std::mutex> guard(mutex_);
        sum_.add(mine);
    }

    // Once all workers are done: whether they were stopped, and else the sum.
    bool was_stopped() const { return stopped_.load(std::memory_order_relaxed); }
    const Lattice& sum() const { return sum_; }

  private:
    static constexpr size_t MANY = 1024;  // terms; fewer may be long ones, and are taken one by one
    static constexpr size_t BETWEEN_LOOKS = 1 << 20;  // bytes, a fraction of a millisecond

    const blake3_lanes::Wide* wide_;
    const LatticeTerm* terms_;
    size_t count_;
    size_t stretch_;
    std::atomic<size_t> next_{0};
    std::atomic<bool> stopped_{false};
    std::mutex mutex_;
    Lattice sum_;
};

// Adds a sum of terms to a lattice, on so many threads, of which this is worker 0. False, and nothing, where stopped.
inline bool add_terms(Lattice& lattice, const LatticeTerm* terms, size_t count, size_t workers, const Stop& stop,
                      const blake3_lanes::Wide* wide = blake3_lanes::best) {
    LatticeSum sum(terms, count, wide);
    in_parallel(workers, workers < count ? workers : count, 1,
                [&](size_t, size_t, size_t worker) { sum.work(worker, stop); });
    if (sum.was_stopped()) return false;
    lattice.add(sum.sum());
    return true;
}

// Whether to sum up the whole state instead of changing its sum: where that is fewer vectors to make. A change has one for each account that was there
// before and one for each that is there after, so where all accounts that change stay, this is from half of the state on.
inline bool is_sum_made_anew(size_t terms_of_change, size_t accounts) { return terms_of_change > accounts; }

}  // namespace samestate::svm

#endif
