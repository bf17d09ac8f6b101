// Points of the curve of ed25519: -x² + y² = 1 + d x² y² modulo 2^255 - 19, whose order is 8 times a prime L.
//
// Formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited" (2008). They are complete: no point is a
// special case. Everything here is public, so time may depend on it.

#ifndef SAMESTATE_SIGNATURES_EDWARDS25519_HPP
#define SAMESTATE_SIGNATURES_EDWARDS25519_HPP

#include "samestate/optimized/signatures/field25519.hpp"

namespace samestate::signatures {

// x = X / Z, y = Y / Z, and T = X Y / Z.
struct Point {
    Field x, y, z, t;
};

// A point in the form in which it is added to others: y + x, y - x, and 2 d x y; with Z, all are times Z.
struct AffineAddend {
    Field sum, difference, product;
};
struct Addend {
    Field sum, difference, product, twice_z;
};

inline constexpr Point NEUTRAL{field::ZERO, field::ONE, field::ONE, field::ZERO};

// The point of which every key is a multiple.
inline constexpr Field BASE_X{{0x62D608F25D51A, 0x412A4B4F6592A, 0x75B7171A4B31D, 0x1FF60527118FE, 0x216936D3CD6E5}};
inline constexpr Field BASE_Y{{0x6666666666658, 0x4CCCCCCCCCCCC, 0x1999999999999, 0x3333333333333, 0x6666666666666}};

namespace point {

using namespace field;

// The sum of what four products of halves came to: e = b - a, f = d - c, g = d + c, h = b + a.
inline Point from_parts(const Field& e, const Field& f, const Field& g, const Field& h) {
    return {multiply(e, f), multiply(g, h), multiply(f, g), multiply(e, h)};
}

inline Addend to_addend(const Point& p) {
    return {field::add(p.y, p.x), field::subtract(p.y, p.x), multiply(p.t, TWO_D), field::add(p.z, p.z)};
}

inline Point add(const Point& p, const Addend& q) {
    const Field a = multiply(field::subtract(p.y, p.x), q.difference);
    const Field b = multiply(field::add(p.y, p.x), q.sum);
    const Field c = multiply(p.t, q.product);
    const Field d = multiply(p.z, q.twice_z);
    return from_parts(field::subtract(b, a), field::subtract(d, c), field::add(d, c), field::add(b, a));
}

inline Point subtract(const Point& p, const Addend& q) {
    const Field a = multiply(field::subtract(p.y, p.x), q.sum);
    const Field b = multiply(field::add(p.y, p.x), q.difference);
    const Field c = multiply(p.t, q.product);
    const Field d = multiply(p.z, q.twice_z);
    return from_parts(field::subtract(b, a), field::add(d, c), field::subtract(d, c), field::add(b, a));
}

inline Point add(const Point& p, const AffineAddend& q) {
    const Field a = multiply(field::subtract(p.y, p.x), q.difference);
    const Field b = multiply(field::add(p.y, p.x), q.sum);
    const Field c = multiply(p.t, q.product);
    const Field d = field::add(p.z, p.z);
    return from_parts(field::subtract(b, a), field::subtract(d, c), field::add(d, c), field::add(b, a));
}

inline Point subtract(const Point& p, const AffineAddend& q) {
    const Field a = multiply(field::subtract(p.y, p.x), q.sum);
    const Field b = multiply(field::add(p.y, p.x), q.difference);
    const Field c = multiply(p.t, q.product);
    const Field d = field::add(p.z, p.z);
    return from_parts(field::subtract(b, a), field::add(d, c), field::subtract(d, c), field::add(b, a));
}

// The T of the argument is not looked at; that of the result is made where it is wanted.
inline Point twice(const Point& p, bool with_t = true) {
    const Field a = square(p.x);
    const Field b = square(p.y);
    const Field half = square(p.z);
    const Field h = field::add(a, b);
    const Field e = field::subtract(h, square(field::add(p.x, p.y)));
    const Field g = field::subtract(a, b);
    const Field f = field::add(field::add(half, half), g);
    // All four with the other sign than in the paper, which makes no difference.
    return {multiply(e, f), multiply(g, h), multiply(f, g), with_t ? multiply(e, h) : ZERO};
}

// Says whether 32 bytes encode a point, and gives it: y and the sign of x. As dalek decodes, y may be p or more, and x may be 0 with
// a sign. x² = (y² - 1) / (d y² + 1) is tried as (u v³) (u v⁷)^((p-5)/8), which is a root of it or of its negative, if either has one
// (RFC 8032, section 5.1.3).
inline bool decode(const uint8_t* bytes, Point& p) {
    p.y = load(bytes);
    p.z = ONE;
    const Field y2 = square(p.y);
    const Field u = field::subtract(y2, ONE);
    const Field v = field::add(multiply(y2, D), ONE);
    const Field v3 = multiply(square(v), v);
    const Field uv7 = multiply(multiply(square(v3), v), u);
    Field x = multiply(multiply(v3, u), power_of_root(uv7));
    const Field check = multiply(square(x), v);
    if (!is_equal(check, u)) {
        if (!is_zero(field::add(check, u))) return false;
        x = multiply(x, ROOT_OF_MINUS_ONE);
    }
    if (is_odd(x) != (bytes[31] >> 7)) x = multiply(negate(x), ONE);
    p.x = x;
    p.t = multiply(x, p.y);
    return true;
}

inline void encode(const Point& p, uint8_t* bytes) {
    const Field reciprocal = invert(p.z);
    store(multiply(p.y, reciprocal), bytes);
    bytes[31] = static_cast<uint8_t>(bytes[31] | is_odd(multiply(p.x, reciprocal)) << 7);
}

inline bool is_neutral(const Point& p) { return is_zero(p.x) && is_equal(p.y, p.z); }

inline bool is_equal(const Point& p, const Point& q) {
    return field::is_equal(multiply(p.x, q.z), multiply(q.x, p.z)) &&
           field::is_equal(multiply(p.y, q.z), multiply(q.y, p.z));
}

// The y of two of the four points of order 8; the other two have its negative.
inline constexpr Field Y_OF_ORDER_8{{0x7B2C28F95E826, 0x6513E9868B604, 0x6B37F57C263BF, 0x4589C99E36982, 0x05FC536D88023}};

// Whether y is that of one of the eight points that 8 takes to the neutral one. All of them are there with both signs of x.
inline bool is_small(const Field& y) {
    uint8_t bytes[32];
    store(y, bytes);
    static const struct Known {
        uint8_t bytes[5][32];
        Known() {
            const Field minus_one = negate(ONE), other = negate(Y_OF_ORDER_8);
            const Field* known[5] = {&ZERO, &ONE, &minus_one, &Y_OF_ORDER_8, &other};
            for (int i = 0; i < 5; ++i) store(*known[i], bytes[i]);
        }
    } known;
    for (const auto& encoded : known.bytes)
        if (std::memcmp(bytes, encoded, 32) == 0) return true;
    return false;
}

}  // namespace point

// Multiples of a point, 1 to 128 times, to be added.
struct BaseTable {
    static constexpr int SIZE = 128;
    AffineAddend multiple[SIZE];

    // Of the base point times a power of two.
    explicit BaseTable(int doublings) {
        Point points[SIZE];
        points[0] = {BASE_X, BASE_Y, field::ONE, field::multiply(BASE_X, BASE_Y)};
        for (; doublings > 0; --doublings) points[0] = point::twice(points[0]);
        const Addend base = point::to_addend(points[0]);
        for (int i = 1; i < SIZE; ++i) points[i] = point::add(points[i - 1], base);
        for (int i = 0; i < SIZE; ++i) {
            const Field reciprocal = field::invert(points[i].z);
            const Field x = field::multiply(points[i].x, reciprocal), y = field::multiply(points[i].y, reciprocal);
            // Reduced, so that they can be multiplied in any form.
            multiple[i] = {field::multiply(field::add(y, x), field::ONE), field::multiply(field::subtract(y, x), field::ONE),
                           field::multiply(field::multiply(x, y), field::TWO_D)};
        }
    }
};

// Those of the base point, made when they are first asked for.
inline const BaseTable& base_table() {
    static const BaseTable table(0);
    return table;
}

// Those of 2^127 times the base point.
inline const BaseTable& upper_base_table() {
    static const BaseTable table(127);
    return table;
}

}  // namespace samestate::signatures

#endif
