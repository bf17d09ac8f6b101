// P256VERIFY: an ECDSA signature on the curve secp256r1, also called P-256 (EIP-7951; FIPS 186-5, SEC 2).
//
// Our own, since no wheel exports a function for it. All that is read here is public, so time may depend on it. Numbers
// of both fields are in Montgomery's form (a R, with R = 2^256); points have Jacobian coordinates: x = X / Z², y = Y /
// Z³.

#ifndef SAMESTATE_EVM_NATIVE_P256_HPP
#define SAMESTATE_EVM_NATIVE_P256_HPP

#include <cstddef>
#include <cstdint>

#include "samestate/optimized/evm/native/output.hpp"
#include "samestate/optimized/words/u256.hpp"

namespace samestate::evm::p256 {

// A field: its modulus, and -1 / modulus modulo 2^64.
struct CoordinateField {
    static constexpr u256 MODULUS{0xFFFFFFFFFFFFFFFF, 0x00000000FFFFFFFF, 0, 0xFFFFFFFF00000001};
    static constexpr uint64_t INVERSE = 1;
};
struct ScalarField {
    static constexpr u256 MODULUS{0xF3B9CAC2FC632551, 0xBCE6FAADA7179E84, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF00000000};
    static constexpr uint64_t INVERSE = 0xCCD1C8AAEE00BC4F;
};

// t / R of a product: four times a multiple q m that makes the lowest limb zero is added, and the limb dropped.
template <class Field>
inline u256 reduce(u512 t) {
    constexpr u256 m = Field::MODULUS;
    unsigned char carry = 0;  // out of the highest limb so far
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        const uint64_t q = t.w[i] * Field::INVERSE;
        u256 addend;  // (t_i + q m) / 2^64, where t_i + q m has a lowest limb of zero
        if constexpr (m.w[0] == ~uint64_t{0} && m.w[1] == 0xFFFFFFFF && m.w[2] == 0) {
            // m is 2^96 - 1 and m3 2^192, so t_i + q m is q 2^96 + q m3 2^192.
            const uint128 high = static_cast<uint128>(q) * m.w[3];
            addend = {q << 32, q >> 32, static_cast<uint64_t>(high), static_cast<uint64_t>(high >> 64)};
        } else {
            uint128 x = multiply_add(q, m.w[0], t.w[i]);
            x = multiply_add(q, m.w[1], static_cast<uint64_t>(x >> 64));
            addend.w[0] = static_cast<uint64_t>(x);
            x = multiply_add(q, m.w[2], static_cast<uint64_t>(x >> 64));
            addend.w[1] = static_cast<uint64_t>(x);
            x = multiply_add(q, m.w[3], static_cast<uint64_t>(x >> 64));
            addend.w[2] = static_cast<uint64_t>(x);
            addend.w[3] = static_cast<uint64_t>(x >> 64);
        }
        addend.w[3] += carry;  // at most m3 before, so nothing is lost
        carry = 0;
        for (int j = 0; j < 4; ++j) t.w[i + 1 + j] = add_carry(t.w[i + 1 + j], addend.w[j], carry);
    }
    return subtract_once({t.w[4], t.w[5], t.w[6], t.w[7]}, m, carry != 0);
}

// a b / R.
template <class Field>
inline u256 multiply(const u256& a, const u256& b) {
    return reduce<Field>(multiply_wide(a, b));
}

template <class Field>
inline u256 square(const u256& a) {
    return multiply<Field>(a, a);
}

template <class Field>
inline u256 add(const u256& a, const u256& b) {
    u256 sum;
    const bool carry = add_overflows(a, b, sum);
    return subtract_once(sum, Field::MODULUS, carry);
}

template <class Field>
inline u256 subtract(const u256& a, const u256& b) {
    u256 difference;
    const uint64_t borrow = uint64_t{0} - static_cast<uint64_t>(sub_borrows(a, b, difference));
    return difference + (Field::MODULUS & u256{borrow, borrow, borrow, borrow});
}

// R² modulo the modulus, which brings numbers into Montgomery's form.
template <class Field>
inline u256 square_of_r() {
    u256 x = u256{0} - Field::MODULUS;  // R, as the modulus is above R / 2
    for (int i = 0; i < 256; ++i) x = add<Field>(x, x);
    return x;
}

template <class Field>
inline u256 into(const u256& a) {
    static const u256 r2 = square_of_r<Field>();
    return multiply<Field>(a, r2);
}

// 1 / a, as a to the modulus less two; four bits of the exponent at a time.
template <class Field>
inline u256 invert(const u256& a) {
    const u256 exponent = Field::MODULUS - u256{2};
    u256 powers[16];
    powers[1] = a;
    for (int i = 2; i < 16; ++i) powers[i] = multiply<Field>(powers[i - 1], a);
    u256 result = powers[exponent.w[3] >> 60];  // 15 in both fields
    for (int place = 62; place >= 0; --place) {
        for (int i = 0; i < 4; ++i) result = square<Field>(result);
        const unsigned digit = exponent.w[place >> 4] >> (4 * (place & 15)) & 15;
        if (digit != 0) result = multiply<Field>(result, powers[digit]);
    }
    return result;
}

using F = CoordinateField;

struct Affine {
    u256 x, y;
};
// Infinity has z = 0.
struct Point {
    u256 x, y, z;
};

// 1 in Montgomery's form.
inline constexpr u256 ONE{0x0000000000000001, 0xFFFFFFFF00000000, 0xFFFFFFFFFFFFFFFF, 0x00000000FFFFFFFE};

// Twice a point, on a curve y² = x³ - 3 x + b (Bernstein and Lange's dbl-2001-b).
inline Point twice(const Point& p) {
    const u256 delta = square<F>(p.z);
    const u256 gamma = square<F>(p.y);
    const u256 beta = multiply<F>(p.x, gamma);
    const u256 product = multiply<F>(subtract<F>(p.x, delta), add<F>(p.x, delta));
    const u256 alpha = add<F>(add<F>(product, product), product);
    const u256 beta2 = add<F>(beta, beta);
    const u256 beta4 = add<F>(beta2, beta2);
    Point r;
    r.x = subtract<F>(square<F>(alpha), add<F>(beta4, beta4));
    r.z = subtract<F>(subtract<F>(square<F>(add<F>(p.y, p.z)), gamma), delta);
    const u256 gamma2 = add<F>(gamma, gamma);
    const u256 square4 = square<F>(gamma2);
    r.y = subtract<F>(multiply<F>(alpha, subtract<F>(beta4, r.x)), add<F>(square4, square4));
    return r;
}

// What both additions end with: x1, y1, x2, y2 brought to one z, and the factor that makes the sum's z.
inline Point finish_sum(const Point& p, const u256& u1, const u256& s1, const u256& u2, const u256& s2, const u256& z) {
    const u256 h = subtract<F>(u2, u1);
    const u256 r = subtract<F>(s2, s1);
    if (h.is_zero()) return r.is_zero() ? twice(p) : Point{ONE, ONE, u256{0}};
    const u256 hh = square<F>(h);
    const u256 hhh = multiply<F>(hh, h);
    const u256 v = multiply<F>(u1, hh);
    Point sum;
    sum.x = subtract<F>(subtract<F>(square<F>(r), hhh), add<F>(v, v));
    sum.y = subtract<F>(multiply<F>(r, subtract<F>(v, sum.x)), multiply<F>(s1, hhh));
    sum.z = multiply<F>(z, h);
    return sum;
}

inline Point sum(const Point& p, const Point& q) {
    if (p.z.is_zero()) return q;
    if (q.z.is_zero()) return p;
    const u256 pp = square<F>(p.z);
    const u256 qq = square<F>(q.z);
    return finish_sum(p, multiply<F>(p.x, qq), multiply<F>(multiply<F>(p.y, q.z), qq), multiply<F>(q.x, pp),
                      multiply<F>(multiply<F>(q.y, p.z), pp), multiply<F>(p.z, q.z));
}

inline Point sum(const Point& p, const Affine& q) {
    if (p.z.is_zero()) return {q.x, q.y, ONE};
    const u256 pp = square<F>(p.z);
    return finish_sum(p, p.x, p.y, multiply<F>(q.x, pp), multiply<F>(multiply<F>(q.y, p.z), pp), p.z);
}

inline u256 negated(const u256& a) { return subtract<F>(u256{0}, a); }

// A number in signed digits, odd or zero and below 2^(width - 1), no two of which other than zero are closer than
// `width` (wNAF). The number of digits, at most 257.
inline int signed_digits(u256 number, int width, int8_t* digits) {
    int count = 0;
    const int64_t full = int64_t{1} << width;
    bool carry = false;  // out of 256 bits, where a negative digit was taken off
    while (!number.is_zero() || carry) {
        int64_t digit = 0;
        if (number.w[0] & 1) {
            digit = static_cast<int64_t>(number.w[0] & static_cast<uint64_t>(full - 1));
            if (digit >= full / 2) digit -= full;
            if (digit >= 0)
                number -= u256{static_cast<uint64_t>(digit)};
            else
                carry = add_overflows(number, u256{static_cast<uint64_t>(-digit)}, number) || carry;
        }
        digits[count++] = static_cast<int8_t>(digit);
        number = shift_right(number, 1);
        if (carry) number = number | u256{0, 0, 0, uint64_t{1} << 63};
        carry = false;
    }
    return count;
}

inline constexpr int BASE_WIDTH = 8;
inline constexpr int POINT_WIDTH = 5;

// Odd multiples of the generator, 1 to 127, made at the first use.
struct BaseMultiples {
    Affine odd[1 << (BASE_WIDTH - 2)];
    BaseMultiples() {
        const Affine generator{
            into<F>({0xF4A13945D898C296, 0x77037D812DEB33A0, 0xF8BCE6E563A440F2, 0x6B17D1F2E12C4247}),
            into<F>({0xCBB6406837BF51F5, 0x2BCE33576B315ECE, 0x8EE7EB4A7C0F9E16, 0x4FE342E2FE1A7F9B}),
        };
        Point multiple{generator.x, generator.y, ONE};
        const Point two = twice(multiple);
        for (Affine& each : odd) {
            const u256 inverse = invert<F>(multiple.z);
            const u256 squared = square<F>(inverse);
            each = {multiply<F>(multiple.x, squared), multiply<F>(multiply<F>(multiple.y, squared), inverse)};
            multiple = sum(multiple, two);
        }
    }
};

// a times the generator plus b times a point.
inline Point sum_of_multiples(const u256& a, const u256& b, const Affine& point) {
    static const BaseMultiples base;
    Point odd[1 << (POINT_WIDTH - 2)];
    odd[0] = {point.x, point.y, ONE};
    const Point two = twice(odd[0]);
    for (int i = 1; i < 1 << (POINT_WIDTH - 2); ++i) odd[i] = sum(odd[i - 1], two);

    int8_t a_digits[257] = {};
    int8_t b_digits[257] = {};
    const int a_count = signed_digits(a, BASE_WIDTH, a_digits);
    const int b_count = signed_digits(b, POINT_WIDTH, b_digits);
    Point total{ONE, ONE, u256{0}};
    for (int place = (a_count > b_count ? a_count : b_count) - 1; place >= 0; --place) {
        if (!total.z.is_zero()) total = twice(total);
        if (const int digit = a_digits[place]; digit > 0) {
            total = sum(total, base.odd[digit / 2]);
        } else if (digit < 0) {
            total = sum(total, Affine{base.odd[-digit / 2].x, negated(base.odd[-digit / 2].y)});
        }
        if (const int digit = b_digits[place]; digit > 0) {
            total = sum(total, odd[digit / 2]);
        } else if (digit < 0) {
            const Point& other = odd[-digit / 2];
            total = sum(total, Point{other.x, negated(other.y), other.z});
        }
    }
    return total;
}

// Whether (r, s) is a signature over the hash by the key (x, y); all are numbers as they come (EIP-7951,
// specification).
inline bool verify(const u256& hash, const u256& r, const u256& s, const u256& x, const u256& y) {
    constexpr u256 n = ScalarField::MODULUS;
    if (r.is_zero() || r >= n || s.is_zero() || s >= n) return false;
    if (x >= F::MODULUS || y >= F::MODULUS) return false;
    // On the curve y² = x³ - 3 x + b, which (0, 0), the encoding of infinity, is not.
    const Affine key{into<F>(x), into<F>(y)};
    static const u256 b = into<F>({0x3BCE3C3E27D2604B, 0x651D06B0CC53B0F6, 0xB3EBBD55769886BC, 0x5AC635D8AA3A93E7});
    const u256 three = add<F>(add<F>(ONE, ONE), ONE);
    const u256 right = add<F>(multiply<F>(subtract<F>(square<F>(key.x), three), key.x), b);
    if (square<F>(key.y) != right) return false;

    // Of Montgomery's product one factor is in its form and one is not, so the result is not.
    const u256 inverse = invert<ScalarField>(into<ScalarField>(s));
    const u256 reduced_hash = hash >= n ? hash - n : hash;
    const u256 a = multiply<ScalarField>(reduced_hash, inverse);
    const u256 c = multiply<ScalarField>(r, inverse);
    const Point point = sum_of_multiples(a, c, key);
    if (point.z.is_zero()) return false;
    // Whether r is the point's x = X / Z² modulo n: x is r or, where that is in the field, r + n.
    const u256 zz = square<F>(point.z);
    if (multiply<F>(into<F>(r), zz) == point.x) return true;
    u256 other;
    return !add_overflows(r, n, other) && other < F::MODULUS && multiply<F>(into<F>(other), zz) == point.x;
}

}  // namespace samestate::evm::p256

namespace samestate::evm {

// Input: hash, r, s, and the key's x and y, 32 bytes each. Output: 1 in 32 bytes for a good signature, else nothing.
inline bool run_p256_verify(const uint8_t* input, size_t length, Output& output) {
    output.clear();
    if (length != 160) return true;
    if (p256::verify(u256::load_be(input), u256::load_be(input + 32), u256::load_be(input + 64), u256::load_be(input + 96),
                     u256::load_be(input + 128)))
        output.assign(u256{1});
    return true;
}

}  // namespace samestate::evm

#endif
