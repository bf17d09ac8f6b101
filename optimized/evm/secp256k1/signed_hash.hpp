// A hash that somebody may have signed on secp256k1, and what became of finding out who.

#ifndef SAMESTATE_EVM_SECP256K1_SIGNED_HASH_HPP
#define SAMESTATE_EVM_SECP256K1_SIGNED_HASH_HPP

#include <cstddef>
#include <cstdint>

#include "samestate/optimized/words/u256.hpp"

namespace samestate::evm::secp256k1 {

// Any numbers: of r and s it is looked at whether they lie between zero and the order, and of `y_parity` whether it is 0 or 1.
struct SignedHash {
    uint8_t hash[32];
    u256 r, s;
    int y_parity;
};

enum class Fate : uint8_t {
    SIGNED,     // by whoever has the address that was found
    NOT_SIGNED,
    UNDECIDED,  // here: somebody else has to look
};

// So many can be recovered at once.
inline constexpr size_t EIGHT = 8;

// Gives the addresses whose keys signed `count` hashes, at most eight, and what became of each.
using RecoverEight = void (*)(const SignedHash* items, size_t count, uint8_t (*addresses)[20], Fate* fates);

}  // namespace samestate::evm::secp256k1

#endif
