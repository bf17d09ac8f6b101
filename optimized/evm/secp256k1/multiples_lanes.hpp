// Tables of multiples, and how lanes add what their digits say: of the generator there are two tables for all, of each signature's point one a lane.

#ifndef SAMESTATE_EVM_SECP256K1_MULTIPLES_LANES_HPP
#define SAMESTATE_EVM_SECP256K1_MULTIPLES_LANES_HPP

#include <memory>

#include "samestate/optimized/evm/secp256k1/digits.hpp"
#include "samestate/optimized/evm/secp256k1/point_lanes.hpp"
#include "samestate/optimized/evm/secp256k1/points.hpp"

#if defined(__x86_64__)

namespace samestate::evm::secp256k1::lanes {

inline constexpr int BASE_WIDTH = 10, POINT_WIDTH = 4;
using BaseDigits = Digits8<BASE_WIDTH>;
using PointDigits = Digits8<POINT_WIDTH>;

// Of the generator and of 2^128 times it, 64 KB. `start` is 2^200 times the generator: what sums begin with so that none begins at infinity; `end` takes away
// again what 128 doublings make of it.
struct BaseTables {
    static constexpr size_t ENTRIES = BaseDigits::HALF;

    Affine multiples[2][ENTRIES];
    Affine start, end;

    BaseTables() {
        const Affine upper = points::twice(GENERATOR, 128);
        points::multiples(GENERATOR, BASE_WIDTH - 1, multiples[0]);
        points::multiples(upper, BASE_WIDTH - 1, multiples[1]);
        start = points::twice(upper, 72);
        end = points::twice(start, 128);
        end.y = CoordinatePrime::MODULUS - end.y;
    }
};

// Made when it is first needed, in some milliseconds; then somebody else waits.
inline const BaseTables& base_tables() {
    static const std::unique_ptr<const BaseTables> tables(new BaseTables());
    return *tables;
}

// The multiples 1 to 8 of a point, on a curve of their own: with z² and z³ times the coordinates of the one that the point is on. So they are affine, and no
// reciprocal is needed. In the second place of x, those of λ times the point, which have the same y.
struct PointTable8 {
    static constexpr int ENTRIES = PointDigits::HALF;

    Field8 x[2][ENTRIES], y[ENTRIES];
    Field8 z;
};

SAMESTATE_IFMA inline void make_table(const Affine8& point, PointTable8& table) {
    constexpr int LAST = PointTable8::ENTRIES - 1;
    Point8 multiples[LAST + 1];
    Field8 h[LAST + 1];  // from each Z to the next, from the third on
    multiples[0] = {point.x, point.y, same_number(u256(1))};
    multiples[1] = multiples[0];
    twice(multiples[1]);
    for (int i = 2; i <= LAST; ++i) {
        multiples[i] = multiples[i - 1];
        h[i] = add_scaled(multiples[i], point, 0, multiples[i - 1].z);
    }
    table.z = multiples[LAST].z;
    table.x[0][LAST] = multiples[LAST].x;
    table.y[LAST] = multiples[LAST].y;
    Field8 factor = h[LAST];  // from the Z of each to that of the last
    for (int i = LAST - 1; i >= 0; --i) {
        if (i == 0) factor = table.z;
        const Field8 squared = square(factor);
        table.x[0][i] = multiply(multiples[i].x, squared);
        table.y[i] = multiply(multiples[i].y, multiply(squared, factor));
        if (i > 1) factor = multiply(factor, h[i]);
    }
    const Field8 beta = same_number(BETA);
    for (int i = 0; i <= LAST; ++i) table.x[1][i] = multiply(table.x[0][i], beta);
}

// Adds to each lane the multiple of its point, or of λ times that, that its digit says.
SAMESTATE_IFMA inline void add_point(Point8& sum, const PointTable8& table, int which, const Digit8& digit) {
    Affine8 q{table.x[which][0], table.y[0]};
#pragma GCC unroll 7
    for (int i = 1; i < PointTable8::ENTRIES; ++i) {
        const __mmask8 is_this = _mm512_cmpeq_epi64_mask(digit.size, same(static_cast<uint64_t>(i) + 1));
        take(q.x, table.x[which][i], is_this);
        take(q.y, table.y[i], is_this);
    }
    add_where(sum, q, digit.is_negative, digit.is_any, sum.z);
}

// Adds to each lane the multiple of the generator, or of 2^128 times that, that its digit says. `table_z`: of the curve that the lanes' sums are on.
SAMESTATE_IFMA inline void add_base(Point8& sum, const Affine* multiples, const Field8& table_z, const Digit8& digit) {
    static_assert(sizeof(Affine) == 64, "eight words lie between two multiples");
    const __m512i place = _mm512_mask_sub_epi64(digit.size, digit.is_any, digit.size, same(1));  // of no multiple the first one, which is not added
    const __m512i from = shifted_left(place, 3);
    Words8 x, y;
    for (int i = 0; i < 4; ++i) {
        x.w[i] = ifma::gathered(from, multiples[0].x.w + i);
        y.w[i] = ifma::gathered(from, multiples[0].y.w + i);
    }
    add_where(sum, {from_words(x), from_words(y)}, digit.is_negative, digit.is_any, multiply(sum.z, table_z));
}

}  // namespace samestate::evm::secp256k1::lanes

#endif

#endif
