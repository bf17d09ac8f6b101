// POINT EVALUATION: a blob's polynomial has the value y at z (EIP-4844), by blst.

#ifndef SAMESTATE_EVM_NATIVE_POINT_EVALUATION_HPP
#define SAMESTATE_EVM_NATIVE_POINT_EVALUATION_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/native/bls12_381.hpp"
#include "samestate/optimized/words/sha256.hpp"

namespace samestate::evm {

// The generator of the second group times the secret of the mainnet's trusted setup, which nobody knows; compressed.
inline constexpr uint8_t SECRET_IN_SECOND_GROUP[96] = {
    0xB5, 0xBF, 0xD7, 0xDD, 0x8C, 0xDE, 0xB1, 0x28, 0x84, 0x3B, 0xC2, 0x87, 0x23, 0x0A, 0xF3, 0x89,  //
    0x26, 0x18, 0x70, 0x75, 0xCB, 0xFB, 0xEF, 0xA8, 0x10, 0x09, 0xA2, 0xCE, 0x61, 0x5A, 0xC5, 0x3D,  //
    0x29, 0x14, 0xE5, 0x87, 0x0C, 0xB4, 0x52, 0xD2, 0xAF, 0xAA, 0xAB, 0x24, 0xF3, 0x49, 0x9F, 0x72,  //
    0x18, 0x5C, 0xBF, 0xEE, 0x53, 0x49, 0x27, 0x14, 0x73, 0x44, 0x29, 0xB7, 0xB3, 0x86, 0x08, 0xE2,  //
    0x39, 0x26, 0xC9, 0x11, 0xCC, 0xEC, 0xEA, 0xC9, 0xA3, 0x68, 0x51, 0x47, 0x7B, 0xA4, 0xC6, 0x0B,  //
    0x08, 0x70, 0x41, 0xDE, 0x62, 0x10, 0x00, 0xED, 0xC9, 0x8E, 0xDA, 0xDA, 0x20, 0xC1, 0xDE, 0xF2,
};

// Input: versioned hash, z, y (32 bytes each), commitment, proof (48 bytes each). Output: the number of field elements
// in a blob and the field's modulus. False where the proof does not hold or something is not what it should be.
inline bool run_point_evaluation(const Libraries& library, const uint8_t* input, size_t length, Output& output) {
    using namespace bls12_381;
    if (length != 192) return false;
    uint8_t hash[32];
    sha256(input + 96, 48, hash);
    hash[0] = 0x01;  // the version
    if (std::memcmp(hash, input, 32) != 0) return false;
    const u256 z = u256::load_be(input + 32);
    const u256 y = u256::load_be(input + 64);
    if (z >= GROUP_ORDER || y >= GROUP_ORDER) return false;

    // Points of the first group, the one at infinity among them; its encoding has no bits set but two (the library
    // looks).
    BlstPoint1 points[2];
    for (int i = 0; i < 2; ++i) {
        const uint8_t* data = input + 96 + 48 * i;
        BlstAffine1 affine;
        if (library.blst_p1_uncompress(&affine, data) != 0) return false;
        const bool infinity = (data[0] & 0x40) != 0;
        if (!infinity && !library.blst_p1_affine_in_g1(&affine)) return false;
        std::memset(&points[i], 0, sizeof(BlstPoint1));
        if (!infinity) library.blst_p1_from_affine(&points[i], &affine);
    }
    // p has the value y at z where p - y is a multiple q of (X - z), at the secret s as everywhere. So that both points
    // of the second group are constants: e(p - y + z q, 1) = e(q, s).
    BlstPoint1 left = points[0];
    BlstPoint1 multiple;
    const u256 minus_y = y.is_zero() ? y : GROUP_ORDER - y;
    if (!minus_y.is_zero()) {
        library.blst_p1_mult(&multiple, library.blst_p1_generator(), reinterpret_cast<const uint8_t*>(minus_y.w), 255);
        library.blst_p1_add_or_double(&left, &left, &multiple);
    }
    if (!z.is_zero()) {
        library.blst_p1_mult(&multiple, &points[1], reinterpret_cast<const uint8_t*>(z.w), 255);
        library.blst_p1_add_or_double(&left, &left, &multiple);
    }
    BlstPoint1 right = points[1];
    library.blst_p1_cneg(&right, true);

    Pairings pairings(library);
    BlstAffine1 affine;
    if (!library.blst_p1_is_inf(&left)) {
        library.blst_p1_to_affine(&affine, &left);
        pairings.multiply(affine, *library.blst_p2_affine_generator());
    }
    if (!library.blst_p1_is_inf(&right)) {
        BlstAffine2 secret;
        if (library.blst_p2_uncompress(&secret, SECRET_IN_SECOND_GROUP) != 0) return false;
        library.blst_p1_to_affine(&affine, &right);
        pairings.multiply(affine, secret);
    }
    if (!pairings.are_one()) return false;
    uint8_t* target = output.resize(64);
    u256{4096}.store_be(target);
    GROUP_ORDER.store_be(target + 32);
    return true;
}

}  // namespace samestate::evm

#endif
