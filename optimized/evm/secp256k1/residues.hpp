// Numbers modulo the two primes of secp256k1, one at a time (SEC 2, 2.4.1): that of its coordinates and that of its order.
//
// Everything is public, so time may depend on it; none of this may be used to sign.

#ifndef SAMESTATE_EVM_SECP256K1_RESIDUES_HPP
#define SAMESTATE_EVM_SECP256K1_RESIDUES_HPP

#include <cstdint>

#include "samestate/optimized/words/u256.hpp"

namespace samestate::evm::secp256k1 {

// A modulus, and what it lacks of 2^256.
struct CoordinatePrime {
    static constexpr u256 MODULUS{0xFFFFFFFEFFFFFC2F, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF};
    static constexpr u256 LACKING{0x00000001000003D1, 0, 0, 0};
};
struct Order {
    static constexpr u256 MODULUS{0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF};
    static constexpr u256 LACKING{0x402DA1732FC9BEBF, 0x4551231950B75FC4, 1, 0};
};

namespace residues {

// Any number of 512 bits: what lies above the 256th counts as often as the modulus lacks of 2^256.
template <class Prime>
inline u256 reduce(u512 t) {
    while (t.w[4] | t.w[5] | t.w[6] | t.w[7])
        t = multiply_wide({t.w[4], t.w[5], t.w[6], t.w[7]}, Prime::LACKING) + u512(t.low256());
    const u256 number = t.low256();
    return number < Prime::MODULUS ? number : number - Prime::MODULUS;
}

template <class Prime>
inline u256 multiply(const u256& a, const u256& b) {
    return reduce<Prime>(multiply_wide(a, b));
}

template <class Prime>
inline u256 add(const u256& a, const u256& b) {
    u256 sum;
    return add_overflows(a, b, sum) || sum >= Prime::MODULUS ? sum - Prime::MODULUS : sum;
}

template <class Prime>
inline u256 subtract(const u256& a, const u256& b) {
    u256 difference;
    return sub_borrows(a, b, difference) ? difference + Prime::MODULUS : difference;
}

// A number of five limbs of 62 bits, the highest with the sign.
struct Signed310 {
    int64_t v[5];
};

inline constexpr uint64_t MASK_62 = ~uint64_t{0} >> 2;

inline Signed310 in_62_bits(const u256& a) {
    return {{static_cast<int64_t>(a.w[0] & MASK_62), static_cast<int64_t>((a.w[0] >> 62 | a.w[1] << 2) & MASK_62),
             static_cast<int64_t>((a.w[1] >> 60 | a.w[2] << 4) & MASK_62),
             static_cast<int64_t>((a.w[2] >> 58 | a.w[3] << 6) & MASK_62), static_cast<int64_t>(a.w[3] >> 56)}};
}

// What 62 steps make of a pair: (u f + v g, q f + r g) / 2^62.
struct Steps {
    int64_t u, v, q, r;
};

// The next 62 division steps of (f, g), f odd, of which the lowest 64 bits are given (Bernstein and Yang, "Fast constant-time gcd
// computation and modular inversion"): g is halved where it is even; where it is odd, f or -f is added before; where `delta` is above
// zero too, the two change places first. As many as are known not to change places are made at once.
inline Steps next_steps(int64_t& delta, uint64_t f, uint64_t g) {
    uint64_t u = 1, v = 0, q = 0, r = 1;
    for (int left = 62;;) {
        const int zeros = __builtin_ctzll(g | ~uint64_t{0} << left);
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        delta += zeros;
        left -= zeros;
        if (left == 0) break;
        if (delta > 0) {
            delta = -delta;
            uint64_t kept = f;
            f = g, g = 0 - kept;
            kept = u;
            u = q, q = 0 - kept;
            kept = v;
            v = r, r = 0 - kept;
        }
        // -1 / f modulo 64 is f (f² - 2), since an odd number's square is 1 modulo 8.
        const int64_t most = 1 - delta < left ? 1 - delta : left;
        const uint64_t factor = f * g * (f * f - 2) & (most < 6 ? (uint64_t{1} << most) - 1 : 63);
        g += f * factor;
        q += u * factor;
        r += v * factor;
    }
    return {static_cast<int64_t>(u), static_cast<int64_t>(v), static_cast<int64_t>(q), static_cast<int64_t>(r)};
}

// 1 / m modulo 2^62, for an odd number: each round doubles the bits that are right, of which m itself has three.
constexpr uint64_t reciprocal_62(uint64_t m) {
    uint64_t x = m;
    for (int round = 0; round < 5; ++round) x *= 2 - m * x;
    return x & MASK_62;
}

// (x a + y b + k m) / 2^62, with that k of at most 2^61 either way for which nothing is lost; `m_reciprocal` is 1 / m modulo 2^62.
inline Signed310 combine(int64_t x, const Signed310& a, int64_t y, const Signed310& b, const Signed310& m, uint64_t m_reciprocal) {
    using int128 = __int128;
    int128 sum = static_cast<int128>(x) * a.v[0] + static_cast<int128>(y) * b.v[0];
    const uint64_t low = (0 - static_cast<uint64_t>(sum)) * m_reciprocal;
    const int64_t k = static_cast<int64_t>(low << 2) >> 2;
    sum = (sum + static_cast<int128>(k) * m.v[0]) >> 62;
    Signed310 result;
    for (int i = 1; i < 5; ++i) {
        sum += static_cast<int128>(x) * a.v[i] + static_cast<int128>(y) * b.v[i] + static_cast<int128>(k) * m.v[i];
        result.v[i - 1] = static_cast<int64_t>(static_cast<uint64_t>(sum) & MASK_62);
        sum >>= 62;
    }
    result.v[4] = static_cast<int64_t>(sum);
    return result;
}

// 1 / a modulo a prime, of which a is no multiple.
template <class Prime>
inline u256 invert(const u256& a) {
    constexpr uint64_t reciprocal = reciprocal_62(Prime::MODULUS.w[0]);
    const Signed310 m = in_62_bits(Prime::MODULUS), none{};
    Signed310 f = m, g = in_62_bits(a), d{}, e{{1, 0, 0, 0, 0}};  // f is d a modulo the prime and g is e a, both times a power of 2
    for (int64_t delta = 1; g.v[0] | g.v[1] | g.v[2] | g.v[3] | g.v[4];) {
        const uint64_t low_f = static_cast<uint64_t>(f.v[0]) | static_cast<uint64_t>(f.v[1]) << 62;
        const uint64_t low_g = static_cast<uint64_t>(g.v[0]) | static_cast<uint64_t>(g.v[1]) << 62;
        const Steps s = next_steps(delta, low_f, low_g);
        const Signed310 next_f = combine(s.u, f, s.v, g, none, 0), next_d = combine(s.u, d, s.v, e, m, reciprocal);
        g = combine(s.q, f, s.r, g, none, 0);
        e = combine(s.q, d, s.r, e, m, reciprocal);
        f = next_f;
        d = next_d;
    }
    // f is 1 or -1. In each of at most 12 rounds d has grown by at most half of the prime, so with 8 times the prime it is above zero.
    const int64_t sign = f.v[4] < 0 ? -1 : 1;
    uint64_t limbs[5];
    __int128 sum = 0;
    for (int i = 0; i < 5; ++i) {
        sum += static_cast<__int128>(sign) * d.v[i] + static_cast<__int128>(8) * m.v[i];
        limbs[i] = static_cast<uint64_t>(sum) & MASK_62;
        sum >>= 62;
    }
    u512 t(u256{limbs[0] | limbs[1] << 62, limbs[1] >> 2 | limbs[2] << 60, limbs[2] >> 4 | limbs[3] << 58,
                limbs[3] >> 6 | limbs[4] << 56});
    t.w[4] = limbs[4] >> 8;
    return reduce<Prime>(t);
}

}  // namespace residues

}  // namespace samestate::evm::secp256k1

#endif
