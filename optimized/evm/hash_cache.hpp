// Hashes of 64 bytes that a worker has made before: those of slots in mappings, key and place, which a block asks for over and over.
//
// A hash of these takes as long as a hundred additions, finding it here a tenth of that. What is kept lies where its bytes say, and goes
// when others come to lie there; who chooses bytes that meet has hashes made anew, as they would be without this.

#ifndef SAMESTATE_EVM_HASH_CACHE_HPP
#define SAMESTATE_EVM_HASH_CACHE_HPP

#include <cstdint>
#include <cstring>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/hash_preimages.hpp"
#include "samestate/optimized/words/keccak.hpp"
#include "samestate/optimized/words/u256.hpp"

namespace samestate::evm {

class HashCache {
  public:
    static constexpr std::uint64_t LENGTH = 64;

    HashedMessages messages;    // those that it did not find, and those of other lengths

    // keccak256 of so many bytes, as a word.
    u256 hash(const std::uint8_t* bytes) {
        std::uint64_t limbs[8];
        std::memcpy(limbs, bytes, LENGTH);
        if (entries_.empty()) entries_.resize(SIZE);
        Entry& entry = entries_[place_of(limbs)];
        if (!entry.is_used || std::memcmp(entry.bytes, limbs, LENGTH) != 0) {
            std::uint8_t digest[32];
            keccak256(bytes, LENGTH, digest);
            std::memcpy(entry.bytes, limbs, LENGTH);
            entry.hash = u256::load_be(digest);
            entry.is_used = true;
            if (messages.keeps) messages.add(bytes, LENGTH, entry.hash);
        }
        return entry.hash;
    }

  private:
    static constexpr std::size_t SIZE = 1024;

    struct Entry {
        std::uint64_t bytes[8];
        u256 hash;
        bool is_used;
    };

    static std::size_t place_of(const std::uint64_t* limbs) {
        const std::uint64_t first = samestate_fold(limbs[0] ^ limbs[2] ^ 0xA0761D6478BD642Fu, limbs[1] ^ limbs[3] ^ 0xE7037ED1A0B428DBu);
        const std::uint64_t second = samestate_fold(limbs[4] ^ limbs[6] ^ 0x8EBC6AF09C88C6E3u, limbs[5] ^ limbs[7] ^ 0x589965CC75374CC3u);
        return (first ^ second * 0x9E3779B97F4A7C15u) >> 54;
    }

    std::vector<Entry> entries_;
};

}  // namespace samestate::evm

#endif
