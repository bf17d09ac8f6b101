// Keccak-256, the hash of Ethereum: Keccak as it was before NIST changed the padding for SHA-3.
//
// A sponge with rate 136, padded 0x01 … 0x80. Source: keccak.team, the Keccak reference. Rounds go from one set of
// 25 local lanes to another and back, so that nothing is moved; lane 5 y + x stands in column x of row y.

#ifndef SAMESTATE_WORDS_KECCAK_HPP
#define SAMESTATE_WORDS_KECCAK_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
// Compiled a second time with ANDN and RORX, which processors since about 2013 have; chosen when the library is loaded.
#define SAMESTATE_KECCAK_VARIANT __attribute__((target("bmi,bmi2")))
#endif

namespace samestate {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lanes are little-endian");

inline constexpr uint64_t KECCAK_ROUND_CONSTANTS[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

inline constexpr size_t KECCAK_RATE = 136;

namespace keccak_rounds {

#define SAMESTATE_INLINE __attribute__((always_inline)) inline

SAMESTATE_INLINE uint64_t rotate(uint64_t lane, int left) { return lane << left | lane >> (64 - left); }

// Chi on one row.
SAMESTATE_INLINE void chi(uint64_t* row, uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3, uint64_t b4) {
    row[0] = b0 ^ (~b1 & b2);
    row[1] = b1 ^ (~b2 & b3);
    row[2] = b2 ^ (~b3 & b4);
    row[3] = b3 ^ (~b4 & b0);
    row[4] = b4 ^ (~b0 & b1);
}

// One round from a to e: theta, then rho, pi and chi row by row, then iota.
SAMESTATE_INLINE void round(const uint64_t* a, uint64_t* e, uint64_t constant) {
    const uint64_t c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
    const uint64_t c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
    const uint64_t c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
    const uint64_t c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
    const uint64_t c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
    const uint64_t d0 = c4 ^ rotate(c1, 1);
    const uint64_t d1 = c0 ^ rotate(c2, 1);
    const uint64_t d2 = c1 ^ rotate(c3, 1);
    const uint64_t d3 = c2 ^ rotate(c4, 1);
    const uint64_t d4 = c3 ^ rotate(c0, 1);
    chi(e, a[0] ^ d0, rotate(a[6] ^ d1, 44), rotate(a[12] ^ d2, 43), rotate(a[18] ^ d3, 21), rotate(a[24] ^ d4, 14));
    e[0] ^= constant;
    chi(e + 5, rotate(a[3] ^ d3, 28), rotate(a[9] ^ d4, 20), rotate(a[10] ^ d0, 3), rotate(a[16] ^ d1, 45),
        rotate(a[22] ^ d2, 61));
    chi(e + 10, rotate(a[1] ^ d1, 1), rotate(a[7] ^ d2, 6), rotate(a[13] ^ d3, 25), rotate(a[19] ^ d4, 8),
        rotate(a[20] ^ d0, 18));
    chi(e + 15, rotate(a[4] ^ d4, 27), rotate(a[5] ^ d0, 36), rotate(a[11] ^ d1, 10), rotate(a[17] ^ d2, 15),
        rotate(a[23] ^ d3, 56));
    chi(e + 20, rotate(a[2] ^ d2, 62), rotate(a[8] ^ d3, 55), rotate(a[14] ^ d4, 39), rotate(a[15] ^ d0, 41),
        rotate(a[21] ^ d1, 2));
}

SAMESTATE_INLINE void all(uint64_t* state) {
    uint64_t a[25];
    uint64_t e[25];
    for (int lane = 0; lane < 25; ++lane) a[lane] = state[lane];
    for (int turn = 0; turn < 24; turn += 2) {
        round(a, e, KECCAK_ROUND_CONSTANTS[turn]);
        round(e, a, KECCAK_ROUND_CONSTANTS[turn + 1]);
    }
    for (int lane = 0; lane < 25; ++lane) state[lane] = a[lane];
}

inline void plain(uint64_t* state) { all(state); }

#if defined(SAMESTATE_KECCAK_VARIANT)
SAMESTATE_KECCAK_VARIANT inline void with_bmi(uint64_t* state) { all(state); }

inline const bool has_bmi = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}();
#endif

}  // namespace keccak_rounds

// Apply Keccak-f[1600] to 25 lanes.
inline void keccak_permute(uint64_t* state) {
#if defined(SAMESTATE_KECCAK_VARIANT)
    if (__builtin_expect(keccak_rounds::has_bmi, 1)) return keccak_rounds::with_bmi(state);
#endif
    keccak_rounds::plain(state);
}

// Take in a block of 136 bytes.
inline void keccak_absorb(uint64_t* state, const uint8_t* block) {
    for (int lane = 0; lane < 17; ++lane) {
        uint64_t word;
        std::memcpy(&word, block + 8 * lane, 8);
        state[lane] ^= word;
    }
    keccak_permute(state);
}

// Take in what is left, with the padding, and give the 32 bytes of the digest. Data and digest may overlap.
inline void keccak_finish(uint64_t* state, const uint8_t* data, size_t length, uint8_t* digest) {
    while (length >= KECCAK_RATE) {
        keccak_absorb(state, data);
        data += KECCAK_RATE;
        length -= KECCAK_RATE;
    }
    size_t lane = 0;
    for (; 8 * lane + 8 <= length; ++lane) {
        uint64_t word;
        std::memcpy(&word, data + 8 * lane, 8);
        state[lane] ^= word;
    }
    uint64_t last = 0;
    if ((length & 7) != 0) std::memcpy(&last, data + 8 * lane, length & 7);
    state[lane] ^= last ^ uint64_t{0x01} << (8 * (length & 7));
    state[16] ^= uint64_t{0x80} << 56;
    keccak_permute(state);
    std::memcpy(digest, state, 32);
}

// Give the 32 bytes of the digest of so many bytes of data. Data and digest may overlap.
inline void keccak256(const uint8_t* data, size_t length, uint8_t* digest) {
    uint64_t state[25] = {};
    if (length != 32 && length != 64) return keccak_finish(state, data, length, digest);
    // A word or two: slots of mappings, hashes of hashes.
    std::memcpy(state, data, 32);
    if (length == 64) std::memcpy(state + 4, data + 32, 32);
    state[length / 8] = 0x01;
    state[16] = uint64_t{0x80} << 56;
    keccak_permute(state);
    std::memcpy(digest, state, 32);
}

}  // namespace samestate

#endif
