// Division of words: quotients, remainders, and sums and products modulo a word.
//
// The long division is Knuth's algorithm D (The Art of Computer Programming, 4.3.1) with a quotient limb found by two
// products with a reciprocal instead of a division: Möller and Granlund, "Improved division by invariant integers",
// 2011.

#ifndef SAMESTATE_WORDS_DIVISION_HPP
#define SAMESTATE_WORDS_DIVISION_HPP

#include "samestate/optimized/words/u256.hpp"

namespace samestate {

// First guesses of reciprocals, by the nine highest bits of a divisor.
struct ReciprocalGuesses {
    uint16_t guess[256];
    constexpr ReciprocalGuesses() : guess{} {
        for (unsigned i = 0; i < 256; ++i) guess[i] = static_cast<uint16_t>(0x7fd00 / (i + 256));
    }
};
inline constexpr ReciprocalGuesses RECIPROCAL_GUESSES;

// (2^128 - 1) / d - 2^64 of a divisor whose highest bit is set (Möller and Granlund, algorithm 3).
inline uint64_t reciprocal(uint64_t d) {
    const uint64_t lowest = d & 1;
    const uint64_t d40 = (d >> 24) + 1;
    const uint64_t half = (d >> 1) + lowest;
    const uint64_t v0 = RECIPROCAL_GUESSES.guess[(d >> 55) - 256];
    const uint64_t v1 = (v0 << 11) - (v0 * v0 * d40 >> 40) - 1;
    const uint64_t v2 = (v1 << 13) + (v1 * ((uint64_t{1} << 60) - v1 * d40) >> 47);
    const uint64_t error = ((v2 >> 1) & (uint64_t{0} - lowest)) - v2 * half;
    const uint64_t v3 = static_cast<uint64_t>(static_cast<uint128>(v2) * error >> 65) + (v2 << 31);
    return v3 - static_cast<uint64_t>(multiply_add(v3, d, d) >> 64) - d;
}

// (2^192 - 1) / (d1 2^64 + d0) - 2^64 of a divisor whose highest bit is set (algorithm 6).
inline uint64_t reciprocal(uint64_t d1, uint64_t d0) {
    uint64_t v = reciprocal(d1);
    uint64_t p = d1 * v + d0;
    if (p < d0) {
        --v;
        if (p >= d1) {
            --v;
            p -= d1;
        }
        p -= d1;
    }
    const uint128 t = static_cast<uint128>(v) * d0;
    const uint64_t t1 = static_cast<uint64_t>(t >> 64);
    p += t1;
    if (p < t1) {
        --v;
        if (p > d1 || (p == d1 && static_cast<uint64_t>(t) >= d0)) --v;
    }
    return v;
}

// Divide u1 2^64 + u0 by d, where u1 < d and v is d's reciprocal: the quotient, and in u1 the remainder (algorithm 4).
inline uint64_t divide_2by1(uint64_t& u1, uint64_t u0, uint64_t d, uint64_t v) {
    const uint128 q = static_cast<uint128>(v) * u1 + (static_cast<uint128>(u1) << 64 | u0);
    uint64_t quotient = static_cast<uint64_t>(q >> 64) + 1;
    uint64_t remainder = u0 - quotient * d;
    const uint64_t too_large = uint64_t{0} - (remainder > static_cast<uint64_t>(q));
    quotient += too_large;
    remainder += too_large & d;
    if (__builtin_expect(remainder >= d, 0)) {
        ++quotient;
        remainder -= d;
    }
    u1 = remainder;
    return quotient;
}

// Divide three limbs by two, u2 u1 u0 by d, where u2 u1 < d and v is d's reciprocal: the quotient, and in u the
// remainder (algorithm 5).
inline uint64_t divide_3by2(uint128& u, uint64_t u0, uint128 d, uint64_t v) {
    const uint64_t u2 = static_cast<uint64_t>(u >> 64);
    const uint64_t u1 = static_cast<uint64_t>(u);
    const uint64_t d1 = static_cast<uint64_t>(d >> 64);
    const uint64_t d0 = static_cast<uint64_t>(d);
    const uint128 q = static_cast<uint128>(v) * u2 + u;
    uint64_t quotient = static_cast<uint64_t>(q >> 64);
    const uint64_t r1 = u1 - quotient * d1;
    uint128 remainder = (static_cast<uint128>(r1) << 64 | u0) - static_cast<uint128>(d0) * quotient - d;
    ++quotient;
    if (static_cast<uint64_t>(remainder >> 64) >= static_cast<uint64_t>(q)) {
        --quotient;
        remainder += d;
    }
    if (__builtin_expect(remainder >= d, 0)) {
        ++quotient;
        remainder -= d;
    }
    u = remainder;
    return quotient;
}

// The number of limbs without zeros above.
inline int significant_limbs(const uint64_t* limbs, int length) {
    while (length > 0 && limbs[length - 1] == 0) --length;
    return length;
}

// Divide `length` limbs by a divisor of n (2 to 4, at most `length`, the highest not zero): the quotient's length - n +
// 1 limbs, and the remainder's n. Both may be null; u is at most 8 limbs.
template <int n>
void divide_long(const uint64_t* u, int length, const uint64_t* divisor, uint64_t* quotient, uint64_t* remainder) {
    const int shift = __builtin_clzll(divisor[n - 1]);
    // Shifted left until the divisor's highest bit is set. A shift by 64 is made of two.
    uint64_t d[n];
    uint64_t r[9];
    for (int i = n - 1; i > 0; --i) d[i] = divisor[i] << shift | divisor[i - 1] >> 1 >> (63 - shift);
    d[0] = divisor[0] << shift;
    r[length] = u[length - 1] >> 1 >> (63 - shift);
    for (int i = length - 1; i > 0; --i) r[i] = u[i] << shift | u[i - 1] >> 1 >> (63 - shift);
    r[0] = u[0] << shift;

    const uint128 top = static_cast<uint128>(d[n - 1]) << 64 | d[n - 2];
    const uint64_t v = reciprocal(d[n - 1], d[n - 2]);
    for (int j = length - n; j >= 0; --j) {
        uint128 window = static_cast<uint128>(r[j + n]) << 64 | r[j + n - 1];
        uint64_t q;
        if (__builtin_expect(window >= top, 0)) {
            // The quotient limb would be 2^64 or more, so it is 2^64 - 1: the whole window is taken off by it.
            q = ~uint64_t{0};
            uint64_t borrow = 0;
            for (int i = 0; i < n; ++i) {
                const uint128 t = multiply_add(q, d[i], borrow);
                borrow = static_cast<uint64_t>(t >> 64) + (r[j + i] < static_cast<uint64_t>(t));
                r[j + i] -= static_cast<uint64_t>(t);
            }
            r[j + n] -= borrow;
            if (r[j + n] != 0) {
                unsigned char carry = 0;
                for (int i = 0; i < n; ++i) r[j + i] = add_carry(r[j + i], d[i], carry);
                r[j + n] = 0;
                --q;
            }
        } else {
            // The two highest limbs are done with by the division itself; the lower ones follow.
            q = divide_3by2(window, r[j + n - 2], top, v);
            uint64_t borrow = 0;
            for (int i = 0; i < n - 2; ++i) {
                const uint128 t = multiply_add(q, d[i], borrow);
                borrow = static_cast<uint64_t>(t >> 64) + (r[j + i] < static_cast<uint64_t>(t));
                r[j + i] -= static_cast<uint64_t>(t);
            }
            const bool below = window < borrow;
            window -= borrow;
            r[j + n - 2] = static_cast<uint64_t>(window);
            r[j + n - 1] = static_cast<uint64_t>(window >> 64);
            if (__builtin_expect(below, 0)) {
                unsigned char carry = 0;
                for (int i = 0; i < n; ++i) r[j + i] = add_carry(r[j + i], d[i], carry);
                --q;
            }
        }
        if (quotient != nullptr) quotient[j] = q;
    }
    if (remainder != nullptr) {
        for (int i = 0; i < n - 1; ++i) remainder[i] = r[i] >> shift | r[i + 1] << 1 << (63 - shift);
        remainder[n - 1] = r[n - 1] >> shift;
    }
}

inline void divide_long(const uint64_t* u, int length, const uint64_t* divisor, int divisor_length, uint64_t* quotient,
                        uint64_t* remainder) {
    if (divisor_length == 2)
        divide_long<2>(u, length, divisor, quotient, remainder);
    else if (divisor_length == 3)
        divide_long<3>(u, length, divisor, quotient, remainder);
    else
        divide_long<4>(u, length, divisor, quotient, remainder);
}

// Divide by one limb: the quotient's limbs (may be null), and the remainder.
inline uint64_t divide_short(const uint64_t* u, int length, uint64_t divisor, uint64_t* quotient) {
    const int shift = __builtin_clzll(divisor);
    const uint64_t d = divisor << shift;
    const uint64_t v = reciprocal(d);
    uint64_t remainder = u[length - 1] >> 1 >> (63 - shift);
    for (int i = length - 1; i >= 0; --i) {
        const uint64_t below = i > 0 ? u[i - 1] >> 1 >> (63 - shift) : 0;
        const uint64_t q = divide_2by1(remainder, u[i] << shift | below, d, v);
        if (quotient != nullptr) quotient[i] = q;
    }
    return remainder >> shift;
}

struct QuotientAndRemainder {
    u256 quotient;
    u256 remainder;
};

// Quotient and remainder; both 0 for a divisor of 0.
inline QuotientAndRemainder divide_with_remainder(const u256& a, const u256& b) {
    if (a.fits_u64() && b.fits_u64()) {
        if (b.w[0] == 0) return {0, 0};
        return {a.w[0] / b.w[0], a.w[0] % b.w[0]};
    }
    if (a < b) return {0, a};
    QuotientAndRemainder result{0, 0};
    const int n = significant_limbs(b.w, 4);
    if (n == 0) return result;
    const int length = significant_limbs(a.w, 4);
    if (n == 1)
        result.remainder = divide_short(a.w, length, b.w[0], result.quotient.w);
    else
        divide_long(a.w, length, b.w, n, result.quotient.w, result.remainder.w);
    return result;
}

// The quotient, rounded down; 0 for a divisor of 0 (DIV).
inline u256 divide(const u256& a, const u256& b) { return divide_with_remainder(a, b).quotient; }

// The remainder; 0 for a modulus of 0 (MOD).
inline u256 modulo(const u256& a, const u256& b) { return divide_with_remainder(a, b).remainder; }

inline u256 magnitude(const u256& a) { return a.is_negative() ? -a : a; }

// The quotient in two's complement, rounded towards zero: -2^255 over -1 is -2^255 (SDIV).
inline u256 signed_divide(const u256& a, const u256& b) {
    const u256 quotient = divide(magnitude(a), magnitude(b));
    return a.is_negative() != b.is_negative() ? -quotient : quotient;
}

// The remainder in two's complement, with the sign of the dividend (SMOD).
inline u256 signed_modulo(const u256& a, const u256& b) {
    const u256 remainder = modulo(magnitude(a), magnitude(b));
    return a.is_negative() ? -remainder : remainder;
}

// The remainder of a number of up to eight limbs; 0 for a modulus of 0.
inline u256 modulo_wide(const uint64_t* limbs, int length, const u256& modulus) {
    const int n = significant_limbs(modulus.w, 4);
    if (n == 0) return 0;
    length = significant_limbs(limbs, length);
    u256 remainder{0};
    if (length < n) {
        for (int i = 0; i < length; ++i) remainder.w[i] = limbs[i];
    } else if (n == 1) {
        remainder.w[0] = divide_short(limbs, length, modulus.w[0], nullptr);
    } else {
        divide_long(limbs, length, modulus.w, n, nullptr, remainder.w);
    }
    return remainder;
}

// A number of four limbs and a carry, below twice the modulus, modulo it.
inline u256 subtract_once(const u256& a, const u256& modulus, bool carry) {
    u256 reduced;
    const bool below = sub_borrows(a, modulus, reduced);
    const uint64_t keep = uint64_t{0} - static_cast<uint64_t>(below && !carry);
    return (a & u256{keep, keep, keep, keep}) | (reduced & u256{~keep, ~keep, ~keep, ~keep});
}

// (a + b) modulo a word, over the whole sum; 0 for a modulus of 0 (ADDMOD).
inline u256 add_modulo(const u256& a, const u256& b, const u256& modulus) {
    // Both operands below the modulus, which is what contracts pass, or by their highest limbs at most twice as large.
    const bool below_twice = modulus.w[3] != 0 && a.w[3] <= modulus.w[3] && b.w[3] <= modulus.w[3];
    if (below_twice || (a < modulus && b < modulus)) {
        const u256 left = subtract_once(a, modulus, false);
        const u256 right = subtract_once(b, modulus, false);
        u256 sum;
        const bool carry = add_overflows(left, right, sum);
        return subtract_once(sum, modulus, carry);
    }
    u256 sum;
    const bool carry = add_overflows(a, b, sum);
    const uint64_t limbs[5] = {sum.w[0], sum.w[1], sum.w[2], sum.w[3], carry};
    return modulo_wide(limbs, 5, modulus);
}

// a b modulo a word, over the whole product; 0 for a modulus of 0 (MULMOD).
inline u256 multiply_modulo(const u256& a, const u256& b, const u256& modulus) {
    return modulo_wide(multiply_wide(a, b).w, 8, modulus);
}

}  // namespace samestate

#endif
