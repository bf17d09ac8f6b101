// The two factors of a recovered key, each in two halves of 128 bits.
//
// With λ, a cube root of 1 modulo the order, λ (x, y) is (β x, y), β a cube root of 1 modulo p (Gallant, Lambert and Vanstone). So a factor of an unknown
// point is split into k1 + k2 λ. Every pair (a, b) with a + b λ = 0 modulo the order may be taken off it; of the two shortest independent ones as much is as
// brings k1 and k2 nearest to zero. Of the generator there are tables, so its factor is just cut.

#ifndef SAMESTATE_EVM_SECP256K1_SCALARS_HPP
#define SAMESTATE_EVM_SECP256K1_SCALARS_HPP

#include "samestate/optimized/evm/secp256k1/residues.hpp"

namespace samestate::evm::secp256k1 {

inline constexpr u256 BETA{0xC1396C28719501EE, 0x9CF0497512F58995, 0x6E64479EAC3434E9, 0x7AE96A2B657C0710};

// The pairs are (A1, -B1) and (A2, A1).
inline constexpr u256 A1{0xE86C90E49284EB15, 0x3086D221A7D46BCD, 0, 0}, B1{0x6F547FA90ABFE4C3, 0xE4437ED6010E8828, 0, 0},
    A2{0x57C1108D9D44CFD8, 0x14CA50F7A8E2F3F6, 1, 0};
// 2^384 A1 and 2^384 B1 over the order, rounded.
inline constexpr u256 A1_OVER_ORDER{0xE893209A45DBB031, 0x3DAA8A1471E8CA7F, 0xE86C90E49284EB15, 0x3086D221A7D46BCD},
    B1_OVER_ORDER{0x1571B4AE8AC47F71, 0x221208AC9DF506C6, 0x6F547FA90ABFE4C4, 0xE4437ED6010E8828};

// A number below 2^128, and its sign.
struct Half {
    uint64_t low, high;
    bool is_negative;
};

// a b / 2^384, rounded.
inline u256 scaled(const u256& a, const u256& b) {
    const u512 product = multiply_wide(a, b);
    return u256{product.w[6], product.w[7], 0, 0} + u256(product.w[5] >> 63);
}

inline Half half_of(const u256& a) {
    const bool is_negative = a.is_negative();
    const u256 size = is_negative ? -a : a;
    return {size.w[0], size.w[1], is_negative};
}

// k1 and k2 with k = k1 + k2 λ modulo the order: at most (A1 + A2) / 2 and (A1 + B1) / 2, and a little that rounding adds, so below 0.64 times 2^128.
inline void split(const u256& k, Half& k1, Half& k2) {
    const u256 first = scaled(k, A1_OVER_ORDER), second = scaled(k, B1_OVER_ORDER);
    k1 = half_of(k - first * A1 - second * A2);
    k2 = half_of(first * B1 - second * A1);
}

}  // namespace samestate::evm::secp256k1

#endif
