// Points of secp256k1 one at a time, as far as tables of the generator need them: y² = x³ + 7 (SEC 2, 2.4.1).

#ifndef SAMESTATE_EVM_SECP256K1_POINTS_HPP
#define SAMESTATE_EVM_SECP256K1_POINTS_HPP

#include <vector>

#include "samestate/optimized/evm/secp256k1/residues.hpp"

namespace samestate::evm::secp256k1 {

struct Affine {
    u256 x, y;
};

inline constexpr Affine GENERATOR{{0x59F2815B16F81798, 0x029BFCDB2DCE28D9, 0x55A06295CE870B07, 0x79BE667EF9DCBBAC},
                                  {0x9C47D08FFB10D4B8, 0xFD17B448A6855419, 0x5DA4FBFC0E1108A8, 0x483ADA7726A3C465}};

namespace points {

using P = CoordinatePrime;

// What a line of a slope through p and another point of that x makes of the two.
inline Affine on_line(const u256& slope, const Affine& p, const u256& other_x) {
    using namespace residues;
    const u256 x = subtract<P>(subtract<P>(multiply<P>(slope, slope), p.x), other_x);
    return {x, subtract<P>(multiply<P>(slope, subtract<P>(p.x, x)), p.y)};
}

inline Affine twice(const Affine& p) {
    using namespace residues;
    const u256 squared = multiply<P>(p.x, p.x);
    const u256 slope = multiply<P>(add<P>(add<P>(squared, squared), squared), invert<P>(add<P>(p.y, p.y)));
    return on_line(slope, p, p.x);
}

inline Affine twice(Affine p, int times) {
    for (; times > 0; --times) p = twice(p);
    return p;
}

// Of two points with different x.
inline Affine sum(const Affine& p, const Affine& q) {
    using namespace residues;
    return on_line(multiply<P>(subtract<P>(q.y, p.y), invert<P>(subtract<P>(q.x, p.x))), p, q.x);
}

// The multiples 1 to 2^bits of a point, doubled in number at a time: one reciprocal serves each time (Montgomery).
inline void multiples(const Affine& p, int bits, Affine* target) {
    using namespace residues;
    target[0] = p;
    std::vector<u256> products;
    for (size_t count = 1; count < size_t{1} << bits; count *= 2) {
        // (count + 1 + i) p is the sum of count p and (1 + i) p; the last one is twice count p.
        const Affine last = target[count - 1];
        target[2 * count - 1] = twice(last);
        products.assign(1, u256(1));
        for (size_t i = 0; i + 1 < count; ++i) products.push_back(multiply<P>(products[i], subtract<P>(target[i].x, last.x)));
        u256 reciprocal = invert<P>(products[count - 1]);
        for (size_t i = count - 1; i-- > 0;) {
            const u256 own = multiply<P>(reciprocal, products[i]);
            reciprocal = multiply<P>(reciprocal, subtract<P>(target[i].x, last.x));
            target[count + i] = on_line(multiply<P>(subtract<P>(target[i].y, last.y), own), last, target[i].x);
        }
    }
}

}  // namespace points

}  // namespace samestate::evm::secp256k1

#endif
