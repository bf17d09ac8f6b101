// Addition, sums of multiples, pairing and mapping on the curve BLS12-381 (EIP-2537), by blst.
//
// A field element is a 64-byte big-endian number below the field's modulus, so its 16 highest bytes are zero. A
// coordinate of the second group is two of them, the real part first. The point at infinity is all zeros. Points of
// sums and pairings must be in their group, points of additions only on the curve.

#ifndef SAMESTATE_EVM_NATIVE_BLS12_381_HPP
#define SAMESTATE_EVM_NATIVE_BLS12_381_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "samestate/optimized/evm/native/input.hpp"
#include "samestate/optimized/evm/native/libraries.hpp"

namespace samestate::evm::bls12_381 {

inline constexpr size_t ELEMENT = 64;
inline constexpr size_t SCALAR = 32;

// The field's modulus in 48 bytes (EIP-2537).
inline constexpr uint8_t FIELD_MODULUS[48] = {
    0x1A, 0x01, 0x11, 0xEA, 0x39, 0x7F, 0xE6, 0x9A, 0x4B, 0x1B, 0xA7, 0xB6, 0x43, 0x4B, 0xAC, 0xD7,  //
    0x64, 0x77, 0x4B, 0x84, 0xF3, 0x85, 0x12, 0xBF, 0x67, 0x30, 0xD2, 0xA0, 0xF6, 0xB0, 0xF6, 0x24,  //
    0x1E, 0xAB, 0xFF, 0xFE, 0xB1, 0x53, 0xFF, 0xFF, 0xB9, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xAA, 0xAB,
};

// The number of points of both groups.
inline constexpr u256 GROUP_ORDER{0xFFFFFFFF00000001, 0x53BDA402FFFE5BFE, 0x3339D80809A1D805, 0x73EDA753299D7D48};

// The two groups behind one set of names, so that what holds for both is written once.
struct First {
    using Element = BlstField;
    using Affine = BlstAffine1;
    using Point = BlstPoint1;
    static constexpr size_t COORDINATE = ELEMENT;
    static bool on_curve(const Libraries& c, const Affine& p) { return c.blst_p1_affine_on_curve(&p); }
    static bool in_group(const Libraries& c, const Affine& p) { return c.blst_p1_affine_in_g1(&p); }
    static void from_affine(const Libraries& c, Point& r, const Affine& p) { c.blst_p1_from_affine(&r, &p); }
    static void to_affine(const Libraries& c, Affine& r, const Point& p) { c.blst_p1_to_affine(&r, &p); }
    static bool is_infinity(const Libraries& c, const Point& p) { return c.blst_p1_is_inf(&p); }
    static void add(const Libraries& c, Point& r, const Point& p) { c.blst_p1_add_or_double(&r, &r, &p); }
    static void multiply(const Libraries& c, Point& r, const Point& p, const uint8_t* scalar) {
        c.blst_p1_mult(&r, &p, scalar, 255);
    }
    static size_t scratch(const Libraries& c, size_t n) { return c.blst_p1s_mult_pippenger_scratch_sizeof(n); }
    static void sum(const Libraries& c, Point& r, const Affine* const* points, size_t n, const uint8_t* const* scalars,
                    uint64_t* scratch) {
        c.blst_p1s_mult_pippenger(&r, points, n, scalars, 255, scratch);
    }
    static void map(const Libraries& c, Point& r, const Element& u) { c.blst_map_to_g1(&r, &u, nullptr); }
};

struct Second {
    using Element = BlstField2;
    using Affine = BlstAffine2;
    using Point = BlstPoint2;
    static constexpr size_t COORDINATE = 2 * ELEMENT;
    static bool on_curve(const Libraries& c, const Affine& p) { return c.blst_p2_affine_on_curve(&p); }
    static bool in_group(const Libraries& c, const Affine& p) { return c.blst_p2_affine_in_g2(&p); }
    static void from_affine(const Libraries& c, Point& r, const Affine& p) { c.blst_p2_from_affine(&r, &p); }
    static void to_affine(const Libraries& c, Affine& r, const Point& p) { c.blst_p2_to_affine(&r, &p); }
    static bool is_infinity(const Libraries& c, const Point& p) { return c.blst_p2_is_inf(&p); }
    static void add(const Libraries& c, Point& r, const Point& p) { c.blst_p2_add_or_double(&r, &r, &p); }
    static void multiply(const Libraries& c, Point& r, const Point& p, const uint8_t* scalar) {
        c.blst_p2_mult(&r, &p, scalar, 255);
    }
    static size_t scratch(const Libraries& c, size_t n) { return c.blst_p2s_mult_pippenger_scratch_sizeof(n); }
    static void sum(const Libraries& c, Point& r, const Affine* const* points, size_t n, const uint8_t* const* scalars,
                    uint64_t* scratch) {
        c.blst_p2s_mult_pippenger(&r, points, n, scalars, 255, scratch);
    }
    static void map(const Libraries& c, Point& r, const Element& u) { c.blst_map_to_g2(&r, &u, nullptr); }
};

// A field element, or a pair of them. Whether each is below the modulus.
inline bool decode(const Libraries& library, const uint8_t* data, BlstField& element) {
    for (int i = 0; i < 16; ++i)
        if (data[i] != 0) return false;
    if (std::memcmp(data + 16, FIELD_MODULUS, 48) >= 0) return false;
    library.blst_fp_from_bendian(&element, data + 16);
    return true;
}
inline bool decode(const Libraries& library, const uint8_t* data, BlstField2& element) {
    return decode(library, data, element.real) && decode(library, data + ELEMENT, element.imaginary);
}

inline void encode(const Libraries& library, const BlstField& element, uint8_t* target) {
    std::memset(target, 0, 16);
    library.blst_bendian_from_fp(target + 16, &element);
}
inline void encode(const Libraries& library, const BlstField2& element, uint8_t* target) {
    encode(library, element.real, target);
    encode(library, element.imaginary, target + ELEMENT);
}

// A point on the curve, or infinity. Whether it is one.
template <class Group>
bool decode_on_curve(const Libraries& library, const uint8_t* data, typename Group::Affine& point, bool& infinity) {
    infinity = true;
    for (size_t i = 0; i < 2 * Group::COORDINATE; ++i) infinity = infinity && data[i] == 0;
    std::memset(&point, 0, sizeof point);
    if (infinity) return true;
    return decode(library, data, point.x) && decode(library, data + Group::COORDINATE, point.y) &&
           Group::on_curve(library, point);
}

// A point in the group.
template <class Group>
bool decode_in_group(const Libraries& library, const uint8_t* data, typename Group::Affine& point, bool& infinity) {
    return decode_on_curve<Group>(library, data, point, infinity) && (infinity || Group::in_group(library, point));
}

template <class Group>
void encode_point(const Libraries& library, const typename Group::Point& point, Output& output) {
    uint8_t* target = output.resize(2 * Group::COORDINATE);
    if (Group::is_infinity(library, point)) {
        std::memset(target, 0, 2 * Group::COORDINATE);
        return;
    }
    typename Group::Affine affine;
    Group::to_affine(library, affine, point);
    encode(library, affine.x, target);
    encode(library, affine.y, target + Group::COORDINATE);
}

// The sum of two points on the curve.
template <class Group>
bool add(const Libraries& library, const uint8_t* input, size_t length, Output& output) {
    constexpr size_t size = 2 * Group::COORDINATE;
    if (length != 2 * size) return false;
    typename Group::Affine affine;
    typename Group::Point sum, right;
    bool infinity;
    if (!decode_on_curve<Group>(library, input, affine, infinity)) return false;
    std::memset(&sum, 0, sizeof sum);
    if (!infinity) Group::from_affine(library, sum, affine);
    if (!decode_on_curve<Group>(library, input + size, affine, infinity)) return false;
    if (!infinity) {
        Group::from_affine(library, right, affine);
        Group::add(library, sum, right);
    }
    encode_point<Group>(library, sum, output);
    return true;
}

// The sum of multiples of points of the group by any numbers of 32 bytes; of at least one term.
template <class Group>
bool sum(const Libraries& library, const uint8_t* input, size_t length, Output& output) {
    using Affine = typename Group::Affine;
    constexpr size_t term = 2 * Group::COORDINATE + SCALAR;
    if (length == 0 || length % term != 0) return false;
    const size_t most = length / term;
    struct Term {
        Affine point;
        u256 scalar;
    };
    // Terms, pointers to both parts of each, and the library's own room, in one piece.
    const size_t scratch = most > 1 ? Group::scratch(library, most) : 0;
    uint8_t* room = static_cast<uint8_t*>(std::malloc(most * (sizeof(Term) + 2 * sizeof(void*)) + scratch));
    if (room == nullptr) throw Interrupted{Interruption::out_of_memory};
    Term* terms = reinterpret_cast<Term*>(room);
    const Affine** points = reinterpret_cast<const Affine**>(room + most * sizeof(Term));
    const uint8_t** scalars = reinterpret_cast<const uint8_t**>(points + most);
    uint64_t* scratch_room = reinterpret_cast<uint64_t*>(scalars + most);
    size_t count = 0;
    bool good = true;
    for (size_t i = 0; good && i < most; ++i) {
        const uint8_t* data = input + i * term;
        Term& next = terms[count];
        bool infinity;
        good = decode_in_group<Group>(library, data, next.point, infinity);
        if (!good || infinity) continue;
        next.scalar = modulo(u256::load_be(data + 2 * Group::COORDINATE), GROUP_ORDER);
        if (next.scalar.is_zero()) continue;
        points[count] = &next.point;
        scalars[count] = reinterpret_cast<const uint8_t*>(next.scalar.w);
        ++count;
    }
    if (good) {
        typename Group::Point total;
        std::memset(&total, 0, sizeof total);
        if (count == 1) {
            typename Group::Point point;
            Group::from_affine(library, point, terms[0].point);
            Group::multiply(library, total, point, scalars[0]);
        } else if (count > 1) {
            Group::sum(library, total, points, count, scalars, scratch_room);
        }
        encode_point<Group>(library, total, output);
    }
    std::free(room);
    return good;
}

// Whether the product of pairings is one. Pairs are collected and their loops, which share squarings, run by eights.
class Pairings {
public:
    explicit Pairings(const Libraries& library) : library(library) {}

    void multiply(const BlstAffine1& first, const BlstAffine2& second) {
        firsts[waiting] = first;
        seconds[waiting] = second;
        if (++waiting == AT_ONCE) flush();
    }

    bool are_one() {
        flush();
        if (!any) return true;
        library.blst_final_exp(&product, &product);
        return library.blst_fp12_is_one(&product);
    }

private:
    static constexpr size_t AT_ONCE = 8;

    void flush() {
        if (waiting == 0) return;
        const BlstAffine1* first_pointers[AT_ONCE];
        const BlstAffine2* second_pointers[AT_ONCE];
        for (size_t i = 0; i < waiting; ++i) {
            first_pointers[i] = firsts + i;
            second_pointers[i] = seconds + i;
        }
        BlstProduct factor;
        library.blst_miller_loop_n(any ? &factor : &product, second_pointers, first_pointers, waiting);
        if (any) library.blst_fp12_mul(&product, &product, &factor);
        any = true;
        waiting = 0;
    }

    const Libraries& library;
    BlstAffine1 firsts[AT_ONCE];
    BlstAffine2 seconds[AT_ONCE];
    BlstProduct product;
    size_t waiting = 0;
    bool any = false;
};

// Whether the product of the pairings is one; of at least one pair.
inline bool pairing(const Libraries& library, const uint8_t* input, size_t length, Output& output) {
    constexpr size_t first = 2 * First::COORDINATE;
    constexpr size_t pair = first + 2 * Second::COORDINATE;
    if (length == 0 || length % pair != 0) return false;
    Pairings pairings(library);
    for (size_t start = 0; start < length; start += pair) {
        BlstAffine1 point_1;
        BlstAffine2 point_2;
        bool infinity_1, infinity_2;
        if (!decode_in_group<First>(library, input + start, point_1, infinity_1) ||
            !decode_in_group<Second>(library, input + start + first, point_2, infinity_2))
            return false;
        if (!infinity_1 && !infinity_2) pairings.multiply(point_1, point_2);
    }
    output.assign(u256{pairings.are_one()});
    return true;
}

// A field element mapped to the group: simplified SWU, isogeny, cofactor (RFC 9380, section 8.8).
template <class Group>
bool map(const Libraries& library, const uint8_t* input, size_t length, Output& output) {
    if (length != Group::COORDINATE) return false;
    typename Group::Element element;
    if (!decode(library, input, element)) return false;
    typename Group::Point point;
    Group::map(library, point, element);
    encode_point<Group>(library, point, output);
    return true;
}

}  // namespace samestate::evm::bls12_381

#endif
