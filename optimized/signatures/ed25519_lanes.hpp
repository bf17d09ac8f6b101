// Eight signatures at once, each by itself: an equation a lane, on processors that multiply 52 bits by 52 in vectors (AVX-512 IFMA).
//
// Numbers have five limbs of 51 bits (field25519.hpp), of which lane i belongs to signature i. A multiplication takes limbs below 2^52, so all that
// is given has been carried: limbs are below 2^51 + 2^15. What a lane holds is only ever its own, so each gets the verdict that it would get alone.

#ifndef SAMESTATE_SIGNATURES_ED25519_LANES_HPP
#define SAMESTATE_SIGNATURES_ED25519_LANES_HPP

#include "samestate/optimized/signatures/ed25519.hpp"
#include "samestate/optimized/words/ifma.hpp"

#if defined(__x86_64__)

namespace samestate::signatures::lanes {

using ifma::gathered;
using ifma::same;
using ifma::shifted_left;
using ifma::shifted_right;
using ifma::WIDTH;

struct Field8 {
    __m512i v[5];
};

SAMESTATE_IFMA_INSIDE Field8 same(const Field& a) {
    return {{same(a.v[0]), same(a.v[1]), same(a.v[2]), same(a.v[3]), same(a.v[4])}};
}

SAMESTATE_IFMA_INSIDE __m512i times_19(__m512i a) {
    return _mm512_add_epi64(_mm512_add_epi64(shifted_left(a, 4), shifted_left(a, 1)), a);
}

// Moves what limbs have above 51 bits one limb on, all at once.
SAMESTATE_IFMA_INSIDE Field8 carried(const Field8& a) {
    const __m512i mask = same(field::MASK);
    __m512i above[5];
    for (int i = 0; i < 5; ++i) above[i] = shifted_right(a.v[i], 51);
    return {{_mm512_add_epi64(_mm512_and_si512(a.v[0], mask), times_19(above[4])),
             _mm512_add_epi64(_mm512_and_si512(a.v[1], mask), above[0]),
             _mm512_add_epi64(_mm512_and_si512(a.v[2], mask), above[1]),
             _mm512_add_epi64(_mm512_and_si512(a.v[3], mask), above[2]),
             _mm512_add_epi64(_mm512_and_si512(a.v[4], mask), above[3])}};
}

SAMESTATE_IFMA_INSIDE Field8 add(const Field8& a, const Field8& b) {
    Field8 sum;
    for (int i = 0; i < 5; ++i) sum.v[i] = _mm512_add_epi64(a.v[i], b.v[i]);
    return carried(sum);
}

SAMESTATE_IFMA_INSIDE Field8 subtract(const Field8& a, const Field8& b) {
    const __m512i first = same((uint64_t{1} << 52) - 38), others = same((uint64_t{1} << 52) - 2);  // 2 p
    Field8 difference;
    for (int i = 0; i < 5; ++i)
        difference.v[i] = _mm512_sub_epi64(_mm512_add_epi64(a.v[i], i == 0 ? first : others), b.v[i]);
    return carried(difference);
}

// The sum of ten limbs, of which the low and the high halves of products are given, modulo p. A high half counts 2^52, twice a limb.
SAMESTATE_IFMA_INSIDE Field8 folded(const __m512i* low, const __m512i* high) {
    __m512i limbs[10];
    limbs[0] = low[0];
    for (int i = 1; i < 9; ++i) limbs[i] = _mm512_add_epi64(low[i], shifted_left(high[i - 1], 1));
    limbs[9] = shifted_left(high[8], 1);
    Field8 result;
    for (int i = 0; i < 5; ++i) result.v[i] = _mm512_add_epi64(limbs[i], times_19(limbs[i + 5]));
    return carried(result);
}

SAMESTATE_IFMA_INSIDE Field8 multiply(const Field8& a, const Field8& b) {
    __m512i low[9], high[9];
    for (int i = 0; i < 9; ++i) low[i] = high[i] = _mm512_setzero_si512();
#pragma GCC unroll 5
    for (int i = 0; i < 5; ++i) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; ++j) {
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.v[i], b.v[j]);
            high[i + j] = _mm512_madd52hi_epu64(high[i + j], a.v[i], b.v[j]);
        }
    }
    return folded(low, high);
}

SAMESTATE_IFMA_INSIDE Field8 square(const Field8& a) {
    __m512i low[9], high[9];
    for (int i = 0; i < 9; ++i) low[i] = high[i] = _mm512_setzero_si512();
#pragma GCC unroll 5
    for (int i = 0; i < 5; ++i) {
#pragma GCC unroll 5
        for (int j = i + 1; j < 5; ++j) {
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.v[i], a.v[j]);
            high[i + j] = _mm512_madd52hi_epu64(high[i + j], a.v[i], a.v[j]);
        }
    }
#pragma GCC unroll 9
    for (int i = 0; i < 9; ++i) {
        low[i] = shifted_left(low[i], 1);
        high[i] = shifted_left(high[i], 1);
    }
#pragma GCC unroll 5
    for (int i = 0; i < 5; ++i) {
        low[2 * i] = _mm512_madd52lo_epu64(low[2 * i], a.v[i], a.v[i]);
        high[2 * i] = _mm512_madd52hi_epu64(high[2 * i], a.v[i], a.v[i]);
    }
    return folded(low, high);
}

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

// As in field25519.hpp.
SAMESTATE_IFMA inline void power_2_250_less_1(const Field8& a, Field8& a11, Field8& power) {
    const Field8 a2 = square(a);
    const Field8 a9 = multiply(square(a2, 2), a);
    a11 = multiply(a9, a2);
    const Field8 to5 = multiply(square(a11), a9);
    const Field8 to10 = multiply(square(to5, 5), to5);
    const Field8 to20 = multiply(square(to10, 10), to10);
    const Field8 to40 = multiply(square(to20, 20), to20);
    const Field8 to50 = multiply(square(to40, 10), to10);
    const Field8 to100 = multiply(square(to50, 50), to50);
    const Field8 to200 = multiply(square(to100, 100), to100);
    power = multiply(square(to200, 50), to50);
}

// One number a lane, to and from where each lies by itself.
SAMESTATE_IFMA inline void gather(const Field* numbers, Field8& a) {
    for (int i = 0; i < 5; ++i) {
        uint64_t limbs[WIDTH];
        for (size_t lane = 0; lane < WIDTH; ++lane) limbs[lane] = numbers[lane].v[i];
        a.v[i] = _mm512_loadu_si512(limbs);
    }
}

SAMESTATE_IFMA inline void scatter(const Field8& a, Field* numbers) {
    for (int i = 0; i < 5; ++i) {
        uint64_t limbs[WIDTH];
        _mm512_storeu_si512(limbs, a.v[i]);
        for (size_t lane = 0; lane < WIDTH; ++lane) numbers[lane].v[i] = limbs[lane];
    }
}

struct Point8 {
    Field8 x, y, z, t;
};
struct Addend8 {
    Field8 sum, difference, product, twice_z;
};
struct AffineAddend8 {
    Field8 sum, difference, product;
};

SAMESTATE_IFMA_INSIDE void from_parts(const Field8& e, const Field8& f, const Field8& g, const Field8& h, bool with_t,
                                      Point8& p) {
    p.x = multiply(e, f);
    p.y = multiply(g, h);
    p.z = multiply(f, g);
    if (with_t) p.t = multiply(e, h);
}

SAMESTATE_IFMA inline void to_addend(const Point8& p, Addend8& q) {
    q.sum = add(p.y, p.x);
    q.difference = subtract(p.y, p.x);
    q.product = multiply(p.t, same(field::TWO_D));
    q.twice_z = add(p.z, p.z);
}

SAMESTATE_IFMA inline void add_to(Point8& p, const Addend8& q) {
    const Field8 a = multiply(subtract(p.y, p.x), q.difference);
    const Field8 b = multiply(add(p.y, p.x), q.sum);
    const Field8 c = multiply(p.t, q.product);
    const Field8 d = multiply(p.z, q.twice_z);
    from_parts(subtract(b, a), subtract(d, c), add(d, c), add(b, a), true, p);
}

SAMESTATE_IFMA inline void add_to(Point8& p, const AffineAddend8& q) {
    const Field8 a = multiply(subtract(p.y, p.x), q.difference);
    const Field8 b = multiply(add(p.y, p.x), q.sum);
    const Field8 c = multiply(p.t, q.product);
    const Field8 d = add(p.z, p.z);
    from_parts(subtract(b, a), subtract(d, c), add(d, c), add(b, a), true, p);
}

// As often as is said; T is made the last time.
SAMESTATE_IFMA inline void twice(Point8& p, int times) {
    for (; times > 0; --times) {
        const Field8 a = square(p.x);
        const Field8 b = square(p.y);
        const Field8 half = square(p.z);
        const Field8 h = add(a, b);
        const Field8 e = subtract(h, square(add(p.x, p.y)));
        const Field8 g = subtract(a, b);
        const Field8 f = add(add(half, half), g);
        from_parts(e, f, g, h, times == 1, p);
    }
}

// Where a mask has its bits, the other one.
SAMESTATE_IFMA_INSIDE Field8 chosen(__mmask8 mask, const Field8& a, const Field8& b) {
    Field8 result;
    for (int i = 0; i < 5; ++i) result.v[i] = _mm512_mask_blend_epi64(mask, a.v[i], b.v[i]);
    return result;
}

// The points that eight encodings of 32 bytes stand for, and which of them are points at all (point::decode).
SAMESTATE_IFMA inline void decode(const uint8_t* const* bytes, Point8& p, bool* is_point) {
    Field y[WIDTH], x[WIDTH], u[WIDTH], check[WIDTH];
    for (size_t lane = 0; lane < WIDTH; ++lane) y[lane] = field::load(bytes[lane]);
    gather(y, p.y);
    p.z = same(field::ONE);
    const Field8 y2 = square(p.y);
    const Field8 numerator = subtract(y2, p.z);
    const Field8 denominator = add(multiply(y2, same(field::D)), p.z);
    const Field8 cube = multiply(square(denominator), denominator);
    const Field8 seventh = multiply(multiply(square(cube), denominator), numerator);
    Field8 unused, power;
    power_2_250_less_1(seventh, unused, power);
    const Field8 root = multiply(multiply(cube, numerator), multiply(square(power, 2), seventh));
    scatter(root, x);
    scatter(multiply(square(root), denominator), check);
    scatter(numerator, u);
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        is_point[lane] = true;
        if (!field::is_equal(check[lane], u[lane])) {
            is_point[lane] = field::is_zero(field::add(check[lane], u[lane]));
            x[lane] = field::multiply(x[lane], field::ROOT_OF_MINUS_ONE);
        }
        if (field::is_odd(x[lane]) != (bytes[lane][31] >> 7))
            x[lane] = field::multiply(field::negate(x[lane]), field::ONE);
    }
    gather(x, p.x);
    p.t = multiply(p.x, p.y);
}

// Widths of digits: of the key's multiples each signature has its own table, of the base point's there is one for all.
inline constexpr int KEY_WIDTH = 5, KEY_DIGITS = 51, BASE_WIDTH = 8, BASE_DIGITS = 32;

// The base point's table in the form from which lanes gather: 16 words a multiple, from 0 to 128.
struct BaseWords {
    alignas(64) uint64_t words[(BaseTable::SIZE + 1) * 16];

    BaseWords() {
        std::memset(words, 0, sizeof(words));
        for (int i = 0; i <= BaseTable::SIZE; ++i) {
            const AffineAddend multiple =
                i == 0 ? AffineAddend{field::ONE, field::ONE, field::ZERO} : base_table().multiple[i - 1];
            std::memcpy(words + 16 * i, &multiple, sizeof(multiple));
        }
    }
};

inline const BaseWords& base_words() {
    static const BaseWords table;
    return table;
}

// Adds to each lane the multiple of the base point that its digit says.
SAMESTATE_IFMA inline void add_base(Point8& sum, const BaseWords& table, const int8_t (*digits)[BASE_DIGITS], int place) {
    long long indices[WIDTH];
    __mmask8 is_negative = 0;
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        const int digit = digits[lane][place];
        indices[lane] = 16 * (digit < 0 ? -digit : digit);
        is_negative = static_cast<__mmask8>(is_negative | (digit < 0) << lane);
    }
    const __m512i from = _mm512_loadu_si512(indices);
    AffineAddend8 q;
    Field8* const parts[3] = {&q.sum, &q.difference, &q.product};
    for (int part = 0; part < 3; ++part)
        for (int i = 0; i < 5; ++i) parts[part]->v[i] = gathered(from, table.words + 5 * part + i);
    const Field8 plain = q.sum;
    q.sum = chosen(is_negative, q.sum, q.difference);
    q.difference = chosen(is_negative, q.difference, plain);
    q.product = chosen(is_negative, q.product, subtract(same(field::ZERO), q.product));
    add_to(sum, q);
}

// Subtracts from each lane the multiple of its key that its digit says.
SAMESTATE_IFMA inline void subtract_key(Point8& sum, const Addend8* table, const int8_t (*digits)[KEY_DIGITS],
                                        int place) {
    // Words 160 apart belong to neighbouring multiples, and words 1 apart to neighbouring lanes.
    long long indices[WIDTH];
    __mmask8 is_positive = 0;
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        const int digit = digits[lane][place];
        indices[lane] = static_cast<long long>(sizeof(Addend8) / 8 * static_cast<size_t>(digit < 0 ? -digit : digit) + lane);
        is_positive = static_cast<__mmask8>(is_positive | (digit > 0) << lane);
    }
    const __m512i from = _mm512_loadu_si512(indices);
    const long long* words = reinterpret_cast<const long long*>(table);
    Addend8 q;
    Field8* const parts[4] = {&q.sum, &q.difference, &q.product, &q.twice_z};
    for (size_t part = 0; part < 4; ++part)
        for (size_t i = 0; i < 5; ++i)
            parts[part]->v[i] = gathered(from, words + (5 * part + i) * WIDTH);
    const Field8 plain = q.sum;
    q.sum = chosen(is_positive, q.sum, q.difference);
    q.difference = chosen(is_positive, q.difference, plain);
    q.product = chosen(is_positive, q.product, subtract(same(field::ZERO), q.product));
    add_to(sum, q);
}

// s B - h A in each lane.
SAMESTATE_IFMA inline void differences(const Scalar* s, const Scalar* h, const Point8& a, Point8& sum) {
    int8_t base_digits[WIDTH][BASE_DIGITS], key_digits[WIDTH][KEY_DIGITS];
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        scalar::to_digits(s[lane], BASE_WIDTH, BASE_DIGITS, base_digits[lane]);
        scalar::to_digits(h[lane], KEY_WIDTH, KEY_DIGITS, key_digits[lane]);
    }
    Addend8 multiples[17];  // from 0 to 16
    to_addend({same(field::ZERO), same(field::ONE), same(field::ONE), same(field::ZERO)}, multiples[0]);
    to_addend(a, multiples[1]);
    Point8 last = a;
    for (int i = 2; i <= 16; ++i) {
        add_to(last, multiples[1]);
        to_addend(last, multiples[i]);
    }
    const BaseWords& base = base_words();
    sum = {same(field::ZERO), same(field::ONE), same(field::ONE), same(field::ZERO)};
    // Down from the highest place of either, doubling as often as lies between two places.
    int place = (KEY_DIGITS - 1) * KEY_WIDTH;
    for (int at = place;; --at) {
        const bool is_key = at % KEY_WIDTH == 0, is_base = at % BASE_WIDTH == 0;
        if (!is_key && !is_base) continue;
        twice(sum, place - at);
        place = at;
        if (is_key) subtract_key(sum, multiples, key_digits, at / KEY_WIDTH);
        if (is_base) add_base(sum, base, base_digits, at / BASE_WIDTH);
        if (at == 0) return;
    }
}

// The encodings of eight points.
SAMESTATE_IFMA inline void encode(const Point8& p, uint8_t (*bytes)[32]) {
    Field8 a11, power;
    power_2_250_less_1(p.z, a11, power);
    const Field8 reciprocal = multiply(square(power, 5), a11);
    Field x[WIDTH], y[WIDTH];
    scatter(multiply(p.x, reciprocal), x);
    scatter(multiply(p.y, reciprocal), y);
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        field::store(y[lane], bytes[lane]);
        bytes[lane][31] = static_cast<uint8_t>(bytes[lane][31] | field::is_odd(x[lane]) << 7);
    }
}

}  // namespace samestate::signatures::lanes

#endif

#endif
