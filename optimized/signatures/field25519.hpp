// Numbers modulo 2^255 - 19, in five limbs of 51 bits.
//
// Limbs may be larger than that between operations. What `multiply` and `square` give has limbs below 2^51 + 2^13 (it is
// "reduced"); they take limbs below 2^54. `subtract` takes for its second number a sum of up to three that are reduced.

#ifndef SAMESTATE_SIGNATURES_FIELD25519_HPP
#define SAMESTATE_SIGNATURES_FIELD25519_HPP

#include <cstdint>
#include <cstring>

namespace samestate::signatures {

struct Field {
    uint64_t v[5];
};

namespace field {

inline constexpr uint64_t MASK = (uint64_t{1} << 51) - 1;

inline constexpr Field ZERO{{0, 0, 0, 0, 0}};
inline constexpr Field ONE{{1, 0, 0, 0, 0}};
// The constant of the curve, -121665/121666; twice that; and a square root of -1.
inline constexpr Field D{{0x34DCA135978A3, 0x1A8283B156EBD, 0x5E7A26001C029, 0x739C663A03CBB, 0x52036CEE2B6FF}};
inline constexpr Field TWO_D{{0x69B9426B2F159, 0x35050762ADD7A, 0x3CF44C0038052, 0x6738CC7407977, 0x2406D9DC56DFF}};
inline constexpr Field ROOT_OF_MINUS_ONE{
    {0x61B274A0EA0B0, 0x0D5A5FC8F189D, 0x7EF5E9CBD0C60, 0x78595A6804C9E, 0x2B8324804FC1D}};

inline Field add(const Field& a, const Field& b) {
    return {{a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2], a.v[3] + b.v[3], a.v[4] + b.v[4]}};
}

inline Field subtract(const Field& a, const Field& b) {
    constexpr uint64_t FIRST = (uint64_t{1} << 53) - 76, OTHERS = (uint64_t{1} << 53) - 4;  // 4 p
    return {{a.v[0] + FIRST - b.v[0], a.v[1] + OTHERS - b.v[1], a.v[2] + OTHERS - b.v[2], a.v[3] + OTHERS - b.v[3],
             a.v[4] + OTHERS - b.v[4]}};
}

inline Field negate(const Field& a) { return subtract(ZERO, a); }

using Wide = unsigned __int128;

inline Wide product(uint64_t a, uint64_t b) { return static_cast<Wide>(a) * b; }

inline Field carried(Wide r0, Wide r1, Wide r2, Wide r3, Wide r4) {
    r1 += static_cast<uint64_t>(r0 >> 51);
    r2 += static_cast<uint64_t>(r1 >> 51);
    r3 += static_cast<uint64_t>(r2 >> 51);
    r4 += static_cast<uint64_t>(r3 >> 51);
    uint64_t low = (static_cast<uint64_t>(r0) & MASK) + 19 * static_cast<uint64_t>(r4 >> 51);
    return {{low & MASK, (static_cast<uint64_t>(r1) & MASK) + (low >> 51), static_cast<uint64_t>(r2) & MASK,
             static_cast<uint64_t>(r3) & MASK, static_cast<uint64_t>(r4) & MASK}};
}

inline Field multiply(const Field& a, const Field& b) {
    const uint64_t b1 = 19 * b.v[1], b2 = 19 * b.v[2], b3 = 19 * b.v[3], b4 = 19 * b.v[4];
    const uint64_t *x = a.v, *y = b.v;
    return carried(
        product(x[0], y[0]) + product(x[1], b4) + product(x[2], b3) + product(x[3], b2) + product(x[4], b1),
        product(x[0], y[1]) + product(x[1], y[0]) + product(x[2], b4) + product(x[3], b3) + product(x[4], b2),
        product(x[0], y[2]) + product(x[1], y[1]) + product(x[2], y[0]) + product(x[3], b4) + product(x[4], b3),
        product(x[0], y[3]) + product(x[1], y[2]) + product(x[2], y[1]) + product(x[3], y[0]) + product(x[4], b4),
        product(x[0], y[4]) + product(x[1], y[3]) + product(x[2], y[2]) + product(x[3], y[1]) + product(x[4], y[0]));
}

inline Field square(const Field& a) {
    const uint64_t* x = a.v;
    const uint64_t d0 = 2 * x[0], d1 = 2 * x[1], d2 = 2 * x[2], x3 = 19 * x[3], x4 = 19 * x[4];
    return carried(product(x[0], x[0]) + product(d1, x4) + product(d2, x3),
                   product(d0, x[1]) + product(d2, x4) + product(x3, x[3]),
                   product(d0, x[2]) + product(x[1], x[1]) + product(2 * x[3], x4),
                   product(d0, x[3]) + product(d1, x[2]) + product(x4, x[4]),
                   product(d0, x[4]) + product(d1, x[3]) + product(x[2], x[2]));
}

inline Field square(Field a, int times) {
    for (; times > 0; --times) a = square(a);
    return a;
}

// The powers that roots and inverses are made of: a^(2^250 - 1), and a^11 along the way.
inline Field power_2_250_less_1(const Field& a, Field& a11) {
    const Field a2 = square(a);
    const Field a9 = multiply(square(a2, 2), a);
    a11 = multiply(a9, a2);
    const Field to5 = multiply(square(a11), a9);
    const Field to10 = multiply(square(to5, 5), to5);
    const Field to20 = multiply(square(to10, 10), to10);
    const Field to40 = multiply(square(to20, 20), to20);
    const Field to50 = multiply(square(to40, 10), to10);
    const Field to100 = multiply(square(to50, 50), to50);
    const Field to200 = multiply(square(to100, 100), to100);
    return multiply(square(to200, 50), to50);
}

// a^(p - 2), which is 1 / a, or 0 for 0.
inline Field invert(const Field& a) {
    Field a11;
    const Field power = power_2_250_less_1(a, a11);
    return multiply(square(power, 5), a11);
}

// a^((p - 5) / 8).
inline Field power_of_root(const Field& a) {
    Field a11;
    const Field power = power_2_250_less_1(a, a11);
    return multiply(square(power, 2), a);
}

// The number of 255 bits in 32 little-endian bytes, whose highest bit is left out.
inline Field load(const uint8_t* bytes) {
    uint64_t w[4];
    std::memcpy(w, bytes, 32);
    return {{w[0] & MASK, (w[0] >> 51 | w[1] << 13) & MASK, (w[1] >> 38 | w[2] << 26) & MASK,
             (w[2] >> 25 | w[3] << 39) & MASK, w[3] >> 12 & MASK}};
}

// The one number below p, in 32 little-endian bytes. The limbs may be anything.
inline void store(const Field& a, uint8_t* bytes) {
    uint64_t v[5];
    std::memcpy(v, a.v, sizeof(v));
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 4; ++i) {
            v[i + 1] += v[i] >> 51;
            v[i] &= MASK;
        }
        v[0] += 19 * (v[4] >> 51);
        v[4] &= MASK;
    }
    // Now it is below 2^255 + 19. Adding 19 carries out of the top just where it is p or more.
    uint64_t carry = (v[0] + 19) >> 51;
    for (int i = 1; i < 5; ++i) carry = (v[i] + carry) >> 51;
    v[0] += 19 * carry;
    for (int i = 0; i < 4; ++i) {
        v[i + 1] += v[i] >> 51;
        v[i] &= MASK;
    }
    v[4] &= MASK;
    const uint64_t w[4] = {v[0] | v[1] << 51, v[1] >> 13 | v[2] << 38, v[2] >> 26 | v[3] << 25, v[3] >> 39 | v[4] << 12};
    std::memcpy(bytes, w, 32);
}

inline bool is_equal(const Field& a, const Field& b) {
    uint8_t first[32], second[32];
    store(a, first);
    store(b, second);
    return std::memcmp(first, second, 32) == 0;
}

inline bool is_zero(const Field& a) { return is_equal(a, ZERO); }

// Whether the number below p is odd: what the sign of an encoded point is.
inline bool is_odd(const Field& a) {
    uint8_t bytes[32];
    store(a, bytes);
    return bytes[0] & 1;
}

}  // namespace field

}  // namespace samestate::signatures

#endif
