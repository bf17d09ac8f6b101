// What hashes were made of: the short messages that executed code has hashed, by their hash.
//
// A slot of a mapping is such a hash, of a key and the place of the mapping; so is the address of a contract that another one has made
// (EIP-1014). A preimage is true whoever hashed it, in an execution that counted or in one that did not.

#ifndef SAMESTATE_EVM_HASH_PREIMAGES_HPP
#define SAMESTATE_EVM_HASH_PREIMAGES_HPP

#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/address.hpp"

namespace samestate::evm {

// A message that was hashed, and its hash.
struct HashPreimage {
    static constexpr std::uint64_t LONGEST = 96;    // bytes: three words, as many as pools of Uniswap V3 are named by

    std::uint8_t length;
    std::uint8_t bytes[LONGEST];
    u256 hash;
};

// What one worker has hashed since it was last asked. Off, unless somebody learns from it.
class HashedMessages {
  public:
    static constexpr std::size_t MOST = 1 << 15;    // of a block and a worker; what comes after them is not kept

    bool keeps = false;

    void add(const std::uint8_t* bytes, std::uint64_t length, const u256& hash) {
        if (length > HashPreimage::LONGEST || length < 32 || messages.size() >= MOST) return;
        HashPreimage preimage;
        preimage.length = static_cast<std::uint8_t>(length);
        std::memcpy(preimage.bytes, bytes, length);
        preimage.hash = hash;
        messages.push_back(preimage);
    }

    std::vector<HashPreimage> messages;
};

// All that is known, by hash. At most MOST: then it begins anew.
class HashPreimages {
  public:
    static constexpr std::size_t MOST = 1 << 17;

    void take(HashedMessages& hashed) {
        for (const HashPreimage& preimage : hashed.messages) {
            if (known_.size() >= MOST) {
                known_.clear();
                addresses_.clear();
            }
            const std::uint64_t name = name_of(preimage.hash);
            known_.emplace(name, preimage);
            if (preimage.length == CREATION_LENGTH && preimage.bytes[0] == 0xff) addresses_.emplace(name_of(address_of(preimage.hash)), name);
        }
        hashed.messages.clear();
    }

    // What was hashed to a word, or to one a little below it: the members of a structure, or the elements of an array, lie one after
    // another. `offset`: how far below. Null where that is not known.
    const HashPreimage* find(const u256& word, std::uint64_t& offset) const {
        const auto found = known_.find(name_of(word));
        if (found == known_.end() || found->second.hash.w[0] > word.w[0]) return nullptr;
        offset = word.w[0] - found->second.hash.w[0];
        return offset < MOST_OFFSET ? &found->second : nullptr;
    }

    // What the address of a contract was made of that another one has made (EIP-1014): 0xff, its maker, a salt, the hash of its
    // initialization code. Null where that is not known.
    const HashPreimage* find(const Address& address) const {
        const auto found = addresses_.find(name_of(address));
        return found == addresses_.end() ? nullptr : &known_.find(found->second)->second;
    }

    std::size_t size() const { return known_.size(); }

  private:
    static constexpr std::uint64_t CREATION_LENGTH = 85;
    static constexpr std::uint64_t MOST_OFFSET = 1 << 16;

    // A hash without its lowest limb, in which a slot may be a little above it.
    static std::uint64_t name_of(const u256& hash) { return hash_bytes(0, hash.w + 1, 24); }

    static std::uint64_t name_of(const Address& address) { return hash_bytes(0, address.bytes, 20); }

    std::unordered_map<std::uint64_t, HashPreimage> known_;
    std::unordered_map<std::uint64_t, std::uint64_t> addresses_;    // by address: the name of the preimage
};

}  // namespace samestate::evm

#endif
