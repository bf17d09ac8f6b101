// What a transaction is expected to access: its keys as numbers, and whether transactions stand apart by them.

#ifndef SAMESTATE_EVM_EXPECTED_KEYS_HPP
#define SAMESTATE_EVM_EXPECTED_KEYS_HPP

#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/evm/effects.hpp"

namespace samestate::evm {

namespace expectations {

inline std::uint64_t number_of_key(const std::uint8_t* name, std::size_t length) { return hash_bytes(0, name, length); }

inline std::uint64_t key_of(Part part, const Address& address) {
    std::uint8_t name[21];
    name[0] = part;
    std::memcpy(name + 1, address.bytes, 20);
    return number_of_key(name, sizeof(name));
}

inline std::uint64_t key_of(const Address& address, const u256& slot) {
    std::uint8_t name[53];
    name[0] = SLOT;
    std::memcpy(name + 1, address.bytes, 20);
    slot.store_be(name + 21);
    return number_of_key(name, sizeof(name));
}

}  // namespace expectations

// A key by its name.
struct ExpectedName {
    Part part;
    Address address;
    u256 slot;
};

// The keys of a transaction, each as a number that is equal for equal keys. To be credited is neither a read nor a write.
struct Expected {
    std::vector<std::uint64_t> reads, writes, credits;
    std::vector<ExpectedName> names;    // of all of them, where `is_named`
    bool is_named = false;
    bool is_known = false;              // whether it is known what is called, if anything is

    void read(Part part, const Address& address) { put(reads, part, address); }
    void read(const Address& address, const u256& slot) { put(reads, address, slot); }
    void write(Part part, const Address& address) { put(writes, part, address); }
    void write(const Address& address, const u256& slot) { put(writes, address, slot); }
    void credit(const Address& address) { put(credits, BALANCE, address); }

    // Read, and written.
    void change(Part part, const Address& address) {
        read(part, address);
        writes.push_back(reads.back());
    }
    void change(const Address& address, const u256& slot) {
        read(address, slot);
        writes.push_back(reads.back());
    }

    // What an effect says (effects.hpp).
    void add(EffectKind what, Part part, const Address& address) {
        put(what == EFFECT_READ ? reads : what == EFFECT_SET ? writes : credits, part, address);
    }
    void add(EffectKind what, const Address& address, const u256& slot) { put(what == EFFECT_READ ? reads : writes, address, slot); }

  private:
    void put(std::vector<std::uint64_t>& keys, Part part, const Address& address) {
        keys.push_back(expectations::key_of(part, address));
        if (is_named) names.push_back(ExpectedName{part, address, u256()});
    }
    void put(std::vector<std::uint64_t>& keys, const Address& address, const u256& slot) {
        keys.push_back(expectations::key_of(address, slot));
        if (is_named) names.push_back(ExpectedName{SLOT, address, slot});
    }
};

// Whether transactions that are divided into so many pieces of equal numbers, in their order, will probably conflict with none of another
// piece (pieces.hpp).
inline bool are_apart(const std::vector<Expected>& transactions, std::size_t pieces) {
    enum Use : std::uint64_t { READ = 1, CREDIT = 2, WRITE = 3 };
    constexpr std::uint64_t SEVERAL = UINT64_MAX >> 2;
    std::unordered_map<std::uint64_t, std::uint64_t> used;     // by key: the piece, or that there are several, and the use
    std::size_t piece = 0;
    const auto enter = [&](std::uint64_t key, Use use) {
        std::uint64_t& entry = used.emplace(key, piece << 2 | use).first->second;
        if (entry >> 2 == piece) {
            if ((entry & 3) != use) entry = piece << 2 | WRITE;
            return true;
        }
        if ((entry & 3) != use || use == WRITE) return false;
        entry = SEVERAL << 2 | use;
        return true;
    };
    for (std::size_t index = 0; index < transactions.size(); ++index) {
        while (index >= transactions.size() * (piece + 1) / pieces) ++piece;
        for (const std::uint64_t key : transactions[index].reads)
            if (!enter(key, READ)) return false;
        for (const std::uint64_t key : transactions[index].credits)
            if (!enter(key, CREDIT)) return false;
        for (const std::uint64_t key : transactions[index].writes)
            if (!enter(key, WRITE)) return false;
    }
    return true;
}

}  // namespace samestate::evm

#endif
