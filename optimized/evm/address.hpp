// Addresses and hashes as plain bytes, and what a step throws when it cannot go on.

#ifndef SAMESTATE_EVM_ADDRESS_HPP
#define SAMESTATE_EVM_ADDRESS_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/words/u256.hpp"

namespace samestate::evm {

struct Address {
    std::uint8_t bytes[20];

    bool operator==(const Address& other) const { return std::memcmp(bytes, other.bytes, 20) == 0; }
    bool operator!=(const Address& other) const { return !(*this == other); }
    bool operator<(const Address& other) const { return std::memcmp(bytes, other.bytes, 20) < 0; }
};

struct Hash {
    std::uint8_t bytes[32];

    bool operator==(const Hash& other) const { return std::memcmp(bytes, other.bytes, 32) == 0; }
    bool operator!=(const Hash& other) const { return !(*this == other); }
};

// keccak256 of nothing: the code hash of an account without code.
inline constexpr Hash EMPTY_CODE_HASH{{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
                                       0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};

// The low 20 bytes of a word, as instructions name accounts, and back.
inline Address address_of(const u256& word) {
    std::uint8_t padded[32];
    word.store_be(padded);
    Address address;
    std::memcpy(address.bytes, padded + 12, 20);
    return address;
}

inline u256 word_of(const Address& address) {
    std::uint8_t padded[32] = {};
    std::memcpy(padded + 12, address.bytes, 20);
    return u256::load_be(padded);
}

// Why a step stops in the middle without an outcome of its own: its reads cannot be answered now (a strategy's business), the block is
// stopped, or what it needs is not there. Caught once, around the step; nothing else in this room throws.
enum class Interruption : std::uint8_t {
    suspended,       // a read met an estimate
    stopped,         // the stop flag is up
    unmerged,        // a balance met, with what earlier steps have credited, does not fit 256 bits: the block ends before this step
    overflow,        // a balance that this step has made does not
    unpriced,        // it asks for a price of blob gas that does not
    missing,         // a witness lacks what the step needs
    out_of_memory,   // the worker's own memory does not suffice: the limit of memory, or the system's
};

struct Interrupted {
    Interruption why;
    std::uint64_t block = 0;    // missing: the block whose hash is, unless it is something of the state
};

}  // namespace samestate::evm

#endif
