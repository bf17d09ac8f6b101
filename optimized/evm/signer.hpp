// Signature recovery as senders and authorities ask for it.

#ifndef SAMESTATE_EVM_SIGNER_HPP
#define SAMESTATE_EVM_SIGNER_HPP

#include "samestate/optimized/evm/native/recovery.hpp"

namespace samestate::evm {

// By libsecp256k1 (senders.hpp: Recover).
inline bool recover_signer(const std::uint8_t* hash, const u256& r, const u256& s, std::uint8_t y_parity, std::uint8_t* address) {
    std::uint8_t r_bytes[32], s_bytes[32];
    r.store_be(r_bytes);
    s.store_be(s_bytes);
    return recover_address(hash, r_bytes, s_bytes, y_parity, address);
}

}  // namespace samestate::evm

#endif
