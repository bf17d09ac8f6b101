// Signatures of ed25519, by the strict rules that Solana's runtime has them verified by (`verify_strict` of ed25519-dalek).
//
// A signature R, S of a message by a key A is valid where S is below L, A and R decode to points of which neither has small
// order, and S B = R + h A, with h = SHA-512(R, A, message) modulo L; not only up to a factor of 8, so that what is valid does not
// depend on who asks. RFC 8032, section 5.1.7, leaves all of this open but the equation.

#ifndef SAMESTATE_SVM_ED25519_HPP
#define SAMESTATE_SVM_ED25519_HPP

#include "samestate/optimized/svm/edwards25519.hpp"
#include "samestate/optimized/svm/scalar25519.hpp"
#include "samestate/optimized/words/sha512.hpp"

namespace samestate::svm {

namespace ed25519 {

// h of the equation.
inline Scalar challenge(const uint8_t* signature, const uint8_t* key, const uint8_t* message, size_t length) {
    uint8_t digest[64];
    Sha512().update(signature, 32).update(key, 32).update(message, length).finish(digest);
    return scalar::reduce_bytes(digest);
}

// s B - h A.
inline Point difference(const Scalar& s, const Scalar& h, const Point& a) {
    int8_t base_digits[256], key_digits[256];
    scalar::to_sparse_digits(s, 8, base_digits);
    scalar::to_sparse_digits(h, 5, key_digits);
    Addend odd[8];  // a, 3 a, … 15 a
    odd[0] = point::to_addend(a);
    const Addend two = point::to_addend(point::twice(a));
    Point last = a;
    for (int i = 1; i < 8; ++i) {
        last = point::add(last, two);
        odd[i] = point::to_addend(last);
    }
    const BaseTable& base = base_table();
    int place = 255;
    while (place > 0 && base_digits[place] == 0 && key_digits[place] == 0) --place;
    Point sum = NEUTRAL;
    for (; place >= 0; --place) {
        const int base_digit = base_digits[place], key_digit = key_digits[place];
        sum = point::twice(sum, base_digit != 0 || key_digit != 0);
        if (key_digit > 0) sum = point::subtract(sum, odd[key_digit / 2]);
        if (key_digit < 0) sum = point::add(sum, odd[-key_digit / 2]);
        if (base_digit > 0) sum = point::add(sum, base.multiple[base_digit - 1]);
        if (base_digit < 0) sum = point::subtract(sum, base.multiple[-base_digit - 1]);
    }
    return sum;
}

// Says whether a signature of 64 bytes by a key of 32 bytes is valid. Any thread may call it.
inline bool verify(const uint8_t* signature, const uint8_t* key, const uint8_t* message, size_t length) {
    const Scalar s = scalar::load(signature + 32);
    if (!scalar::is_below_order(s)) return false;
    Point a, r;
    if (!point::decode(key, a) || !point::decode(signature, r) || point::is_small(a.y) || point::is_small(r.y)) return false;
    return point::is_equal(difference(s, challenge(signature, key, message, length), a), r);
}

}  // namespace ed25519

}  // namespace samestate::svm

#endif
