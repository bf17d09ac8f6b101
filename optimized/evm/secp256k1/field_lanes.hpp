// Coordinates of points on secp256k1, modulo p = 2^256 - 2^32 - 977: eight numbers at once, one a lane.
//
// A number has five limbs of 52 bits. *Multiples*, below, says of a number that it is less than so many times 2^256 (and a little): a product's is 1, a sum's
// the sum of both. At most 15 fit, since what is multiplied has to be below 2^260 with every limb below 2^52; sums and differences are brought into that
// form by `carried`, once an expression and not once an operation, so limbs may be large, and below zero, in between.

#ifndef SAMESTATE_EVM_SECP256K1_FIELD_LANES_HPP
#define SAMESTATE_EVM_SECP256K1_FIELD_LANES_HPP

#include "samestate/optimized/evm/secp256k1/residues.hpp"
#include "samestate/optimized/words/ifma.hpp"

#if defined(__x86_64__)

namespace samestate::evm::secp256k1 {

using ifma::same;
using ifma::shifted_left;
using ifma::shifted_right;
using ifma::shifted_right_signed;
using ifma::WIDTH;

struct Field8 {
    __m512i v[5];
};

namespace lanes {

inline constexpr uint64_t MASK = (uint64_t{1} << 52) - 1, MASK_TOP = (uint64_t{1} << 48) - 1;
// 2^256 and 2^260 modulo p.
inline constexpr uint64_t ABOVE_256 = 0x1000003D1, ABOVE_260 = ABOVE_256 << 4;
// The limbs of p.
inline constexpr uint64_t P[5] = {0xFFFFEFFFFFC2F, MASK, MASK, MASK, MASK_TOP};

// Moves what limbs have beyond 52 bits on, a limb below zero borrowing; the highest keeps all. The number must not be below zero.
SAMESTATE_IFMA_INSIDE Field8 carried(Field8 a) {
    const __m512i mask = same(MASK);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        a.v[i + 1] = a.v[i + 1] + shifted_right_signed(a.v[i], 52);
        a.v[i] = a.v[i] & mask;
    }
    return a;
}

// Sums limb by limb, not carried.
SAMESTATE_IFMA_INSIDE Field8 operator+(const Field8& a, const Field8& b) {
    return {{a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2], a.v[3] + b.v[3], a.v[4] + b.v[4]}};
}
SAMESTATE_IFMA_INSIDE Field8 operator-(const Field8& a, const Field8& b) {
    return {{a.v[0] - b.v[0], a.v[1] - b.v[1], a.v[2] - b.v[2], a.v[3] - b.v[3], a.v[4] - b.v[4]}};
}
SAMESTATE_IFMA_INSIDE Field8 operator<<(const Field8& a, int bits) {
    return {{shifted_left(a.v[0], bits), shifted_left(a.v[1], bits), shifted_left(a.v[2], bits), shifted_left(a.v[3], bits),
             shifted_left(a.v[4], bits)}};
}
// So many times p: what is added where something of fewer multiples is subtracted.
template <uint64_t TIMES>
SAMESTATE_IFMA_INSIDE Field8 p_times() {
    return {{same(TIMES * P[0]), same(TIMES * P[1]), same(TIMES * P[2]), same(TIMES * P[3]), same(TIMES * P[4])}};
}

// Ten limbs that are waiting to be reduced: of each, low halves of products and high ones, which belong to the limb above.
struct Product8 {
    __m512i low[9], high[9];
};

SAMESTATE_IFMA_INSIDE Product8 nothing() {
    Product8 t;
    for (int i = 0; i < 9; ++i) t.low[i] = t.high[i] = _mm512_setzero_si512();
    return t;
}

SAMESTATE_IFMA_INSIDE void add_product(Product8& t, const Field8& a, const Field8& b) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; ++i) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; ++j) {
            t.low[i + j] = _mm512_madd52lo_epu64(t.low[i + j], a.v[i], b.v[j]);
            t.high[i + j] = _mm512_madd52hi_epu64(t.high[i + j], a.v[i], b.v[j]);
        }
    }
}

// Of one multiple. All limbs here stay below 2^58.
SAMESTATE_IFMA_INSIDE Field8 reduced(const Product8& t) {
    __m512i limbs[10];
    limbs[0] = t.low[0];
#pragma GCC unroll 8
    for (int i = 1; i < 9; ++i) limbs[i] = t.low[i] + t.high[i - 1];
    limbs[9] = t.high[8];
    // The upper five count 2^260 times; what each has above 52 bits belongs to the next one, and above the last one nothing can lie.
    const __m512i r = same(ABOVE_260), zero = _mm512_setzero_si512();
    __m512i more[6] = {zero, zero, zero, zero, zero, zero};
#pragma GCC unroll 5
    for (int i = 0; i < 5; ++i) {
        limbs[i] = _mm512_madd52lo_epu64(limbs[i], limbs[i + 5], r);
        more[i + 1] = _mm512_madd52hi_epu64(more[i + 1], limbs[i + 5], r);
        if (i < 4) more[i + 1] = _mm512_madd52lo_epu64(more[i + 1], shifted_right(limbs[i + 5], 52), r);
    }
    Field8 sum;
#pragma GCC unroll 5
    for (int i = 0; i < 5; ++i) sum.v[i] = i == 0 ? limbs[0] : limbs[i] + more[i];
    // What lies above 2^256 now is less than 2^42.
    const __m512i above = shifted_right(sum.v[4], 48) + shifted_left(more[5], 4), r256 = same(ABOVE_256);
    sum.v[4] = sum.v[4] & same(MASK_TOP);
    sum.v[0] = _mm512_madd52lo_epu64(sum.v[0], above, r256);
    sum.v[1] = _mm512_madd52hi_epu64(sum.v[1], above, r256);
    return carried(sum);
}

SAMESTATE_IFMA_INSIDE Field8 multiply(const Field8& a, const Field8& b) {
    Product8 t = nothing();
    add_product(t, a, b);
    return reduced(t);
}

// a b + c d.
SAMESTATE_IFMA_INSIDE Field8 multiply_and_add(const Field8& a, const Field8& b, const Field8& c, const Field8& d) {
    Product8 t = nothing();
    add_product(t, a, b);
    add_product(t, c, d);
    return reduced(t);
}

SAMESTATE_IFMA_INSIDE Field8 square(const Field8& a) {
    Product8 t = nothing();
#pragma GCC unroll 5
    for (int i = 0; i < 5; ++i) {
#pragma GCC unroll 5
        for (int j = i + 1; j < 5; ++j) {
            t.low[i + j] = _mm512_madd52lo_epu64(t.low[i + j], a.v[i], a.v[j]);
            t.high[i + j] = _mm512_madd52hi_epu64(t.high[i + j], a.v[i], a.v[j]);
        }
    }
#pragma GCC unroll 9
    for (int i = 1; i < 8; ++i) {
        t.low[i] = t.low[i] + t.low[i];
        t.high[i] = t.high[i] + t.high[i];
    }
#pragma GCC unroll 5
    for (int i = 0; i < 5; ++i) {
        t.low[2 * i] = _mm512_madd52lo_epu64(t.low[2 * i], a.v[i], a.v[i]);
        t.high[2 * i] = _mm512_madd52hi_epu64(t.high[2 * i], a.v[i], a.v[i]);
    }
    return reduced(t);
}

SAMESTATE_IFMA_INSIDE Field8 same_number(const u256& a) {
    return {{same(a.w[0] & MASK), same((a.w[0] >> 52 | a.w[1] << 12) & MASK), same((a.w[1] >> 40 | a.w[2] << 24) & MASK),
             same((a.w[2] >> 28 | a.w[3] << 36) & MASK), same(a.w[3] >> 16)}};
}

// The smallest number that is as much modulo p, of a product.
SAMESTATE_IFMA_INSIDE Field8 canonical(Field8 a) {
    // Below 2^256 + 2^215: what is above 2^256 is at most 1, and not 1 once more afterwards.
    __m512i above = shifted_right(a.v[4], 48);
    a.v[4] = a.v[4] & same(MASK_TOP);
    a.v[0] = _mm512_madd52lo_epu64(a.v[0], above, same(ABOVE_256));
    a = carried(a);
    // It is p or more if with 2^256 - p it is 2^256 or more, and then that is what remains.
    Field8 less = a;
    less.v[0] = less.v[0] + same(ABOVE_256);
    less = carried(less);
    const __mmask8 is_less = _mm512_test_epi64_mask(less.v[4], same(~MASK_TOP));
    less.v[4] = less.v[4] & same(MASK_TOP);
    for (int i = 0; i < 5; ++i) a.v[i] = _mm512_mask_blend_epi64(is_less, a.v[i], less.v[i]);
    return a;
}

// Where a canonical number is zero, or the difference of two that was not carried.
SAMESTATE_IFMA_INSIDE __mmask8 is_zero(const Field8& a) {
    const __m512i any = a.v[0] | a.v[1] | a.v[2] | a.v[3] | a.v[4];
    return _mm512_testn_epi64_mask(any, any);
}

// Eight numbers below 2^256 as words, the lowest of all lanes first; and back, which takes canonical ones.
struct Words8 {
    __m512i w[4];
};

SAMESTATE_IFMA_INSIDE Field8 from_words(const Words8& a) {
    const __m512i mask = same(MASK);
    return {{a.w[0] & mask, (shifted_right(a.w[0], 52) | shifted_left(a.w[1], 12)) & mask,
             (shifted_right(a.w[1], 40) | shifted_left(a.w[2], 24)) & mask,
             (shifted_right(a.w[2], 28) | shifted_left(a.w[3], 36)) & mask, shifted_right(a.w[3], 16)}};
}

SAMESTATE_IFMA_INSIDE Words8 to_words(const Field8& a) {
    return {{a.v[0] | shifted_left(a.v[1], 52), shifted_right(a.v[1], 12) | shifted_left(a.v[2], 40),
             shifted_right(a.v[2], 24) | shifted_left(a.v[3], 28), shifted_right(a.v[3], 36) | shifted_left(a.v[4], 16)}};
}

// One number a lane, to and from where each lies by itself.
SAMESTATE_IFMA inline void gather(const u256* numbers, Words8& a) {
    alignas(64) uint64_t words[4][WIDTH];
    for (size_t lane = 0; lane < WIDTH; ++lane)
        for (int i = 0; i < 4; ++i) words[i][lane] = numbers[lane].w[i];
    for (int i = 0; i < 4; ++i) a.w[i] = _mm512_load_si512(words[i]);
}

SAMESTATE_IFMA inline void scatter(const Words8& a, u256* numbers) {
    alignas(64) uint64_t words[4][WIDTH];
    for (int i = 0; i < 4; ++i) _mm512_store_si512(words[i], a.w[i]);
    for (size_t lane = 0; lane < WIDTH; ++lane)
        for (int i = 0; i < 4; ++i) numbers[lane].w[i] = words[i][lane];
}

}  // namespace lanes

}  // namespace samestate::evm::secp256k1

#endif

#endif
