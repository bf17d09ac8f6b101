// Tables that find a thing of 32 bytes: an address, a hash. Seeded, so that nobody outside can choose names that meet in one place.

#ifndef SAMESTATE_SVM_TABLE_HPP
#define SAMESTATE_SVM_TABLE_HPP

#include <random>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/svm/room.hpp"

namespace samestate::svm {

using Hash = Address;

inline uint64_t drawn_seed() {
    if (SAMESTATE_IS_EXPLORED) return 1;    // like schedules have like points
    std::random_device device;
    return static_cast<uint64_t>(device()) << 32 | device();
}

inline uint64_t mixed(const Address& name, uint64_t seed) {
    const uint8_t* bytes = name.bytes;
    const uint64_t low = samestate_fold(read_u64(bytes) ^ seed, read_u64(bytes + 8) ^ 0xA0761D6478BD642Fu);
    const uint64_t high = samestate_fold(read_u64(bytes + 16) ^ ~seed, read_u64(bytes + 24) ^ 0xE7037ED1A0B428DBu);
    return samestate_fold(low ^ 0x8EBC6AF09C88C6E3u, high ^ seed);
}

// The state between two blocks, whole in memory. It is not changed while a block runs, and what it gives lasts until it is.
class AccountTable {
  public:
    struct Entry {
        Address address;
        Account account;
    };

    AccountTable() : places_(1024, 0), seed_(drawn_seed()) {}
    AccountTable(const AccountTable&) = delete;
    AccountTable& operator=(const AccountTable&) = delete;
    ~AccountTable() {
        for (Entry* entry : entries_) {
            forget(entry->account);
            delete entry;
        }
    }

    // The account at an address, absent where there is none.
    const Account& find(const Address& address) const {
        const uint64_t hash = mixed(address, seed_);
        const size_t mask = places_.size() - 1;
        for (size_t place = hash & mask; places_[place]; place = (place + 1) & mask) {
            if ((places_[place] ^ hash) & TAG) continue;
            const Entry& entry = *entry_at(place);
            if (entry.address == address) return entry.account;
        }
        return ABSENT;
    }

    // Two steps in which a processor gets ready to find an account, some time apart: memory takes longer than all else here.
    void expect(const Address& address) const { __builtin_prefetch(&places_[mixed(address, seed_) & (places_.size() - 1)]); }
    void approach(const Address& address) const {
        const uint64_t word = places_[mixed(address, seed_) & (places_.size() - 1)];
        if (word == 0) return;
        __builtin_prefetch(reinterpret_cast<const uint8_t*>(word & ~TAG));
        __builtin_prefetch(reinterpret_cast<const uint8_t*>(word & ~TAG) + 64);
    }

    // Gives an account another content, of which data is copied unless it is what stands there already.
    void put(const Address& address, const Account& account) {
        Account& kept = entry_of(address).account;
        if (account.lamports == 0) {
            forget(kept);
            kept = ABSENT;
            return;
        }
        const uint8_t* data = kept.data;
        if (account.data != data || account.length != kept.length) {
            uint8_t* copied = account.length ? new uint8_t[account.length] : nullptr;
            if (account.length) std::memcpy(copied, account.data, account.length);
            forget(kept);
            data = copied;
        }
        kept = account;
        kept.data = data;
    }

    const std::vector<Entry*>& entries() const { return entries_; }

  private:
    static void forget(Account& account) { delete[] account.data; account.data = nullptr; }

    Entry& entry_of(const Address& address) {
        const uint64_t hash = mixed(address, seed_);
        size_t place = hash & (places_.size() - 1);
        for (; places_[place]; place = (place + 1) & (places_.size() - 1)) {
            if ((places_[place] ^ hash) & TAG) continue;
            if (entry_at(place)->address == address) return *entry_at(place);
        }
        entries_.push_back(new Entry{address, ABSENT});
        places_[place] = (hash & TAG) | reinterpret_cast<uintptr_t>(entries_.back());
        if (2 * entries_.size() > places_.size()) grow();
        return *entries_.back();
    }

    void grow() {
        places_.assign(2 * places_.size(), 0);
        for (size_t number = 0; number < entries_.size(); ++number) {
            const uint64_t hash = mixed(entries_[number]->address, seed_);
            size_t place = hash & (places_.size() - 1);
            while (places_[place]) place = (place + 1) & (places_.size() - 1);
            places_[place] = (hash & TAG) | reinterpret_cast<uintptr_t>(entries_[number]);
        }
    }

    static constexpr uint64_t TAG = 0xFFFF000000000000u;    // above the addresses of memory

    Entry* entry_at(size_t place) const { return reinterpret_cast<Entry*>(places_[place] & ~TAG); }

    std::vector<uint64_t> places_;      // 0: free; else the upper bits of the hash, and where the entry lies
    std::vector<Entry*> entries_;
    uint64_t seed_;
};

// A set of hashes that workers fill at once, none after the block has begun to be forgotten. A hash has a number: of those that are
// equal, `enter` gives the lowest that has come so far.
class HashSet {
  public:
    static constexpr uint32_t NOBODY = 0xFFFFFFFF;

    // Empty, with room for so many.
    void begin(size_t count) {
        size_t places = 64;
        while (places < 2 * count) places *= 2;
        places_.assign(places, 0);
        seed_ = drawn_seed();
    }

    // Enters number `own`, whose hash is `hash_of(own)`. NOBODY, or the number of an equal one that was there already.
    template <class HashOf>
    uint32_t enter(uint32_t own, const HashOf& hash_of) {
        const Hash& hash = hash_of(own);
        const uint64_t mix = mixed(hash, seed_);
        const uint64_t word = (mix & 0xFFFFFFFF00000000u) | (own + 1);
        const size_t mask = places_.size() - 1;
        for (size_t place = mix & mask;; place = (place + 1) & mask) {
            uint64_t found = peek(&places_[place]);
            if (found == 0) {
                if (atomic_replace(&places_[place], 0, word, "svm.hash.enter")) return NOBODY;
                found = peek(&places_[place]);
            }
            if ((found ^ word) >> 32) continue;
            const uint32_t other = static_cast<uint32_t>(found) - 1;
            if (hash_of(other) == hash) return other;
        }
    }

  private:
    std::vector<uint64_t> places_;
    uint64_t seed_ = 0;
};

}  // namespace samestate::svm

#endif
