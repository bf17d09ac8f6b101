// Addition, multiplication and pairing on the curve BN254, also called alt_bn128 (EIP-196, EIP-197), by mcl.
//
// A coordinate is a 32-byte big-endian number below the field's modulus; a point is its coordinates, and all zeros is
// the point at infinity. A coordinate of the second group has two parts, the imaginary one first.

#ifndef SAMESTATE_EVM_NATIVE_BN254_HPP
#define SAMESTATE_EVM_NATIVE_BN254_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/native/input.hpp"
#include "samestate/optimized/evm/native/libraries.hpp"

namespace samestate::evm::bn254 {

// mcl's number for the curve.
inline constexpr int ALT_BN128 = 4;

// EIP-196.
inline constexpr u256 FIELD_MODULUS{0x3C208C16D87CFD47, 0x97816A916871CA8D, 0xB85045B68181585D, 0x30644E72E131A029};

// Whether mcl is there and set to the curve, as it was when it was found: it can be set to one curve at a time.
inline bool ready(const Libraries& library) { return library.has_mcl && library.mclBn_getCurveType() == ALT_BN128; }

// A field element from 32 bytes. Whether it is below the modulus.
inline bool decode_element(const Libraries& library, const uint8_t* data, uint64_t* element) {
    const u256 number = u256::load_be(data);
    if (number >= FIELD_MODULUS) return false;
    return library.mclBnFp_setLittleEndian(element, reinterpret_cast<const uint8_t*>(number.w), 32) == 0;
}

// A point of the first group, all of whose curve is in the group. Whether it is one.
inline bool decode_point_1(const Libraries& library, const uint8_t* data, MclPoint1& point, bool& infinity) {
    infinity = u256::load_be(data).is_zero() && u256::load_be(data + 32).is_zero();
    std::memset(&point, 0, sizeof point);
    if (infinity) {
        library.mclBnG1_clear(&point);
        return true;
    }
    static constexpr uint8_t one[32] = {1};
    return decode_element(library, data, point.x) && decode_element(library, data + 32, point.y) &&
           library.mclBnFp_setLittleEndian(point.z, one, 32) == 0 && library.mclBnG1_isValid(&point) != 0;
}

// A point of the second group: on the curve, and of the group's order, which mcl was told to look at (libraries.py).
// Whether it is one.
inline bool decode_point_2(const Libraries& library, const uint8_t* data, MclPoint2& point, bool& infinity) {
    infinity = true;
    for (int i = 0; i < 4; ++i) infinity = infinity && u256::load_be(data + 32 * i).is_zero();
    std::memset(&point, 0, sizeof point);
    if (infinity) return true;
    static constexpr uint8_t one[32] = {1};
    return decode_element(library, data, point.x[1]) && decode_element(library, data + 32, point.x[0]) &&
           decode_element(library, data + 64, point.y[1]) && decode_element(library, data + 96, point.y[0]) &&
           library.mclBnFp_setLittleEndian(point.z[0], one, 32) == 0 && library.mclBnG2_isValid(&point) != 0;
}

inline void encode(const Libraries& library, MclPoint1& point, Output& output) {
    uint8_t* target = output.resize(64);
    std::memset(target, 0, 64);
    if (library.mclBnG1_isZero(&point)) return;
    library.mclBnG1_normalize(&point, &point);
    for (int i = 0; i < 2; ++i) {
        uint8_t bytes[48];
        const size_t size = library.mclBnFp_getLittleEndian(bytes, 48, i == 0 ? point.x : point.y);
        for (size_t j = 0; j < size && j < 32; ++j) target[32 * i + 31 - j] = bytes[j];
    }
}

// EIP-196: the sum of two points; false where one is none.
inline bool add(const Libraries& library, const uint8_t* input, size_t length, Output& output) {
    uint8_t data[128];
    copy_padded(data, 128, input, length, 0);
    MclPoint1 left, right;
    bool infinity;
    if (!decode_point_1(library, data, left, infinity) || !decode_point_1(library, data + 64, right, infinity)) return false;
    MclPoint1 sum;
    library.mclBnG1_add(&sum, &left, &right);
    encode(library, sum, output);
    return true;
}

// EIP-196: a multiple of a point; the factor may be any number of 32 bytes.
inline bool multiply(const Libraries& library, const uint8_t* input, size_t length, Output& output) {
    uint8_t data[96];
    copy_padded(data, 96, input, length, 0);
    MclPoint1 point;
    bool infinity;
    if (!decode_point_1(library, data, point, infinity)) return false;
    const u256 factor = u256::load_be(data + 64);
    MclScalar scalar;
    library.mclBnFr_setLittleEndianMod(&scalar, reinterpret_cast<const uint8_t*>(factor.w), 32);
    MclPoint1 product;
    library.mclBnG1_mul(&product, &point, &scalar);
    encode(library, product, output);
    return true;
}

// EIP-197: whether the product of the pairings is one, as it is of none.
inline bool pairing(const Libraries& library, const uint8_t* input, size_t length, Output& output) {
    if (length % 192 != 0) return false;
    constexpr size_t AT_ONCE = 8;  // pairs whose loops share their squarings
    MclPoint1 first[AT_ONCE];
    MclPoint2 second[AT_ONCE];
    MclProduct product;
    bool any = false;
    size_t waiting = 0;
    for (size_t start = 0; start <= length; start += 192) {
        if (waiting == AT_ONCE || (start == length && waiting > 0)) {
            MclProduct factor;
            library.mclBn_millerLoopVec(any ? &factor : &product, first, second, waiting);
            if (any) library.mclBnGT_mul(&product, &product, &factor);
            any = true;
            waiting = 0;
        }
        if (start == length) break;
        bool infinity_1, infinity_2;
        if (!decode_point_1(library, input + start, first[waiting], infinity_1) ||
            !decode_point_2(library, input + start + 64, second[waiting], infinity_2))
            return false;
        if (!infinity_1 && !infinity_2) ++waiting;  // with infinity the pairing is one
    }
    if (any) library.mclBn_finalExp(&product, &product);
    output.assign(u256{!any || library.mclBnGT_isOne(&product) != 0});
    return true;
}

}  // namespace samestate::evm::bn254

#endif
