// Bytes by their Keccak-256 hash: the trie nodes of a witness, and the codes.

#ifndef SAMESTATE_EVM_PREIMAGES_HPP
#define SAMESTATE_EVM_PREIMAGES_HPP

#include <utility>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/words/keccak_many.hpp"

namespace samestate::evm {

// A stretch of bytes that somebody else owns.
struct Bytes {
    const uint8_t* data = nullptr;
    size_t length = 0;
};

// A table of bytes by hash. It hashes what it is given, so nothing false can be in it, and copies nothing: the bytes
// must stay where they are. Read by many threads at once, once it is filled.
class Preimages {
public:
    // Takes in so many; what is there already changes nothing.
    void add(const Bytes* bytes, size_t count) {
        static constexpr uint8_t nothing = 0;
        constexpr size_t STRETCH = 256;
        Entry entries[STRETCH];
        KeccakBatch batch;
        for (size_t begin = 0; begin < count; begin += STRETCH) {
            const size_t length = count - begin < STRETCH ? count - begin : STRETCH;
            for (size_t i = 0; i < length; i++) {
                const Bytes& each = bytes[begin + i];
                entries[i].bytes = each.data ? each : Bytes{&nothing, 0};
                batch.add(entries[i].bytes.data, entries[i].bytes.length, entries[i].hash.bytes);
            }
            batch.flush();
            for (size_t i = 0; i < length; i++) {
                if ((count_ + 1) * 2 > table_.size()) grow();
                put(entries[i]);
            }
        }
    }

    // The bytes with that hash, or null.
    const Bytes* find(const uint8_t* hash) const {
        if (table_.empty()) return nullptr;
        for (size_t place = first(hash);; place = (place + 1) & (table_.size() - 1)) {
            const Entry& entry = table_[place];
            if (!entry.bytes.data) return nullptr;
            if (std::memcmp(entry.hash.bytes, hash, 32) == 0) return &entry.bytes;
        }
    }

    size_t size() const { return count_; }

private:
    struct Entry {
        Hash hash;
        Bytes bytes;
    };

    // Seeded, so that nobody can make a witness whose hashes all fall together.
    size_t first(const uint8_t* hash) const { return hash_bytes(seed_, hash, 32) & (table_.size() - 1); }

    void put(const Entry& entry) {
        size_t place = first(entry.hash.bytes);
        while (table_[place].bytes.data) {
            if (table_[place].hash == entry.hash) return;
            place = (place + 1) & (table_.size() - 1);
        }
        table_[place] = entry;
        count_++;
    }

    void grow() {
        std::vector<Entry> before = std::move(table_);
        table_.assign(before.empty() ? 64 : before.size() * 2, Entry{});
        count_ = 0;
        for (const Entry& entry : before)
            if (entry.bytes.data) put(entry);
    }

    std::vector<Entry> table_;
    uint64_t seed_ = now_nanoseconds();
    size_t count_ = 0;
};

}  // namespace samestate::evm

#endif
