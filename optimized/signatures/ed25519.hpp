// Signatures of ed25519, by strict rules: those that Solana's runtime has them verified by (`verify_strict` of ed25519-dalek).
//
// A signature R, S of a message by a key A is valid where S is below L, A and R decode to points of which neither has small
// order, and S B = R + h A, with h = SHA-512(R, A, message) modulo L; not only up to a factor of 8, so that what is valid does not
// depend on who asks. RFC 8032, section 5.1.7, leaves all of this open but the equation.

#ifndef SAMESTATE_SIGNATURES_ED25519_HPP
#define SAMESTATE_SIGNATURES_ED25519_HPP

#include "samestate/optimized/signatures/edwards25519.hpp"
#include "samestate/optimized/signatures/scalar25519.hpp"
#include "samestate/optimized/words/sha512.hpp"

namespace samestate::signatures {

namespace ed25519 {

// h of the equation.
inline Scalar challenge(const uint8_t* signature, const uint8_t* key, const uint8_t* message, size_t length) {
    uint8_t digest[64];
    Sha512().update(signature, 32).update(key, 32).update(message, length).finish(digest);
    return scalar::reduce_bytes(digest);
}

// The odd multiples of a point, up to 15 times.
struct OddMultiples {
    Addend odd[8];

    explicit OddMultiples(const Point& a) {
        odd[0] = point::to_addend(a);
        const Addend two = point::to_addend(point::twice(a));
        Point last = a;
        for (int i = 1; i < 8; ++i) {
            last = point::add(last, two);
            odd[i] = point::to_addend(last);
        }
    }

    // Adds as often as a digit says.
    void add_to(Point& sum, int digit) const {
        if (digit > 0) sum = point::add(sum, odd[digit / 2]);
        if (digit < 0) sum = point::subtract(sum, odd[-digit / 2]);
    }
};

// The same with a table of the base point.
inline void add_base(Point& sum, const BaseTable& base, int digit) {
    if (digit > 0) sum = point::add(sum, base.multiple[digit - 1]);
    if (digit < 0) sum = point::subtract(sum, base.multiple[-digit - 1]);
}

// Whether s B = h A + R. The difference of both sides is multiplied by an odd number v below L, which takes no point but the neutral one to the neutral
// one, such that v h is short modulo 8 L, the order of all points: so half of the doublings are enough, and nothing is lost for points that have a part of
// small order. After Antipa and others, "Accelerated verification of ECDSA signatures" (2005), and Pornin, "Optimized lattice basis reduction" (2020).
inline bool is_equation_true(const Scalar& s, const Scalar& h, const Point& a, const Point& r) {
    const scalar::Halves halves = scalar::halved(h);
    const Scalar factor = scalar::multiply(s, halves.v);
    // The lower 127 bits, and the others.
    const Scalar lower{{factor.w[0], factor.w[1] & ~(uint64_t{1} << 63), 0, 0}};
    const Scalar upper{{factor.w[1] >> 63 | factor.w[2] << 1, factor.w[2] >> 63 | factor.w[3] << 1, 0, 0}};
    int8_t lower_digits[256], upper_digits[256], key_digits[256], r_digits[256];
    scalar::to_sparse_digits(lower, 8, lower_digits);
    scalar::to_sparse_digits(upper, 8, upper_digits);
    scalar::to_sparse_digits(halves.u, 5, key_digits);
    scalar::to_sparse_digits(halves.v, 5, r_digits);
    const OddMultiples keys(a), rs(r);
    const int sign = halves.is_negative ? 1 : -1;
    const auto is_idle = [&](int place) {
        return (lower_digits[place] | upper_digits[place] | key_digits[place] | r_digits[place]) == 0;
    };
    int place = 255;
    while (place > 0 && is_idle(place)) --place;
    Point sum = NEUTRAL;
    for (; place >= 0; --place) {
        sum = point::twice(sum, !is_idle(place));
        keys.add_to(sum, sign * key_digits[place]);
        rs.add_to(sum, -r_digits[place]);
        add_base(sum, base_table(), lower_digits[place]);
        add_base(sum, upper_base_table(), upper_digits[place]);
    }
    return point::is_neutral(sum);
}

// Says whether a signature of 64 bytes by a key of 32 bytes is valid. Any thread may call it.
inline bool verify(const uint8_t* signature, const uint8_t* key, const uint8_t* message, size_t length) {
    const Scalar s = scalar::load(signature + 32);
    if (!scalar::is_below_order(s)) return false;
    Point a, r;
    if (!point::decode(key, a) || !point::decode(signature, r) || point::is_small(a.y) || point::is_small(r.y)) return false;
    return is_equation_true(s, challenge(signature, key, message, length), a, r);
}

}  // namespace ed25519

}  // namespace samestate::signatures

#endif
