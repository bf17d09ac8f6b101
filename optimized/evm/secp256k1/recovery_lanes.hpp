// Whose keys signed eight hashes: one a lane, on processors that multiply 52 bits by 52 in vectors (SEC 1, 4.1.6).
//
// The key is u1 G + u2 R, where R is the point that r and the parity name, u1 = -hash / r and u2 = s / r modulo the order. The eight numbers that have to be
// divided by share one reciprocal (Montgomery), once modulo the order and once modulo p. What a lane holds is only ever its own.

#ifndef SAMESTATE_EVM_SECP256K1_RECOVERY_LANES_HPP
#define SAMESTATE_EVM_SECP256K1_RECOVERY_LANES_HPP

#include <cstring>

#include "samestate/optimized/evm/secp256k1/multiples_lanes.hpp"
#include "samestate/optimized/evm/secp256k1/signed_hash.hpp"
#include "samestate/optimized/words/keccak_many.hpp"

#if defined(__x86_64__)

namespace samestate::evm::secp256k1 {

static_assert(EIGHT == WIDTH);

// u1, cut, and u2, split, of eight signatures.
struct Factors8 {
    lanes::BaseDigits base[2];
    lanes::PointDigits point[2];
};

// The reciprocals of eight numbers, none of which is a multiple of the prime.
template <class Prime>
inline void invert_all(const u256* numbers, u256* reciprocals) {
    u256 products[WIDTH];  // of all before
    u256 product{1};
    for (size_t i = 0; i < WIDTH; ++i) {
        products[i] = product;
        product = residues::multiply<Prime>(product, numbers[i]);
    }
    u256 rest = residues::invert<Prime>(product);
    for (size_t i = WIDTH; i-- > 0;) {
        reciprocals[i] = residues::multiply<Prime>(rest, products[i]);
        rest = residues::multiply<Prime>(rest, numbers[i]);
    }
}

inline void find_factors(const SignedHash* items, size_t count, const u256* r, Factors8& factors) {
    u256 reciprocals[WIDTH];
    invert_all<Order>(r, reciprocals);
    for (size_t lane = 0; lane < count; ++lane) {
        const u256 negative = residues::multiply<Order>(u256::load_be(items[lane].hash), reciprocals[lane]);
        const u256 u1 = residues::subtract<Order>(u256{0}, negative);
        const u256 u2 = residues::multiply<Order>(items[lane].s, reciprocals[lane]);
        factors.base[0].set(lane, {u1.w[0], u1.w[1], false});
        factors.base[1].set(lane, {u1.w[2], u1.w[3], false});
        Half k1, k2;
        split(u2, k1, k2);
        factors.point[0].set(lane, k1);
        factors.point[1].set(lane, k2);
    }
}

namespace lanes {

// The points with the x-coordinates r, with an odd y in the lanes of a mask; and in which lanes there are such points.
SAMESTATE_IFMA inline __mmask8 find_points(const u256* r, __mmask8 odd, Affine8& point) {
    Words8 words;
    gather(r, words);
    point.x = from_words(words);
    Field8 yy = multiply(square(point.x), point.x);
    yy.v[0] = yy.v[0] + same(7);
    yy = carried(yy);
    root(yy, point.y);
    point.y = canonical(point.y);
    const __mmask8 is_odd = _mm512_test_epi64_mask(point.y.v[0], same(1));
    take(point.y, carried(p_times<1>() - point.y), static_cast<__mmask8>(is_odd ^ odd));  // y is not 0: -7 is no cube
    return is_zero(canonical(square(point.y)) - canonical(yy));
}

// u1 G + u2 R in each lane, with its own Z; Z is zero where a sum on the way was not one of different points, or where the sum itself is infinity.
SAMESTATE_IFMA inline void find_keys(const Factors8& factors, const Affine8& r, Point8& sum) {
    const BaseTables& base = base_tables();
    PointTable8 table;
    make_table(r, table);
    const Field8 squared = square(table.z);
    sum.x = multiply(same_number(base.start.x), squared);
    sum.y = multiply(same_number(base.start.y), multiply(squared, table.z));
    sum.z = same_number(u256(1));
    for (int bit = 128;; --bit) {
        for (int which = 0; which < 2; ++which) {
            if (bit % POINT_WIDTH == 0) {
                const Digit8 digit = factors.point[which].at(bit / POINT_WIDTH);
                if (digit.is_any) add_point(sum, table, which, digit);  // at the highest place there seldom is one
            }
            if (bit % BASE_WIDTH == 0 && bit / BASE_WIDTH < BaseDigits::PLACES)
                add_base(sum, base.multiples[which], table.z, factors.base[which].at(bit / BASE_WIDTH));
        }
        if (bit == 0) break;
        twice(sum);
    }
    const Field8 own_z = multiply(sum.z, table.z);
    const Field8 h = add_scaled(sum, {same_number(base.end.x), same_number(base.end.y)}, 0, own_z);
    sum.z = multiply(own_z, h);
}

// The addresses of eight keys; of infinity, none: those lanes are in the mask.
SAMESTATE_IFMA inline __mmask8 find_addresses(const Point8& keys, uint8_t (*addresses)[20]) {
    u256 z[WIDTH], reciprocals[WIDTH];
    scatter(to_words(canonical(keys.z)), z);
    __mmask8 is_infinity = 0;
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        if (!z[lane].is_zero()) continue;
        is_infinity = static_cast<__mmask8>(is_infinity | 1 << lane);
        z[lane] = u256{1};
    }
    invert_all<CoordinatePrime>(z, reciprocals);
    Words8 words;
    gather(reciprocals, words);
    const Field8 reciprocal = from_words(words), squared = square(reciprocal);
    u256 x[WIDTH], y[WIDTH];
    scatter(to_words(canonical(multiply(keys.x, squared))), x);
    scatter(to_words(canonical(multiply(keys.y, multiply(squared, reciprocal)))), y);
    keccak_lanes::States states;
    std::memset(&states, 0, sizeof(states));
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        for (size_t i = 0; i < 4; ++i) {
            states.words[i][lane] = __builtin_bswap64(x[lane].w[3 - i]);
            states.words[4 + i][lane] = __builtin_bswap64(y[lane].w[3 - i]);
        }
        states.words[8][lane] = 1;  // padded: 0x01 … 0x80
        states.words[KECCAK_RATE / 8 - 1][lane] = uint64_t{1} << 63;
    }
    keccak_lanes::permute_512(states, WIDTH);
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        uint8_t digest[32];
        for (size_t i = 0; i < 4; ++i) std::memcpy(digest + 8 * i, &states.words[i][lane], 8);
        std::memcpy(addresses[lane], digest + 12, 20);
    }
    return is_infinity;
}

}  // namespace lanes

// Of a key that is infinity too it is only said that this was not decided.
SAMESTATE_IFMA inline void recover_eight(const SignedHash* items, size_t count, uint8_t (*addresses)[20], Fate* fates) {
    u256 r[WIDTH];
    __mmask8 is_possible = 0, odd = 0;
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        r[lane] = u256{1};  // where there is nothing to be recovered
        if (lane >= count) continue;
        const SignedHash& item = items[lane];
        const bool in_range = !item.r.is_zero() && item.r < Order::MODULUS && !item.s.is_zero() && item.s < Order::MODULUS;
        if (!in_range || item.y_parity < 0 || item.y_parity > 1) continue;
        is_possible = static_cast<__mmask8>(is_possible | 1 << lane);
        odd = static_cast<__mmask8>(odd | item.y_parity << lane);
        r[lane] = item.r;
    }
    Factors8 factors;
    find_factors(items, count, r, factors);
    lanes::Affine8 point;
    is_possible = static_cast<__mmask8>(is_possible & lanes::find_points(r, odd, point));
    lanes::Point8 keys;
    lanes::find_keys(factors, point, keys);
    uint8_t found[WIDTH][20];
    const __mmask8 is_infinity = lanes::find_addresses(keys, found);
    for (size_t lane = 0; lane < count; ++lane) {
        fates[lane] = !(is_possible >> lane & 1) ? Fate::NOT_SIGNED : is_infinity >> lane & 1 ? Fate::UNDECIDED : Fate::SIGNED;
        if (fates[lane] == Fate::SIGNED) std::memcpy(addresses[lane], found[lane], 20);
    }
}

// Null where the processor has no such vectors.
inline RecoverEight recovery_in_lanes() { return ifma::is_there ? recover_eight : nullptr; }

}  // namespace samestate::evm::secp256k1

#else

namespace samestate::evm::secp256k1 {

inline RecoverEight recovery_in_lanes() { return nullptr; }

}  // namespace samestate::evm::secp256k1

#endif

#endif
