// RIPEMD-160 (Dobbertin, Bosselaers, Preneel: "RIPEMD-160: a strengthened version of RIPEMD", 1996).

#ifndef SAMESTATE_WORDS_RIPEMD160_HPP
#define SAMESTATE_WORDS_RIPEMD160_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace samestate {

namespace ripemd160_rounds {

// Which word of the block each step takes, and how far it rotates: of the left line and of the right one.
inline constexpr uint8_t LEFT_WORDS[80] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,  //
    7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,  //
    3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12,  //
    1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,  //
    4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13,
};
inline constexpr uint8_t RIGHT_WORDS[80] = {
    5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12,  //
    6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,  //
    15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13,  //
    8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,  //
    12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11,
};
inline constexpr uint8_t LEFT_ROTATIONS[80] = {
    11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8,  //
    7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,  //
    11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5,  //
    11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,  //
    9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6,
};
inline constexpr uint8_t RIGHT_ROTATIONS[80] = {
    8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6,  //
    9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,  //
    9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5,  //
    15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,  //
    8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11,
};
inline constexpr uint32_t LEFT_CONSTANTS[5] = {0, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E};
inline constexpr uint32_t RIGHT_CONSTANTS[5] = {0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0};

inline uint32_t rotate(uint32_t word, int left) { return word << left | word >> (32 - left); }

// The five functions of the rounds.
template <int which>
inline uint32_t mix(uint32_t x, uint32_t y, uint32_t z) {
    if constexpr (which == 0) return x ^ y ^ z;
    if constexpr (which == 1) return (x & y) | (~x & z);
    if constexpr (which == 2) return (x | ~y) ^ z;
    if constexpr (which == 3) return (x & z) | (y & ~z);
    return x ^ (y | ~z);
}

struct Line {
    uint32_t a, b, c, d, e;
};

// Sixteen steps of one line.
template <int function>
inline void round(Line& line, const uint32_t* block, const uint8_t* words, const uint8_t* rotations, uint32_t constant) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
        const uint32_t sum = line.a + mix<function>(line.b, line.c, line.d) + block[words[i]] + constant;
        line.a = line.e;
        const uint32_t next = rotate(sum, rotations[i]) + line.e;
        line.e = line.d;
        line.d = rotate(line.c, 10);
        line.c = line.b;
        line.b = next;
    }
}

// Both lines of a round: the right one takes the functions in the opposite order.
template <int turn>
inline void both(Line& left, Line& right, const uint32_t* block) {
    round<turn>(left, block, LEFT_WORDS + 16 * turn, LEFT_ROTATIONS + 16 * turn, LEFT_CONSTANTS[turn]);
    round<4 - turn>(right, block, RIGHT_WORDS + 16 * turn, RIGHT_ROTATIONS + 16 * turn, RIGHT_CONSTANTS[turn]);
}

inline void compress(uint32_t* chain, const uint8_t* data, size_t blocks) {
    for (; blocks > 0; --blocks, data += 64) {
        uint32_t block[16];
        std::memcpy(block, data, 64);
        Line left{chain[0], chain[1], chain[2], chain[3], chain[4]};
        Line right = left;
        both<0>(left, right, block);
        both<1>(left, right, block);
        both<2>(left, right, block);
        both<3>(left, right, block);
        both<4>(left, right, block);
        const uint32_t first = chain[1] + left.c + right.d;
        chain[1] = chain[2] + left.d + right.e;
        chain[2] = chain[3] + left.e + right.a;
        chain[3] = chain[4] + left.a + right.b;
        chain[4] = chain[0] + left.b + right.c;
        chain[0] = first;
    }
}

}  // namespace ripemd160_rounds

// Give the 20 bytes of the digest of so many bytes of data.
inline void ripemd160(const uint8_t* data, size_t length, uint8_t* digest) {
    uint32_t chain[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    const size_t whole = length / 64;
    ripemd160_rounds::compress(chain, data, whole);
    // What is left, a one bit, zeros, and the length in bits as eight little-endian bytes.
    uint8_t last[128] = {};
    const size_t rest = length % 64;
    if (rest > 0) std::memcpy(last, data + 64 * whole, rest);
    last[rest] = 0x80;
    const size_t end = rest < 56 ? 64 : 128;
    const uint64_t bits = static_cast<uint64_t>(length) * 8;
    std::memcpy(last + end - 8, &bits, 8);
    ripemd160_rounds::compress(chain, last, end / 64);
    std::memcpy(digest, chain, 20);
}

}  // namespace samestate

#endif
