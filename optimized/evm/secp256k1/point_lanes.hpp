// Points of secp256k1, eight at once, one a lane: X, Y, Z with x = X / Z² and y = Y / Z³.
//
// The sums are incomplete: of a point and itself or its negative they make what has Z = 0, and from there on every sum and double has Z = 0 too; no other
// has, since no point but infinity has y = 0. So whoever adds looks at Z once, at the end: where it is not 0 no sum was of such points.

#ifndef SAMESTATE_EVM_SECP256K1_POINT_LANES_HPP
#define SAMESTATE_EVM_SECP256K1_POINT_LANES_HPP

#include "samestate/optimized/evm/secp256k1/field_lanes.hpp"

#if defined(__x86_64__)

namespace samestate::evm::secp256k1::lanes {

// X has at most 10 multiples, Y and Z one.
struct Point8 {
    Field8 x, y, z;
};
struct Affine8 {
    Field8 x, y;
};

// p becomes 2 p (with M = 3 X², S = X Y²: X' = M² - 8 S, Y' = M (4 S - X') - 8 Y⁴, Z' = 2 Y Z).
SAMESTATE_IFMA_INSIDE void twice(Point8& p) {
    const Field8 xx = square(p.x);
    const Field8 yy = square(p.y);
    const Field8 s = multiply(p.x, yy);
    const Field8 m = carried((xx << 1) + xx);
    const Field8 mm = square(m);
    const Field8 less_x = carried((s << 3) + (s << 2) - mm + p_times<2>());  // 4 S - X'
    const Field8 less_yy = carried(p_times<9>() - (yy << 3));
    p.z = multiply(carried(p.y << 1), p.z);
    p.x = carried(mm - (s << 3) + p_times<9>());
    p.y = multiply_and_add(m, less_x, less_yy, yy);
}

// p becomes p + q, or p - q in these lanes (H = x Z² - X, R = ± y Z³ - Y, V = X H²: X' = R² - H³ - 2 V, Y' = R (V - X') - Y H³, Z' = Z H), of a q
// whose coordinates are on the curve that `z` makes of the one of p by its square and cube. Gives H.
SAMESTATE_IFMA_INSIDE Field8 add_scaled(Point8& p, const Affine8& q, __mmask8 is_negative, const Field8& z) {
    const Field8 zz = square(z);
    const Field8 zzz = multiply(z, zz);
    const Field8 h = carried(multiply(q.x, zz) - p.x + p_times<11>());
    Field8 s = multiply(q.y, zzz);
    for (int i = 0; i < 5; ++i) s.v[i] = _mm512_mask_sub_epi64(s.v[i], is_negative, _mm512_setzero_si512(), s.v[i]);
    const Field8 r = carried(s - p.y + p_times<3>());
    const Field8 hh = square(h);
    const Field8 hhh = multiply(h, hh);
    const Field8 v = multiply(p.x, hh);
    const Field8 rr = square(r);
    const Field8 less_x = carried((v << 1) + v + hhh - rr + p_times<2>());  // V - X'
    const Field8 less_y = carried(p_times<2>() - p.y);
    p.z = multiply(p.z, h);
    p.x = carried(rr - hhh - (v << 1) + p_times<4>());
    p.y = multiply_and_add(r, less_x, less_y, hhh);
    return h;
}

// Takes over the lanes of a mask.
SAMESTATE_IFMA_INSIDE void take(Field8& a, const Field8& b, __mmask8 mask) {
    for (int i = 0; i < 5; ++i) a.v[i] = _mm512_mask_blend_epi64(mask, a.v[i], b.v[i]);
}

SAMESTATE_IFMA_INSIDE void add_where(Point8& p, const Affine8& q, __mmask8 is_negative, __mmask8 where, const Field8& z) {
    Point8 sum = p;
    add_scaled(sum, q, is_negative, z);
    take(p.x, sum.x, where);
    take(p.y, sum.y, where);
    take(p.z, sum.z, where);
}

// a to the 2^times.
SAMESTATE_IFMA inline void square_often(Field8& a, int times) {
    Field8 power = a;
    for (; times > 0; --times) power = square(power);
    a = power;
}

SAMESTATE_IFMA_INSIDE Field8 square(const Field8& a, int times) {
    Field8 power = a;
    square_often(power, times);
    return power;
}

// a to the (p + 1) / 4, a root of a where it has one: 223 ones, a zero, 22 ones, four zeros, two ones, two zeros.
SAMESTATE_IFMA inline void root(const Field8& a, Field8& result) {
    const Field8 ones2 = multiply(square(a), a);
    const Field8 ones3 = multiply(square(ones2), a);
    const Field8 ones6 = multiply(square(ones3, 3), ones3);
    const Field8 ones9 = multiply(square(ones6, 3), ones3);
    const Field8 ones11 = multiply(square(ones9, 2), ones2);
    const Field8 ones22 = multiply(square(ones11, 11), ones11);
    const Field8 ones44 = multiply(square(ones22, 22), ones22);
    const Field8 ones88 = multiply(square(ones44, 44), ones44);
    const Field8 ones176 = multiply(square(ones88, 88), ones88);
    const Field8 ones220 = multiply(square(ones176, 44), ones44);
    const Field8 ones223 = multiply(square(ones220, 3), ones3);
    result = square(multiply(square(multiply(square(ones223, 23), ones22), 6), ones2), 2);
}

}  // namespace samestate::evm::secp256k1::lanes

#endif

#endif
