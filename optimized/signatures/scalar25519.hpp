// Numbers modulo L = 2^252 + 27742317777372353535851937790883648493, the prime order of ed25519's base point.

#ifndef SAMESTATE_SIGNATURES_SCALAR25519_HPP
#define SAMESTATE_SIGNATURES_SCALAR25519_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace samestate::signatures {

// Below 2^256; below L where it says so. Least significant limb first.
struct Scalar {
    uint64_t w[4];
};

namespace scalar {

inline constexpr Scalar ORDER{{0x5812631A5CF5D3ED, 0x14DEF9DEA2F79CD6, 0, 0x1000000000000000}};

inline Scalar load(const uint8_t* bytes) {
    Scalar result;
    std::memcpy(result.w, bytes, 32);
    return result;
}

inline bool is_less(const Scalar& a, const Scalar& b) {
    for (int i = 3; i >= 0; --i)
        if (a.w[i] != b.w[i]) return a.w[i] < b.w[i];
    return false;
}

inline bool is_below_order(const Scalar& a) { return is_less(a, ORDER); }

namespace detail {

using Wide = unsigned __int128;

// The product of `count` limbs with L - 2^252, which has two; `count` + 2 limbs.
inline void times_rest(const uint64_t* a, int count, uint64_t* product) {
    std::memset(product, 0, sizeof(uint64_t) * static_cast<size_t>(count + 2));
    for (int i = 0; i < count; ++i) {
        Wide carry = 0;
        for (int j = 0; j < 2; ++j) {
            carry += static_cast<Wide>(a[i]) * ORDER.w[j] + product[i + j];
            product[i + j] = static_cast<uint64_t>(carry);
            carry >>= 64;
        }
        product[i + 2] = static_cast<uint64_t>(carry);
    }
}

// Takes what is above 2^252 out of some limbs into others, and leaves four.
inline void split(uint64_t* a, int count, uint64_t* above) {
    for (int i = 3; i < count; ++i) above[i - 3] = a[i] >> 60 | (i + 1 < count ? a[i + 1] << 4 : 0);
    a[3] &= (uint64_t{1} << 60) - 1;
}

inline void add(uint64_t* a, const uint64_t* b) {
    Wide carry = 0;
    for (int i = 0; i < 4; ++i) {
        carry += static_cast<Wide>(a[i]) + b[i];
        a[i] = static_cast<uint64_t>(carry);
        carry >>= 64;
    }
}

inline void subtract(uint64_t* a, const uint64_t* b) {
    uint64_t borrow = 0;
    for (int i = 0; i < 4; ++i) {
        const Wide difference = static_cast<Wide>(a[i]) - b[i] - borrow;
        a[i] = static_cast<uint64_t>(difference);
        borrow = static_cast<uint64_t>(difference >> 64) & 1;
    }
}

}  // namespace detail

// A number of eight limbs modulo L. With L = 2^252 + c, 2^252 is -c: what is above 2^252 is taken out three times.
inline Scalar reduce(const uint64_t* number) {
    uint64_t x[8], above[6], y[8], z[6];
    std::memcpy(x, number, 64);
    detail::split(x, 8, above);           // 260 bits are above
    detail::times_rest(above, 5, y);      // 385 bits
    detail::split(y, 7, above);           // 133
    detail::times_rest(above, 3, z);      // 258
    z[5] = 0;
    detail::split(z, 5, above);           // 6
    uint64_t last[4] = {};
    detail::times_rest(above, 1, last);   // 131
    // x - y + z - last, with L added so that it stays above zero; it is then below four times L.
    Scalar result{{x[0], x[1], x[2], x[3]}};
    detail::add(result.w, z);
    detail::add(result.w, ORDER.w);
    detail::subtract(result.w, y);
    // Still the last could lead below zero.
    detail::add(result.w, ORDER.w);
    detail::subtract(result.w, last);
    while (!is_below_order(result)) detail::subtract(result.w, ORDER.w);
    return result;
}

// The digest of SHA-512, as a number modulo L.
inline Scalar reduce_bytes(const uint8_t* bytes) {
    uint64_t number[8];
    std::memcpy(number, bytes, 64);
    return reduce(number);
}

inline Scalar multiply(const Scalar& a, const Scalar& b) {
    uint64_t product[8] = {};
    for (int i = 0; i < 4; ++i) {
        detail::Wide carry = 0;
        for (int j = 0; j < 4; ++j) {
            carry += static_cast<detail::Wide>(a.w[i]) * b.w[j] + product[i + j];
            product[i + j] = static_cast<uint64_t>(carry);
            carry >>= 64;
        }
        product[i + 4] = static_cast<uint64_t>(carry);
    }
    return reduce(product);
}

// The sum of two numbers below L.
inline Scalar add(const Scalar& a, const Scalar& b) {
    Scalar sum = a;
    detail::add(sum.w, b.w);
    if (!is_below_order(sum)) detail::subtract(sum.w, ORDER.w);
    return sum;
}

inline int bit_length(const Scalar& a) {
    for (int i = 3; i >= 0; --i)
        if (a.w[i] != 0) return 64 * i + 64 - __builtin_clzll(a.w[i]);
    return 0;
}

inline Scalar shifted_left(const Scalar& a, int count) {
    Scalar result{};
    const int limbs = count / 64, bits = count % 64;
    for (int i = 3; i >= limbs; --i) {
        result.w[i] = a.w[i - limbs] << bits;
        if (bits > 0 && i > limbs) result.w[i] |= a.w[i - limbs - 1] >> (64 - bits);
    }
    return result;
}

// Two numbers of about half the length, with u = v h modulo 8 L, or u = - v h; v is odd.
struct Halves {
    Scalar u, v;
    bool is_negative;
};

// Euclid's algorithm on 8 L and h, ended half way: each remainder is a multiple of h modulo 8 L, by factors that grow as the remainders shrink, with
// alternating signs. Of two factors that follow one another one is odd. Divisions are done bit by bit, as quotients are small.
inline Halves halved(const Scalar& h) {
    using Factor = unsigned __int128;
    Scalar before = shifted_left(ORDER, 3), now = h;
    Factor factor_before = 0, factor = 1;
    bool is_negative = false;
    while (bit_length(now) > 128) {
        const int length = bit_length(now);
        for (int shift = bit_length(before) - length; shift >= 0; shift = bit_length(before) - length) {
            Scalar multiple = shifted_left(now, shift);
            if (is_less(before, multiple)) {
                if (shift == 0) break;
                multiple = shifted_left(now, --shift);
            }
            detail::subtract(before.w, multiple.w);
            factor_before += factor << shift;
        }
        std::swap(before, now);
        std::swap(factor_before, factor);
        is_negative = !is_negative;
    }
    if (factor % 2 == 0) {
        now = before;
        factor = factor_before;
        is_negative = !is_negative;
    }
    return {now, {{static_cast<uint64_t>(factor), static_cast<uint64_t>(factor >> 64), 0, 0}}, is_negative};
}

// So many bits from a place on, at most 32.
inline uint32_t bits(const Scalar& a, int place, int count) {
    const int limb = place / 64, shift = place % 64;
    uint64_t found = a.w[limb] >> shift;
    if (shift + count > 64 && limb < 3) found |= a.w[limb + 1] << (64 - shift);
    return static_cast<uint32_t>(found & ((uint64_t{1} << count) - 1));
}

// A number below 2^254 as a sum of digits times powers of two, most digits 0 and all others odd, of less than 2^(width - 1)
// either way, so that at least width - 1 zeros follow each (a non-adjacent form).
inline void to_sparse_digits(const Scalar& a, int width, int8_t* digits) {
    std::memset(digits, 0, 256);
    uint32_t carry = 0;
    for (int place = 0; place < 256;) {
        const uint32_t window = bits(a, place, place + width > 256 ? 256 - place : width) + carry;
        if (window % 2 == 0) {
            ++place;  // with what is carried: the bit was as much
            continue;
        }
        const int32_t half = 1 << (width - 1);
        int32_t digit = static_cast<int32_t>(window);
        carry = digit >= half;
        if (carry) digit -= 2 * half;
        digits[place] = static_cast<int8_t>(digit);
        place += width;
    }
}

// A number below 2^253 as `count` digits of `width` bits, from -2^(width - 1) to 2^(width - 1), least significant first.
inline void to_digits(const Scalar& a, int width, int count, int8_t* digits) {
    int32_t carry = 0;
    for (int i = 0; i < count; ++i) {
        const int place = i * width;
        int32_t digit = place >= 256 ? carry : static_cast<int32_t>(bits(a, place, width)) + carry;
        carry = digit > (1 << (width - 1)) - 1;
        if (carry) digit -= 1 << width;
        digits[i] = static_cast<int8_t>(digit);
    }
}

}  // namespace scalar

}  // namespace samestate::signatures

#endif
