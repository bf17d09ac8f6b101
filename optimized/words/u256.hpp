// Words of 256 bits: the arithmetic of the EVM.
//
// Four limbs of 64 bits, the least significant first. Everything is inline. What runs once an instruction (sum,
// difference, product, comparison, bits, shifts) has no branch that data decides; division is in division.hpp, which
// this page includes at its end.

#ifndef SAMESTATE_WORDS_U256_HPP
#define SAMESTATE_WORDS_U256_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "limbs are turned into bytes by reversing their order");

namespace samestate {

using uint128 = unsigned __int128;

// The sum of two limbs and a carry of 0 or 1, which becomes the carry out.
inline uint64_t add_carry(uint64_t left, uint64_t right, unsigned char& carry) {
#if defined(__x86_64__)
    unsigned long long sum;
    carry = _addcarry_u64(carry, left, right, &sum);
    return sum;
#else
    const uint128 sum = static_cast<uint128>(left) + right + carry;
    carry = static_cast<unsigned char>(sum >> 64);
    return static_cast<uint64_t>(sum);
#endif
}

// The difference of two limbs and a borrow of 0 or 1, which becomes the borrow out.
inline uint64_t subtract_borrow(uint64_t left, uint64_t right, unsigned char& borrow) {
#if defined(__x86_64__)
    unsigned long long difference;
    borrow = _subborrow_u64(borrow, left, right, &difference);
    return difference;
#else
    const uint128 difference = static_cast<uint128>(left) - right - borrow;
    borrow = static_cast<unsigned char>((difference >> 64) & 1);
    return static_cast<uint64_t>(difference);
#endif
}

// Eight big-endian bytes as a limb, and back.
inline uint64_t load_be64(const uint8_t* source) {
    uint64_t limb;
    std::memcpy(&limb, source, 8);
    return __builtin_bswap64(limb);
}
inline void store_be64(uint8_t* target, uint64_t limb) {
    limb = __builtin_bswap64(limb);
    std::memcpy(target, &limb, 8);
}

// The number of zero bits above the highest one of a limb; 64 for zero.
constexpr int leading_zeros(uint64_t limb) { return limb == 0 ? 64 : __builtin_clzll(limb); }

struct u256 {
    uint64_t w[4];

    u256() = default;
    constexpr u256(uint64_t low) : w{low, 0, 0, 0} {}
    constexpr u256(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3) : w{w0, w1, w2, w3} {}

    constexpr bool is_zero() const { return (w[0] | w[1] | w[2] | w[3]) == 0; }
    constexpr bool fits_u64() const { return (w[1] | w[2] | w[3]) == 0; }
    constexpr uint64_t low64() const { return w[0]; }
    // The number, or 2^64 - 1 where it is larger: for lengths and offsets, of which that many are never there.
    constexpr uint64_t saturated64() const { return fits_u64() ? w[0] : ~uint64_t{0}; }
    // Whether the number is below zero when read as two's complement.
    constexpr bool is_negative() const { return (w[3] >> 63) != 0; }

    // The number whose 32 big-endian bytes these are.
    static u256 load_be(const uint8_t* source) {
        return {load_be64(source + 24), load_be64(source + 16), load_be64(source + 8), load_be64(source)};
    }
    // The number whose big-endian bytes these are, at most 32.
    static u256 load_be(const uint8_t* source, size_t length) {
        uint8_t bytes[32] = {};
        std::memcpy(bytes + 32 - length, source, length);
        return load_be(bytes);
    }
    // Give the 32 big-endian bytes.
    void store_be(uint8_t* target) const {
        store_be64(target, w[3]);
        store_be64(target + 8, w[2]);
        store_be64(target + 16, w[1]);
        store_be64(target + 24, w[0]);
    }
    // The number of bytes without leading zeros: 0 for zero.
    constexpr size_t significant_bytes() const {
        for (int i = 3; i >= 0; --i)
            if (w[i] != 0) return static_cast<size_t>(8 * i + (71 - leading_zeros(w[i])) / 8);
        return 0;
    }
};

static_assert(sizeof(u256) == 32);

// --- Comparison

constexpr bool operator==(const u256& a, const u256& b) {
    return ((a.w[0] ^ b.w[0]) | (a.w[1] ^ b.w[1]) | (a.w[2] ^ b.w[2]) | (a.w[3] ^ b.w[3])) == 0;
}
constexpr bool operator!=(const u256& a, const u256& b) { return !(a == b); }

inline bool operator<(const u256& a, const u256& b) {
    unsigned char borrow = 0;
    subtract_borrow(a.w[0], b.w[0], borrow);
    subtract_borrow(a.w[1], b.w[1], borrow);
    subtract_borrow(a.w[2], b.w[2], borrow);
    subtract_borrow(a.w[3], b.w[3], borrow);
    return borrow != 0;
}
inline bool operator>(const u256& a, const u256& b) { return b < a; }
inline bool operator<=(const u256& a, const u256& b) { return !(b < a); }
inline bool operator>=(const u256& a, const u256& b) { return !(a < b); }

// Whether a is below b as numbers in two's complement.
inline bool signed_less(const u256& a, const u256& b) {
    constexpr uint64_t sign = uint64_t{1} << 63;
    return u256{a.w[0], a.w[1], a.w[2], a.w[3] ^ sign} < u256{b.w[0], b.w[1], b.w[2], b.w[3] ^ sign};
}

// --- Bits

constexpr u256 operator&(const u256& a, const u256& b) {
    return {a.w[0] & b.w[0], a.w[1] & b.w[1], a.w[2] & b.w[2], a.w[3] & b.w[3]};
}
constexpr u256 operator|(const u256& a, const u256& b) {
    return {a.w[0] | b.w[0], a.w[1] | b.w[1], a.w[2] | b.w[2], a.w[3] | b.w[3]};
}
constexpr u256 operator^(const u256& a, const u256& b) {
    return {a.w[0] ^ b.w[0], a.w[1] ^ b.w[1], a.w[2] ^ b.w[2], a.w[3] ^ b.w[3]};
}
constexpr u256 operator~(const u256& a) { return {~a.w[0], ~a.w[1], ~a.w[2], ~a.w[3]}; }

// The number of zero bits above the highest one: 256 for zero (EIP-7939).
constexpr int count_leading_zeros(const u256& a) {
    for (int i = 3; i > 0; --i)
        if (a.w[i] != 0) return leading_zeros(a.w[i]) + 64 * (3 - i);
    return leading_zeros(a.w[0]) + 192;
}

// The byte at an index counted from the most significant: 0 for an index above 31 (BYTE).
inline u256 byte_at(const u256& value, const u256& index) {
    if (!index.fits_u64() || index.w[0] > 31) return 0;
    const unsigned place = 31 - static_cast<unsigned>(index.w[0]);
    return (value.w[place >> 3] >> (8 * (place & 7))) & 0xff;
}

// The value times 2^bits modulo 2^256: 0 for 256 bits and more (SHL, EIP-145).
inline u256 shift_left(const u256& value, uint64_t bits) {
    if (bits > 255) return 0;
    // A window of four limbs, moved down over the value with zeros below it.
    const uint64_t limbs[8] = {0, 0, 0, 0, value.w[0], value.w[1], value.w[2], value.w[3]};
    const uint64_t* window = limbs + 4 - (bits >> 6);
    const unsigned up = bits & 63;
    const unsigned down = 63 - up;  // after one place, so that no shift is by 64
    return {
        window[0] << up,
        window[1] << up | window[0] >> 1 >> down,
        window[2] << up | window[1] >> 1 >> down,
        window[3] << up | window[2] >> 1 >> down,
    };
}

// The value shifted right, with copies of one limb (0 or all ones) above it.
inline u256 shift_right_filled(const u256& value, uint64_t bits, uint64_t fill) {
    if (bits > 255) return {fill, fill, fill, fill};
    const uint64_t limbs[8] = {value.w[0], value.w[1], value.w[2], value.w[3], fill, fill, fill, fill};
    const uint64_t* window = limbs + (bits >> 6);
    const unsigned down = bits & 63;
    const unsigned up = 63 - down;
    return {
        window[0] >> down | window[1] << 1 << up,
        window[1] >> down | window[2] << 1 << up,
        window[2] >> down | window[3] << 1 << up,
        window[3] >> down | fill << 1 << up,
    };
}

// The value over 2^bits, rounded down (SHR, EIP-145).
inline u256 shift_right(const u256& value, uint64_t bits) { return shift_right_filled(value, bits, 0); }

// The same with the sign kept: 0 or -1 for 256 bits and more (SAR, EIP-145).
inline u256 shift_right_arithmetic(const u256& value, uint64_t bits) {
    return shift_right_filled(value, bits, uint64_t{0} - (value.w[3] >> 63));
}

inline u256 shift_left(const u256& value, const u256& bits) { return shift_left(value, bits.saturated64()); }
inline u256 shift_right(const u256& value, const u256& bits) { return shift_right(value, bits.saturated64()); }
inline u256 shift_right_arithmetic(const u256& value, const u256& bits) {
    return shift_right_arithmetic(value, bits.saturated64());
}

// The value with the sign bit of its byte `index`, counted from the least significant, copied to all bits above
// (SIGNEXTEND): the value itself for an index above 30.
inline u256 sign_extend(const u256& value, const u256& index) {
    if (!index.fits_u64() || index.w[0] > 30) return value;
    const uint64_t above = 8 * (31 - index.w[0]);
    return shift_right_arithmetic(shift_left(value, above), above);
}

// --- Sum and difference, modulo 2^256

// The sum, and whether it is 2^256 or more.
inline bool add_overflows(const u256& a, const u256& b, u256& sum) {
    unsigned char carry = 0;
    const uint64_t s0 = add_carry(a.w[0], b.w[0], carry);
    const uint64_t s1 = add_carry(a.w[1], b.w[1], carry);
    const uint64_t s2 = add_carry(a.w[2], b.w[2], carry);
    const uint64_t s3 = add_carry(a.w[3], b.w[3], carry);
    sum = {s0, s1, s2, s3};
    return carry != 0;
}

// The difference, and whether it is below zero.
inline bool sub_borrows(const u256& a, const u256& b, u256& difference) {
    unsigned char borrow = 0;
    const uint64_t d0 = subtract_borrow(a.w[0], b.w[0], borrow);
    const uint64_t d1 = subtract_borrow(a.w[1], b.w[1], borrow);
    const uint64_t d2 = subtract_borrow(a.w[2], b.w[2], borrow);
    const uint64_t d3 = subtract_borrow(a.w[3], b.w[3], borrow);
    difference = {d0, d1, d2, d3};
    return borrow != 0;
}

inline u256 operator+(const u256& a, const u256& b) {
    u256 sum;
    add_overflows(a, b, sum);
    return sum;
}
inline u256 operator-(const u256& a, const u256& b) {
    u256 difference;
    sub_borrows(a, b, difference);
    return difference;
}
inline u256 operator-(const u256& a) { return u256{0} - a; }
inline u256& operator+=(u256& a, const u256& b) { return a = a + b; }
inline u256& operator-=(u256& a, const u256& b) { return a = a - b; }

// --- Product

// a * b + c + d: at most 2^128 - 1, so that nothing is lost.
inline uint128 multiply_add(uint64_t a, uint64_t b, uint64_t c, uint64_t d = 0) {
    return static_cast<uint128>(a) * b + c + d;
}

// The product modulo 2^256: row by row, without the limbs that fall away.
inline u256 operator*(const u256& a, const u256& b) {
    uint128 t = multiply_add(a.w[0], b.w[0], 0);
    const uint64_t p0 = static_cast<uint64_t>(t);
    t = multiply_add(a.w[0], b.w[1], static_cast<uint64_t>(t >> 64));
    uint64_t p1 = static_cast<uint64_t>(t);
    t = multiply_add(a.w[0], b.w[2], static_cast<uint64_t>(t >> 64));
    uint64_t p2 = static_cast<uint64_t>(t);
    uint64_t p3 = static_cast<uint64_t>(t >> 64) + a.w[0] * b.w[3];

    t = multiply_add(a.w[1], b.w[0], p1);
    p1 = static_cast<uint64_t>(t);
    t = multiply_add(a.w[1], b.w[1], p2, static_cast<uint64_t>(t >> 64));
    p2 = static_cast<uint64_t>(t);
    p3 += static_cast<uint64_t>(t >> 64) + a.w[1] * b.w[2];

    t = multiply_add(a.w[2], b.w[0], p2);
    p2 = static_cast<uint64_t>(t);
    p3 += static_cast<uint64_t>(t >> 64) + a.w[2] * b.w[1] + a.w[3] * b.w[0];
    return {p0, p1, p2, p3};
}
inline u256& operator*=(u256& a, const u256& b) { return a = a * b; }

// Numbers of 512 bits, for products: of MULMOD, and of fees, whose sums go beyond 2^256.
struct u512 {
    uint64_t w[8];

    u512() = default;
    constexpr u512(const u256& low) : w{low.w[0], low.w[1], low.w[2], low.w[3], 0, 0, 0, 0} {}

    constexpr bool fits_u256() const { return (w[4] | w[5] | w[6] | w[7]) == 0; }
    constexpr u256 low256() const { return {w[0], w[1], w[2], w[3]}; }
};

// The whole product.
inline u512 multiply_wide(const u256& a, const u256& b) {
    u512 product;
    uint64_t p0 = 0, p1 = 0, p2 = 0, p3 = 0;  // a window of the product that moves up by a limb a row
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        uint128 t = multiply_add(a.w[i], b.w[0], p0);
        product.w[i] = static_cast<uint64_t>(t);
        t = multiply_add(a.w[i], b.w[1], p1, static_cast<uint64_t>(t >> 64));
        p0 = static_cast<uint64_t>(t);
        t = multiply_add(a.w[i], b.w[2], p2, static_cast<uint64_t>(t >> 64));
        p1 = static_cast<uint64_t>(t);
        t = multiply_add(a.w[i], b.w[3], p3, static_cast<uint64_t>(t >> 64));
        p2 = static_cast<uint64_t>(t);
        p3 = static_cast<uint64_t>(t >> 64);
    }
    product.w[4] = p0;
    product.w[5] = p1;
    product.w[6] = p2;
    product.w[7] = p3;
    return product;
}

// The product modulo 2^256, and whether the whole one is larger.
inline bool multiply_overflows(const u256& a, const u256& b, u256& product) {
    const u512 whole = multiply_wide(a, b);
    product = whole.low256();
    return !whole.fits_u256();
}

// The sum modulo 2^512: sums of a few products of a word and a number below 2^64 never come near it.
inline u512 operator+(const u512& a, const u512& b) {
    u512 sum;
    unsigned char carry = 0;
    for (int i = 0; i < 8; ++i) sum.w[i] = add_carry(a.w[i], b.w[i], carry);
    return sum;
}
inline bool operator<(const u512& a, const u512& b) {
    unsigned char borrow = 0;
    for (int i = 0; i < 8; ++i) subtract_borrow(a.w[i], b.w[i], borrow);
    return borrow != 0;
}

// base to the exponent modulo 2^256; 0 to the 0 is 1 (EXP).
inline u256 power(const u256& base, const u256& exponent) {
    const int bits = 256 - count_leading_zeros(exponent);
    if (bits == 0) return 1;
    // Powers of two, of which 256 is how compilers once shifted: a shift.
    const int ones = __builtin_popcountll(base.w[0]) + __builtin_popcountll(base.w[1]) +
                     __builtin_popcountll(base.w[2]) + __builtin_popcountll(base.w[3]);
    if (ones == 1) {
        const uint64_t place = static_cast<uint64_t>(255 - count_leading_zeros(base));
        if (place == 0) return 1;
        if (!exponent.fits_u64() || exponent.w[0] > 255) return 0;
        return shift_left(u256{1}, place * exponent.w[0]);
    }
    u256 result = base;
    for (int place = bits - 2; place >= 0; --place) {
        result = result * result;
        if (exponent.w[place >> 6] >> (place & 63) & 1) result = result * base;
    }
    return result;
}

}  // namespace samestate

#include "samestate/optimized/words/division.hpp"

#endif
