// Pools of two tokens, after Uniswap V2 and V3: where they are, and what a swap in one accesses.
//
// Routers do not ask where a pool is, but compute its address (EIP-1014) from a factory, the tokens, and the hash of a pool's code. The two
// constants are in the router's code: those are taken that lead to an account with code.

#ifndef SAMESTATE_EVM_POOL_LAYOUTS_HPP
#define SAMESTATE_EVM_POOL_LAYOUTS_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "samestate/optimized/evm/token_layouts.hpp"

namespace samestate::evm {

// The factory that a router's pools are from, and the hash of their code.
struct PoolMaker {
    Address factory;
    std::uint8_t code_hash[32];

    Address pool(const std::uint8_t* salt) const {
        std::uint8_t text[85], digest[32];
        text[0] = 0xff;
        std::memcpy(text + 1, factory.bytes, 20);
        std::memcpy(text + 21, salt, 32);
        std::memcpy(text + 53, code_hash, 32);
        keccak256(text, sizeof(text), digest);
        return address_of(u256::load_be(digest));
    }

    // Uniswap V2's salt is made of the addresses, V3's of words: the tokens and the fee.
    Address pair(const Address& first, const Address& second) const {
        std::uint8_t text[40], salt[32];
        std::memcpy(text, std::min(first, second).bytes, 20);
        std::memcpy(text + 20, std::max(first, second).bytes, 20);
        keccak256(text, sizeof(text), salt);
        return pool(salt);
    }

    Address pool(const Address& first, const Address& second, const u256& fee) const {
        std::uint8_t text[96], salt[32];
        word_of(std::min(first, second)).store_be(text);
        word_of(std::max(first, second)).store_be(text + 32);
        fee.store_be(text + 64);
        keccak256(text, sizeof(text), salt);
        return pool(salt);
    }
};

// What a code pushes that may be a factory, and the hash of a code.
struct PoolConstants {
    std::vector<Address> factories;
    std::vector<Hash> hashes;

    explicit PoolConstants(const Code& code) {
        constexpr std::uint8_t PUSH1 = 0x60, PUSH20 = 0x73, PUSH21 = 0x74, PUSH32 = 0x7f;
        static constexpr std::uint8_t nothing[12] = {};
        for (std::uint64_t place = 0; place < code.size; ++place) {
            const std::uint8_t opcode = code.bytes[place];
            if (opcode < PUSH1 || opcode > PUSH32) continue;
            const std::uint64_t length = opcode - PUSH1 + 1;
            if (place + length >= code.size) return;
            const std::uint8_t* word = code.bytes + place + 1;
            place += length;
            if (opcode == PUSH20) add(word);
            if (opcode == PUSH21 && word[0] == 0xff) add(word + 1);
            if (opcode != PUSH32) continue;
            if (std::memcmp(word, nothing, sizeof(nothing)) == 0) add(word + 12);
            else if (word[0] && word[31] && hashes.size() < MOST) {
                Hash hash;
                std::memcpy(hash.bytes, word, 32);
                if (std::find(hashes.begin(), hashes.end(), hash) == hashes.end()) hashes.push_back(hash);
            }
        }
    }

  private:
    static constexpr std::size_t MOST = 48;

    void add(const std::uint8_t* address) {
        static constexpr std::uint8_t nothing[8] = {}, all[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
        if (std::memcmp(address, nothing, 8) == 0 || std::memcmp(address, all, 8) == 0 || factories.size() >= MOST) return;
        Address factory;
        std::memcpy(factory.bytes, address, 20);
        if (std::find(factories.begin(), factories.end(), factory) == factories.end()) factories.push_back(factory);
    }
};

// Finds pools, one block after another.
class PoolFinder {
  public:
    static constexpr std::size_t MOST = 1 << 12;    // routers

    void begin_block(const KnownState& state) {
        state_ = state;
        if (makers_.size() > MOST) makers_.clear();
    }

    // A pool of the second or the third generation; false where it is not found.
    bool pair(const Code& router, const Address& first, const Address& second, Address& found) {
        return find(router, 2, [&](const PoolMaker& maker) { return maker.pair(first, second); }, found);
    }
    bool pool(const Code& router, const Address& first, const Address& second, const u256& fee, Address& found) {
        return find(router, 3, [&](const PoolMaker& maker) { return maker.pool(first, second, fee); }, found);
    }

  private:
    static constexpr std::uint8_t TRIES = 4;

    struct Known {
        bool is_known = false;
        std::uint8_t tries = 0;
        PoolMaker maker;
    };

    template <typename AddressOf>
    bool find(const Code& router, std::uint64_t generation, AddressOf address_of_pool, Address& found) {
        Known& known = makers_[hash_bytes(generation, router.hash.bytes, 32)];
        if (known.is_known) {
            found = address_of_pool(known.maker);
            return state_.code(found) != nullptr;
        }
        if (known.tries == TRIES) return false;
        ++known.tries;
        const PoolConstants constants(router);
        for (const Address& factory : constants.factories)
            for (const Hash& hash : constants.hashes) {
                PoolMaker maker{factory, {}};
                std::memcpy(maker.code_hash, hash.bytes, 32);
                found = address_of_pool(maker);
                if (state_.code(found) == nullptr) continue;
                known.is_known = true;
                known.maker = maker;
                return true;
            }
        return false;
    }

    KnownState state_;
    std::unordered_map<std::uint64_t, Known> makers_;
};

}  // namespace samestate::evm

#endif
