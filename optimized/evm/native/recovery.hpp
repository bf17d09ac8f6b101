// Who signed a message: the senders of transactions, authorities (EIP-7702), and the precompile at 0x01.
//
// One by itself is libsecp256k1's; of many, eight at once are ours where the processor has vectors for it (secp256k1/), and what those leave undecided
// is libsecp256k1's again.

#ifndef SAMESTATE_EVM_NATIVE_RECOVERY_HPP
#define SAMESTATE_EVM_NATIVE_RECOVERY_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/native/input.hpp"
#include "samestate/optimized/evm/native/libraries.hpp"
#include "samestate/optimized/evm/senders.hpp"
#include "samestate/optimized/words/keccak.hpp"

namespace samestate::evm {

// Give the address whose key signed the hash, and whether there is one: r and s must lie above zero and below the
// group's order, and y_parity (0 or 1) says which of the points with the x-coordinate r the signature meant. An s in
// the upper half is allowed here: transactions forbid it themselves (EIP-2). Any thread may call it, without the
// interpreter lock.
inline bool recover_address(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32], int y_parity,
                            uint8_t address[20]) {
    if (y_parity != 0 && y_parity != 1) return false;
    const Libraries& library = *native_libraries;
    if (!library.has_secp256k1) {
        uint8_t input[128] = {};
        std::memcpy(input, hash, 32);
        input[63] = static_cast<uint8_t>(27 + y_parity);
        std::memcpy(input + 64, r, 32);
        std::memcpy(input + 96, s, 32);
        Output output;
        if (!run_through_python(Precompile::signature_recovery, input, 128, output) || output.length != 32) return false;
        std::memcpy(address, output.data + 12, 20);
        return true;
    }
    const void* context = library.secp256k1_context;
    uint8_t compact[64];
    std::memcpy(compact, r, 32);
    std::memcpy(compact + 32, s, 32);
    alignas(8) uint8_t signature[65];
    alignas(8) uint8_t key[64];
    if (!library.secp256k1_ecdsa_recoverable_signature_parse_compact(context, signature, compact, y_parity)) return false;
    if (!library.secp256k1_ecdsa_recover(context, key, signature, hash)) return false;
    uint8_t point[65];  // 0x04, x, y
    size_t length = 65;
    if (!library.secp256k1_ec_pubkey_serialize(context, point, &length, key, 1u << 1)) return false;
    uint8_t digest[32];
    keccak256(point + 1, 64, digest);
    std::memcpy(address, digest + 12, 20);
    return true;
}

// Give the addresses whose keys signed many hashes, and which of them anybody signed: as `recover_address` does, eight at once. How many of them
// were decided so. `recover_eight` must be there.
inline size_t recover_addresses(const secp256k1::SignedHash* items, size_t count, uint8_t (*addresses)[20], bool* is_signed) {
    using secp256k1::Fate;
    size_t decided = 0;
    for (size_t first = 0; first < count; first += secp256k1::EIGHT) {
        const size_t width = count - first < secp256k1::EIGHT ? count - first : secp256k1::EIGHT;
        Fate fates[secp256k1::EIGHT] = {Fate::UNDECIDED};
        if (width > 1) native_libraries->recover_eight(items + first, width, addresses + first, fates);  // as long as one takes by itself
        for (size_t i = 0; i < width; ++i) {
            const secp256k1::SignedHash& item = items[first + i];
            is_signed[first + i] = fates[i] == Fate::SIGNED;
            if (fates[i] != Fate::UNDECIDED) {
                ++decided;
                continue;
            }
            uint8_t r[32], s[32];
            item.r.store_be(r);
            item.s.store_be(s);
            is_signed[first + i] = recover_address(item.hash, r, s, item.y_parity, addresses[first + i]);
        }
    }
    return decided;
}

// How signers are to be found out: in lanes only where that is wanted, and possible.
inline Recovery recovery(bool in_lanes) {
    return {recover_address, in_lanes && native_libraries->recover_eight ? recover_addresses : nullptr};
}

// ECRECOVER: hash, v, r, s to an address in 32 bytes, or nothing (yellow paper, appendix E). Never fails.
inline bool run_signature_recovery(const uint8_t* input, size_t length, Output& output) {
    uint8_t data[128];
    copy_padded(data, 128, input, length, 0);
    output.clear();
    const u256 v = u256::load_be(data + 32);
    if (v != u256{27} && v != u256{28}) return true;
    uint8_t address[20];
    if (!recover_address(data, data + 64, data + 96, static_cast<int>(v.low64()) - 27, address)) return true;
    uint8_t* target = output.resize(32);
    std::memset(target, 0, 12);
    std::memcpy(target + 12, address, 20);
    return true;
}

}  // namespace samestate::evm

#endif
